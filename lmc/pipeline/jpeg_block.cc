#include "lmc/pipeline/jpeg_block.h"

#include "lmc/coefficients/jpeg_codec.h"

namespace lmc {
namespace {

constexpr int kFirstThoroughLevel = 7;

}  // namespace

bool begins_like_jpeg(ByteSpan start) {
  return start.size() >= 3 && start[0] == 0xFF && start[1] == 0xD8 && start[2] == 0xFF;
}

Result<Bytes> encode_jpeg_block(ByteSpan file, int level, const BlockResources& resources) {
  const JpegOptions options{.effort = level < kFirstThoroughLevel ? JpegEffort::kFast : JpegEffort::kThorough,
                            .threads = resources.threads,
                            .isa = resources.isa};
  return encode_jpeg(file, options, [&](ByteSpan side) {
    const EncodedBlock block = encode_side_bytes(side, resources);
    Bytes coded{uint8_t(block.codec)};
    append_bytes(coded, block.payload);
    return coded;
  });
}

Result<Bytes> decode_jpeg_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources) {
  const JpegOptions options{.threads = resources.threads, .isa = resources.isa, .budget = resources.budget};
  return decode_jpeg(payload, raw_size_bytes, options, [&](ByteSpan coded, size_t side_bytes) -> Result<Bytes> {
    if (coded.empty() || coded[0] > uint8_t(BlockCodec::kMixing))
      return bad_input("JPEG block: unknown codec of the side bytes; the file is damaged");
    return decode_block(BlockCodec(coded[0]), coded.subspan(1), side_bytes, resources.quietly());
  });
}

}  // namespace lmc
