// Any bytes as a .lmc file: an error or a content, never a crash; what the layout says, decoding must confirm.
#include "lmc/container/layout.h"
#include "lmc/pipeline/decompress.h"
#include "tests/fuzz/fuzz_models.h"

namespace {

constexpr uint64_t kLimitBytes = 4096;  // context mixing is slow, and a few bytes can claim 64 MiB

uint64_t content_bytes(const std::vector<lmc::FrameLayout>& frames) {
  uint64_t sum = 0;
  for (const lmc::FrameLayout& frame : frames) sum += frame.content_bytes;
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::ByteSpan file(data, size);
  lmc::DecompressOptions options;
  options.limit_bytes = kLimitBytes;
  options.engine = &lmc::fuzz_engine();
  options.isa = lmc::best_isa();
  lmc::MemorySource source(file);
  lmc::MemorySink sink;
  const auto stats = lmc::decompress(source, sink, options);
  const auto layout = lmc::read_layout(file);
  lmc::require(sink.bytes.size() <= kLimitBytes);
  if (stats.ok()) {
    lmc::require(layout.ok() && content_bytes(*layout) == sink.bytes.size());
    lmc::require(*lmc::read_range(file, 0, UINT64_MAX, options) == sink.bytes);
  } else {
    lmc::require(!stats.error().message.empty() && stats.error().family != lmc::ErrorFamily::kBug);
  }
  const auto indexed = lmc::read_layout_from_end(file);
  if (content_bytes(indexed) <= kLimitBytes && (!layout.ok() || content_bytes(*layout) <= kLimitBytes)) {
    lmc::MemorySink saved;
    const auto report = lmc::salvage(file, saved, options);
    if (stats.ok()) lmc::require(report.ok() && report->damage.empty() && saved.bytes == sink.bytes);
  }
  return 0;
}
