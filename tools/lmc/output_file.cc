#include "tools/lmc/output_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace lmc {
namespace {

// What the signal handler removes: at most one temporary file exists at a time. Changed only with signals blocked.
char temporary_to_remove[4096] = "";

void on_signal(int number) {
  if (temporary_to_remove[0] != 0) ::unlink(temporary_to_remove);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

Error io_error(const std::string& path, const char* doing) {
  return environment_error(path + ": cannot " + doing + ": " + std::strerror(errno));
}

Error exists_error(const std::string& path) { return usage_error(path + " exists; use -f to overwrite it"); }

// Fails with EEXIST where the target exists, also if it came into being just now.
int rename_without_overwriting(const char* from, const char* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (::link(from, to) == 0) return ::unlink(from);
  if (errno == EEXIST) return -1;
  struct stat info {};
  if (::lstat(to, &info) == 0) {
    errno = EEXIST;
    return -1;
  }
  return std::rename(from, to);
}

}  // namespace

void remove_temporary_on_signals() {
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes becomes an error of write(), with its message
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::signal(number, on_signal);
  }
}

Result<OutputFile> OutputFile::create(const std::string& path, bool force) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return usage_error(path + " is a folder; give a file name");
    if (!S_ISREG(info.st_mode)) {
      const int direct = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (direct < 0) return io_error(path, "open for writing");
      return OutputFile(direct, path, "", force);
    }
    if (!force) return exists_error(path);
  }
  const SignalsBlocked blocked;
  std::string temporary = path + ".tmp-XXXXXX";
  if (temporary.size() >= sizeof temporary_to_remove) return usage_error(path + ": the name is too long");
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return io_error(path, "create a temporary file beside it");
  std::strcpy(temporary_to_remove, temporary.c_str());
  return OutputFile(descriptor, path, temporary, force);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")),
      force_(other.force_) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (temporary_.empty()) return;
  const SignalsBlocked blocked;
  ::unlink(temporary_.c_str());
  temporary_to_remove[0] = 0;
}

Status OutputFile::commit(const std::optional<struct stat>& source) {
  if (!temporary_.empty()) {
    if (source) {
      // The owner is kept where we may set it; where not, the file is ours, as with cp -p.
      [[maybe_unused]] const int owned = ::fchown(descriptor_, source->st_uid, source->st_gid);
      const struct timespec times[2] = {source->st_atim, source->st_mtim};
      if (::fchmod(descriptor_, source->st_mode & 0777) != 0 || ::futimens(descriptor_, times) != 0)
        return io_error(path_, "set mode and times");
    } else {
      const mode_t mask = ::umask(0);
      ::umask(mask);
      if (::fchmod(descriptor_, 0666 & ~mask) != 0) return io_error(path_, "set the mode");
    }
    if (::fsync(descriptor_) != 0) return io_error(path_, "sync");
  }
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0) return io_error(path_, "close");
  if (temporary_.empty()) return Ok();
  const SignalsBlocked blocked;
  const int renamed = force_ ? std::rename(temporary_.c_str(), path_.c_str())
                             : rename_without_overwriting(temporary_.c_str(), path_.c_str());
  if (renamed != 0) return errno == EEXIST ? exists_error(path_) : io_error(path_, "rename the finished file to it");
  temporary_.clear();
  temporary_to_remove[0] = 0;
  return Ok();
}

}  // namespace lmc
