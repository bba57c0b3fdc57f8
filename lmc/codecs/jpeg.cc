#include "lmc/codecs/jpeg.h"

#include "lmc/coefficients/jpeg_codec.h"
#include "lmc/media/jpeg/jpeg_file.h"

namespace lmc {

Status check_jpeg(ByteSpan file) {
  LMC_TRY(parse_jpeg(file));
  return Ok();
}

Result<EncodedBlock> encode_jpeg_file(ByteSpan file, const LevelRow& level, const BlockResources& resources) {
  const JpegOptions options{.effort = level.thorough_jpeg ? JpegEffort::kThorough : JpegEffort::kFast,
                            .threads = resources.threads,
                            .isa = resources.isa,
                            .budget = resources.budget};
  auto payload = encode_jpeg(file, options, [&](ByteSpan data) {
    const EncodedBlock block = encode_reconstruction_data(data, resources);
    Bytes coded{block.codec};
    append_bytes(coded, block.payload);
    return coded;
  });
  if (!payload.ok()) return payload.error();
  return EncodedBlock{kJpeg, std::move(*payload)};
}

Result<Bytes> decode_jpeg_file(ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  const JpegOptions options{.threads = resources.threads, .isa = resources.isa, .budget = resources.budget};
  return decode_jpeg(payload, raw_bytes, options, [&](ByteSpan coded, size_t data_bytes) -> Result<Bytes> {
    if (coded.empty()) return bad_input("JPEG block: no reconstruction data; the file is damaged");
    return decode_reconstruction_data(coded[0], coded.subspan(1), data_bytes, "JPEG block", resources);
  });
}

}  // namespace lmc
