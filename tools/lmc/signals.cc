#include "tools/lmc/signals.h"

#include <unistd.h>

#include <cstring>

#include "lmc/base/result.h"

namespace lmc {
namespace {

char temporary_to_remove[kMostTemporaryName + 1] = "";
volatile sig_atomic_t bar_to_erase = 0;

void tidy_up() {
  if (temporary_to_remove[0] != 0) ::unlink(temporary_to_remove);
  if (bar_to_erase == 0) return;
  [[maybe_unused]] const ssize_t erased = ::write(STDERR_FILENO, kEraseLine, sizeof kEraseLine - 1);
}

void on_signal(int number) {
  tidy_up();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

// An input that is mapped into memory was cut short by another program.
void on_bus_error(int) {
  static constexpr char kMessage[] = "lmc: a file was cut short by another program while it was read\n";
  tidy_up();
  [[maybe_unused]] const ssize_t said = ::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  ::_exit(int(ErrorFamily::kEnvironment));
}

}  // namespace

void tidy_up_on_signals() {
  ::signal(SIGBUS, on_bus_error);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes becomes an error of write(), with its message
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2}) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::signal(number, on_signal);
  }
}

void set_temporary_to_remove(const std::string& path) { std::strcpy(temporary_to_remove, path.c_str()); }
void set_bar_to_erase(bool shown) { bar_to_erase = shown ? 1 : 0; }

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before_);
}
SignalsBlocked::~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace lmc
