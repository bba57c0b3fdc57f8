#include "tools/lmc/verify.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lmc/pipeline/decompress.h"

namespace lmc {
namespace {

class HashingSink : public Sink {
 public:
  Status write(ByteSpan bytes) override {
    hash.update(bytes);
    return Ok();
  }
  Sha256Stream hash;
};

}  // namespace

Result<size_t> HashingSource::read(std::span<uint8_t> out) {
  const auto got = from_.read(out);
  if (got.ok()) hash_.update(ByteSpan(out).first(*got));
  return got;
}

Status verify_output(const Session& session, int descriptor, const std::string& shown_name, const Sha256& wanted) {
  if (::lseek(descriptor, 0, SEEK_SET) != 0)
    return environment_error(shown_name + ": cannot read back: " + std::strerror(errno));
  DecompressOptions how;
  how.engine = &session.engine;
  how.threads = session.threads;
  how.isa = session.isa;
  how.progress = [&](uint64_t done) { session.talk.progress(done); };
  session.talk.end_progress();
  session.talk.begin_progress(shown_name + " (verifying)", std::nullopt);
  DescriptorSource source(descriptor, shown_name);
  HashingSink sink;
  const auto done = decompress(source, sink, how);
  if (!done.ok() && done.error().family != ErrorFamily::kBadInput) return done.error();
  if (done.ok() && sink.hash.finish() == wanted) return Ok();
  return Error{ErrorFamily::kBug,
               shown_name + ": --verify: what was written does not decode to what was read" +
                   (done.ok() ? "" : " (" + done.error().message + ")") + "; it was removed, the source is as it was",
               std::nullopt};
}

}  // namespace lmc
