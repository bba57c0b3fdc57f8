#include "lmc/base/io.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace lmc {
namespace {

Error io_error(const std::string& path, const char* doing) {
  return environment_error(path + ": cannot " + doing + ": " + std::strerror(errno));
}

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, "open");
  struct stat info {};
  Bytes out;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) out.reserve(size_t(info.st_size));
  uint8_t buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const Error error = io_error(path, "read");
      ::close(fd);
      return error;
    }
    if (got == 0) break;
    out.insert(out.end(), buffer, buffer + got);
  }
  ::close(fd);
  return out;
}

Status write_file(const std::string& path, ByteSpan bytes) {
  return write_file(path, [&](Sink& sink) { return sink.write(bytes); });
}

Status write_file(const std::string& path, const std::function<Status(Sink&)>& produce,
                  const std::function<Status(const std::string&)>& check) {
  std::string temporary = path + ".tmp-XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return io_error(path, "create a temporary file beside it");
  DescriptorSink sink(fd, path);
  Status done = produce(sink);
  if (done.ok() && (::fchmod(fd, 0644) != 0 || ::fsync(fd) != 0)) done = io_error(path, "sync");
  ::close(fd);
  if (done.ok() && check) done = check(temporary);
  if (done.ok() && std::rename(temporary.c_str(), path.c_str()) != 0)
    done = io_error(path, "rename the finished file to it");
  if (!done.ok()) ::unlink(temporary.c_str());
  return done;
}

Result<MappedFile> MappedFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, "open");
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return environment_error(path + ": not a regular file");
  }
  if (info.st_size == 0) {
    ::close(fd);
    return MappedFile(nullptr, 0);
  }
  void* data = ::mmap(nullptr, size_t(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (data == MAP_FAILED) return io_error(path, "map");
  return MappedFile(static_cast<const uint8_t*>(data), size_t(info.st_size));
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

void MappedFile::release_pages() const {
  if (data_ != nullptr) ::madvise(const_cast<uint8_t*>(data_), size_bytes_, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_bytes_);
}

}  // namespace lmc
