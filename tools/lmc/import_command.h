// lmc model import: a model file made of another's.
#ifndef TOOLS_LMC_IMPORT_COMMAND_H_
#define TOOLS_LMC_IMPORT_COMMAND_H_

namespace lmc {

// argv: lmc model import ...; returns the exit code.
int import_command(int argc, const char* const* argv);

}  // namespace lmc

#endif  // TOOLS_LMC_IMPORT_COMMAND_H_
