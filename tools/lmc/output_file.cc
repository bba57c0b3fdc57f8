#include "tools/lmc/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "lmc/base/stream.h"
#include "tools/lmc/names.h"
#include "tools/lmc/signals.h"

namespace lmc {
namespace {

Error io_error(const std::string& path, const char* doing) {
  return environment_error(shown(path) + ": cannot " + doing + ": " + std::strerror(errno));
}

Error exists_error(const std::string& path) { return usage_error(shown(path) + " exists; use -f to overwrite it"); }

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// /dev/stdout, /dev/fd/3, /proc/self/fd/3 and the like: the number of a descriptor that is open already. Such a path
// must not be replaced by a file.
std::optional<int> named_descriptor(const std::string& path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = -1;
    const char* const end = path.data() + path.size();
    const auto parsed = std::from_chars(path.data() + folder.size(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number >= 0) return number;
  }
  return std::nullopt;
}

// Removes a temporary file if no running program holds its lock. False: it stays.
bool remove_if_stale(const std::string& name) {
  const int file = ::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return errno == ENOENT;
  struct stat opened {};
  struct stat named {};
  const bool ours = ::fstat(file, &opened) == 0 && S_ISREG(opened.st_mode) &&
                    (opened.st_uid == ::geteuid() || ::geteuid() == 0) && ::flock(file, LOCK_EX | LOCK_NB) == 0;
  // With the lock held the name cannot come to mean another file.
  const bool removed = ours && ::lstat(name.c_str(), &named) == 0 && named.st_ino == opened.st_ino &&
                       named.st_dev == opened.st_dev && ::unlink(name.c_str()) == 0;
  ::close(file);
  return removed;
}

// Calls make(name) with the temporary names of path until one is free. Empty: none was; errno says why.
template <typename Make>
std::string claim_temporary_name(const std::string& path, Make make) {
  constexpr int kNames = 100;           // as many programs may write to one path
  constexpr size_t kLongestBase = 230;  // of the 255 bytes of a name
  const std::string folder = folder_of(path);
  const std::string base = path.substr(folder == "." ? 0 : folder.size()).substr(0, kLongestBase);
  for (int number = 0; number < kNames; ++number) {
    const std::string name = (folder == "." ? "" : folder) + base + ".tmp-lmc-" + std::to_string(number);
    if (name.size() > kMostTemporaryName) {
      errno = ENAMETOOLONG;
      return "";
    }
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (make(name)) return name;
      if (errno != EEXIST) return "";
      if (!remove_if_stale(name)) break;
    }
  }
  errno = EEXIST;
  return "";
}

// Gives a file without a name one. Fails with EEXIST where that exists.
bool link_unnamed(int descriptor, const std::string& name) {
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  return ::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

// A file without a name in the folder of path, locked; -1 where there is no such thing.
int open_unnamed(const std::string& path) {
  const int file = ::open(folder_of(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return -1;
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  if (::access(link.c_str(), F_OK) == 0) {
    ::flock(file, LOCK_EX | LOCK_NB);  // for the moment in which it may have a temporary name
    return file;
  }
  ::close(file);  // without /proc it could never get a name
  return -1;
}

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

// Some file systems (FAT) know no modes: not worth losing the output.
bool is_unsupported(int error) { return error == EPERM || error == ENOTSUP || error == ENOSYS; }

}  // namespace

std::string follow_links(std::string path) {
  constexpr int kMostLinks = 40;
  std::error_code none;
  for (int i = 0; i < kMostLinks && !named_descriptor(path); ++i) {
    const std::string target = std::filesystem::read_symlink(path, none).string();
    if (target.empty()) break;
    path = target.starts_with('/') || folder_of(path) == "." ? target : folder_of(path) + target;
  }
  return path;
}

Result<OutputFile> OutputFile::create(const std::string& path, bool force) {
  if (const auto number = named_descriptor(path)) {
    const int direct = ::fcntl(*number, F_DUPFD_CLOEXEC, 0);
    if (direct < 0) return io_error(path, "open for writing");
    return OutputFile(direct, path, force, true);
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return usage_error(shown(path) + " is a folder; give a file name");
    if (!S_ISREG(info.st_mode)) {
      const int direct = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
      if (direct < 0) return io_error(path, "open for writing");
      return OutputFile(direct, path, force, true);
    }
    if (!force) return exists_error(path);
  } else if (errno != ENOENT) {
    return io_error(path, "create");
  } else if (path.ends_with('/')) {
    return usage_error(shown(path) + " is no file name: it ends in /");
  }
  OutputFile file(open_unnamed(path), path, force, false);
  if (file.descriptor_ < 0) LMC_TRY(file.create_named());
  return file;
}

Status OutputFile::create_named() {
  const SignalsBlocked blocked;
  temporary_ = claim_temporary_name(path_, [this](const std::string& name) {
    descriptor_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor_ < 0) return false;
    struct stat info {};
    const bool locked = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;  // or there are no locks
    if (locked && ::fstat(descriptor_, &info) == 0 && info.st_nlink > 0) return true;
    ::close(std::exchange(descriptor_, -1));  // another program has just taken it for stale
    errno = EEXIST;
    return false;
  });
  if (temporary_.empty()) return io_error(path_, "create a temporary file beside it");
  set_temporary_to_remove(temporary_);
  return Ok();
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")),
      force_(other.force_),
      direct_(other.direct_) {}

OutputFile::~OutputFile() {
  const SignalsBlocked blocked;
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
    set_temporary_to_remove("");
  }
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status OutputFile::take_mode_and_times(const std::optional<struct stat>& source) {
  if (!source) {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(descriptor_, 0666 & ~mask) != 0 && !is_unsupported(errno)) return io_error(path_, "set the mode");
    return Ok();
  }
  // The owner is kept where we may set it; where not, the file is ours, as with cp -p.
  [[maybe_unused]] const int owned = ::fchown(descriptor_, source->st_uid, source->st_gid);
  if (::fchmod(descriptor_, source->st_mode & 0777) != 0 && !is_unsupported(errno))
    return io_error(path_, "set the mode");
  const struct timespec times[2] = {source->st_atim, source->st_mtim};
  if (::futimens(descriptor_, times) != 0 && !is_unsupported(errno)) return io_error(path_, "set the times");
  return Ok();
}

// For file systems that make files without a name and then refuse to name them.
Status OutputFile::copy_to_named() {
  const int unnamed = std::exchange(descriptor_, -1);
  Status done = create_named();
  DescriptorSource source(unnamed, shown(path_));
  DescriptorSink sink(descriptor_, shown(path_));
  Bytes part(size_t(1) << 20);
  if (done.ok() && ::lseek(unnamed, 0, SEEK_SET) != 0) done = io_error(path_, "read back");
  for (bool more = true; done.ok() && more;) {
    const auto got = source.read(part);
    more = got.ok() && *got == part.size();
    done = got.ok() ? sink.write(ByteSpan(part).first(*got)) : Status(got.error());
  }
  ::close(unnamed);
  return done;
}

Status OutputFile::settle(const std::optional<struct stat>& source) {
  LMC_TRY(take_mode_and_times(source));
  if (::fsync(descriptor_) != 0) return io_error(path_, "sync");
  return Ok();
}

// From no name to the final path or, where that exists and may be overwritten, to a temporary name.
Status OutputFile::name_unnamed(const std::optional<struct stat>& source) {
  {
    const SignalsBlocked blocked;
    if (link_unnamed(descriptor_, path_)) return Ok();
    if (errno == EEXIST && !force_) return exists_error(path_);
    if (errno == EEXIST)
      temporary_ = claim_temporary_name(path_, [this](const auto& name) { return link_unnamed(descriptor_, name); });
    set_temporary_to_remove(temporary_);
    if (!temporary_.empty()) return Ok();
  }
  LMC_TRY(copy_to_named());
  return settle(source);
}

Status OutputFile::commit(const std::optional<struct stat>& source) {
  if (!direct_) {
    LMC_TRY(settle(source));
    if (temporary_.empty()) LMC_TRY(name_unnamed(source));
  }
  if (!temporary_.empty()) {
    const SignalsBlocked blocked;
    const int renamed = force_ ? std::rename(temporary_.c_str(), path_.c_str())
                               : rename_without_overwriting(temporary_.c_str(), path_.c_str());
    if (renamed != 0) return errno == EEXIST ? exists_error(path_) : io_error(path_, "rename the finished file to it");
    temporary_.clear();
    set_temporary_to_remove("");
  }
  if (::close(std::exchange(descriptor_, -1)) != 0) return io_error(path_, "close");
  return Ok();
}

Status sync_folder_of(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Ok();  // it may be written to but not read
  const bool synced = ::fsync(folder) == 0 || errno == EINVAL || is_unsupported(errno);
  const Error error = io_error(path, "sync the folder it lies in");
  ::close(folder);
  return synced ? Status(Ok()) : Status(error);
}

}  // namespace lmc
