// Any bytes as something to compress, at every level, with models: whole files inside it are found, contents are
// grouped, and it comes back from the tiny frame, the full one and a message.
//
// The first byte is the level, and with its high bit the full form.
#include "lmc/codecs/file_search.h"
#include "lmc/pipeline/message.h"
#include "tests/fuzz/fuzz_models.h"

namespace {

lmc::CompressOptions options_of(uint8_t first) {
  lmc::CompressOptions options;
  options.level = (first & 127) % (lmc::kMaxLevel + 1);
  options.tiny = first < 128;
  options.isa = lmc::best_isa();
  options.engine = &lmc::fuzz_engine();
  options.model = lmc::ModelOnDemand(lmc::fuzz_resources().model(lmc::ModelNeed::kText));
  options.pixel_model = lmc::fuzz_resources().model(lmc::ModelNeed::kPixels);
  return options;
}

void check_found(lmc::ByteSpan raw) {
  size_t end = 0;
  for (const lmc::FoundFile& file : lmc::find_files(raw).files) {
    lmc::require(file.begin >= end && file.bytes >= lmc::kSmallestFoundFile && file.bytes <= raw.size() - file.begin);
    end = file.begin + file.bytes;
  }
}

void check_frame(lmc::ByteSpan raw, const lmc::CompressOptions& options, const lmc::DecompressOptions& back) {
  lmc::MemorySource source(raw);
  lmc::MemorySink packed, content;
  lmc::require(lmc::compress(source, packed, options).ok());
  lmc::MemorySource archive(packed.bytes);
  lmc::require(lmc::decompress(archive, content, back).ok() && lmc::same(content.bytes, raw));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const lmc::ByteSpan raw(data + 1, size - 1);
  const lmc::CompressOptions options = options_of(data[0]);
  const lmc::DecompressOptions back{.engine = &lmc::fuzz_engine(), .isa = lmc::best_isa()};
  check_found(raw);
  check_frame(raw, options, back);
  const auto message = lmc::compress_message(raw, options);
  lmc::require(message.ok());
  const auto content = lmc::decompress_message(*message, back);
  lmc::require(content.ok() && lmc::same(*content, raw));
  return 0;
}
