// lmc: lossless compression by prediction. What it does begins in run.cc.
#include "tools/lmc/files.h"

int main(int argc, char** argv) { return lmc::run_program(argc, argv); }
