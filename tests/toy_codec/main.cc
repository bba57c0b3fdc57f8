// The program, with the toy codec in its table.
#include "tools/lmc/files.h"

int main(int argc, char** argv) { return lmc::run_program(argc, argv); }
