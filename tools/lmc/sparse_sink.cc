#include "tools/lmc/sparse_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lmc {
namespace {

constexpr size_t kPieceBytes = 32768;  // a hole, or not; a multiple of every usual block of a file system

bool all_zero(ByteSpan bytes) { return bytes[0] == 0 && std::equal(bytes.begin() + 1, bytes.end(), bytes.begin()); }

}  // namespace

Status SparseSink::write(ByteSpan bytes) {
  size_t begin = 0;  // what is before is written or skipped
  for (size_t at = 0; at < bytes.size();) {
    const size_t piece = std::min(bytes.size() - at, kPieceBytes - size_t(position_ % kPieceBytes));
    const size_t end = at + piece;
    if (all_zero(bytes.subspan(at, piece))) {
      LMC_TRY(put(bytes.subspan(begin, at - begin)));
      hole_bytes_ += piece;
      begin = end;
    }
    position_ += piece;
    at = end;
  }
  return put(bytes.subspan(begin));
}

Status SparseSink::put(ByteSpan bytes) {
  if (bytes.empty()) return Ok();
  LMC_TRY(skip());
  return sink_.write(bytes);
}

Status SparseSink::skip() {
  if (hole_bytes_ > 0 && ::lseek(descriptor_, off_t(hole_bytes_), SEEK_CUR) < 0)
    return environment_error(name_ + ": cannot skip a hole: " + std::strerror(errno));
  hole_bytes_ = 0;
  return Ok();
}

Status SparseSink::finish() {
  if (hole_bytes_ == 0) return Ok();
  LMC_TRY(skip());
  if (::ftruncate(descriptor_, ::lseek(descriptor_, 0, SEEK_CUR)) != 0)
    return environment_error(name_ + ": cannot end in a hole: " + std::strerror(errno));
  return Ok();
}

bool takes_holes(int descriptor) {
  struct stat info {};
  const int flags = ::fcntl(descriptor, F_GETFL);
  return ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) && flags >= 0 && (flags & O_APPEND) == 0 &&
         ::lseek(descriptor, 0, SEEK_CUR) >= info.st_size;
}

}  // namespace lmc
