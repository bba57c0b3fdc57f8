// Any bytes as a message, and as the arithmetic code of a short text.
#include "lmc/codecs/text.h"
#include "lmc/pipeline/message.h"
#include "tests/fuzz/fuzz_models.h"

namespace {

constexpr size_t kLimitBytes = 4096;

void check(const lmc::Result<lmc::Bytes>& content, size_t most_bytes) {
  if (content.ok())
    lmc::require(content->size() <= most_bytes);
  else
    lmc::require_honest(content.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::ByteSpan message(data, size);
  const lmc::DecompressOptions options{
      .engine = &lmc::fuzz_engine(), .isa = lmc::best_isa(), .limit_bytes = kLimitBytes};
  check(lmc::decompress_message(message, options), kLimitBytes);
  if (size < 1) return 0;
  static const auto model = lmc::text_model_of(lmc::fuzz_resources());
  lmc::require(model != nullptr);
  check(lmc::decode_text_message(*model, message.subspan(1), data[0] * 8u, lmc::fuzz_resources()), data[0] * 8u);
  return 0;
}
