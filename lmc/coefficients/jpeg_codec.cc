#include "lmc/coefficients/jpeg_codec.h"

#include <string>

#include "lmc/coefficients/jpeg_coefficients.h"
#include "lmc/media/jpeg/jpeg_file.h"

namespace lmc {
namespace {

JpegCodingOptions coding_options(JpegEffort effort, const JpegOptions& options) {
  return {.effort = effort, .threads = options.threads, .isa = options.isa, .budget = options.budget};
}

// Headers are bytes of the file; its padding bits and early ends take few bytes each.
uint64_t most_side_bytes(size_t raw_bytes) { return uint64_t(raw_bytes) * 8 + 64; }

}  // namespace

Result<Bytes> encode_jpeg(ByteSpan file, const JpegOptions& options, const SideEncoder& encode_side) {
  LMC_ASSIGN(auto jpeg, parse_jpeg(file, options.budget));
  LMC_ASSIGN(const auto side, jpeg_reconstruction_data(jpeg));
  if (side.size() > most_side_bytes(file.size()))
    return bad_input("jpeg: more reconstruction data than a payload may have");
  const Bytes coded_side = encode_side(side);
  Bytes out = {uint8_t(options.effort)};
  append_varint(out, side.size());
  append_varint(out, coded_side.size());
  append_bytes(out, coded_side);
  LMC_ASSIGN(const auto streams,
             encode_jpeg_coefficients(jpeg.frame, jpeg.coefficients, coding_options(options.effort, options)));
  append_bytes(out, streams);
  return out;
}

Result<Bytes> decode_jpeg(ByteSpan payload, size_t raw_bytes, const JpegOptions& options,
                          const SideDecoder& decode_side) {
  ByteReader in(payload);
  LMC_ASSIGN(const auto effort, in.read_le<uint8_t>("effort"));
  if (effort > uint8_t(JpegEffort::kThorough))
    return bad_input("jpeg: effort " + std::to_string(effort) + "; 0 and 1 are known, a newer version may know more",
                     0);
  LMC_ASSIGN(const auto side_bytes, in.read_varint("reconstruction data"));
  if (side_bytes > most_side_bytes(raw_bytes))
    return bad_input("jpeg: " + std::to_string(side_bytes) + " bytes of reconstruction data for a file of " +
                         std::to_string(raw_bytes),
                     in.position());
  LMC_ASSIGN(const auto coded_bytes, in.read_varint("coded reconstruction data"));
  if (coded_bytes > in.remaining()) return bad_input("jpeg: reconstruction data beyond the payload", in.position());
  LMC_ASSIGN(const auto coded, in.read_bytes(size_t(coded_bytes), "coded reconstruction data"));
  // The file, its headers, its padding bits, and what is noted of ends of runs.
  LMC_ASSIGN(const auto of_file, Budget::take(options.budget, jpeg_file_memory(raw_bytes, side_bytes),
                                              "a JPEG file of " + std::to_string(raw_bytes) + " bytes"));
  LMC_ASSIGN(const auto side, decode_side(coded, size_t(side_bytes)));
  if (side.size() != side_bytes) return bad_input("jpeg: reconstruction data of another size than the payload says");
  LMC_ASSIGN(auto jpeg, jpeg_from_reconstruction_data(side, raw_bytes));
  LMC_ASSIGN(const auto of_coefficients, take_for_coefficients(jpeg.frame, options.budget));
  make_room_for_coefficients(jpeg);
  LMC_TRY(decode_jpeg_coefficients(jpeg.frame, payload.subspan(in.position()),
                                   coding_options(JpegEffort(effort), options), jpeg.coefficients));
  LMC_TRY(complete_headers(jpeg));
  Result<Bytes> file = rebuild_jpeg(jpeg, raw_bytes);
  if (file.ok() && file->size() != raw_bytes)
    return bad_input("jpeg: the payload gives " + std::to_string(file->size()) + " bytes, not " +
                     std::to_string(raw_bytes));
  return file;
}

}  // namespace lmc
