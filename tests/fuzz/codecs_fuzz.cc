// Any bytes as the payload of each codec: an error, or as many bytes as asked for. A new row of the table is a new part
// of this target.
//
// The first byte picks the row, the next two are the raw size.
#include "tests/fuzz/fuzz_models.h"

namespace {

constexpr size_t kMostModelled = 4096;  // context mixing is slow

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < lmc::kFuzzBlockHeader) return 0;
  const lmc::CodecRow& row = lmc::codec_table()[data[0] % lmc::codec_table().size()];
  const size_t raw_bytes = data[1] | size_t(data[2]) << 8;
  if (row.shape != lmc::Shape::kWholeFile && raw_bytes > kMostModelled) return 0;
  const lmc::ByteSpan payload(data + lmc::kFuzzBlockHeader, size - lmc::kFuzzBlockHeader);
  if (row.describe != nullptr) row.describe(payload);
  const auto raw = lmc::decode_block(row.id, payload, raw_bytes, lmc::fuzz_resources());
  if (raw.ok())
    lmc::require(raw->size() == raw_bytes);
  else
    lmc::require_honest(raw.error());
  return 0;
}
