// What is tidied up when a signal ends the program: a temporary file, a progress bar.
#ifndef TOOLS_LMC_SIGNALS_H_
#define TOOLS_LMC_SIGNALS_H_

#include <signal.h>

#include <string>

namespace lmc {

// From now on signals that end the program first remove the temporary file, if there is one with a name, and erase the
// progress bar. Reading beyond the end of a mapped file that became shorter ends the program with a message and the
// exit code of the environment.
void tidy_up_on_signals();

inline constexpr size_t kMostTemporaryName = 4095;

// At most one temporary file exists at a time; empty: none. Called with SignalsBlocked.
void set_temporary_to_remove(const std::string& path);
// Whether there is something of a bar on the terminal.
void set_bar_to_erase(bool shown);
inline constexpr char kEraseLine[] = "\r\033[K";

class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();

 private:
  sigset_t before_;
};

}  // namespace lmc

#endif  // TOOLS_LMC_SIGNALS_H_
