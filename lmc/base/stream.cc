#include "lmc/base/stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lmc {

Result<size_t> DescriptorSource::read(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(descriptor_, out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return environment_error(name_ + ": cannot read: " + std::strerror(errno));
    if (got == 0) break;
    done += size_t(got);
  }
  return done;
}

Status DescriptorSink::write(ByteSpan bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t put = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return environment_error(name_ + ": cannot write: " + std::strerror(errno));
    done += size_t(put);
  }
  return Ok();
}

Result<size_t> MemorySource::read(std::span<uint8_t> out) {
  const size_t size = std::min(out.size(), bytes_.size());
  std::copy_n(bytes_.begin(), size, out.begin());
  bytes_ = bytes_.subspan(size);
  return size;
}

Status MemorySink::write(ByteSpan more) {
  append_bytes(bytes, more);
  return Ok();
}

Result<Bytes> read_up_to(Source& source, size_t limit_bytes) {
  constexpr size_t kStepBytes = size_t(1) << 20;
  Bytes out;
  while (out.size() < limit_bytes) {
    const size_t before = out.size();
    out.resize(before + std::min(kStepBytes, limit_bytes - before));
    LMC_ASSIGN(const auto got, source.read(std::span(out).subspan(before)));
    const bool ended = got < out.size() - before;
    out.resize(before + got);
    if (ended) break;
  }
  return out;
}

}  // namespace lmc
