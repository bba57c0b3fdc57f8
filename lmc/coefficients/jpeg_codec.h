// A whole JPEG file as one payload, and back (docs/jpeg.md, section 1).
//
// The reconstruction data (headers and the like) are coded by what the caller hands in, since the coder of arbitrary
// bytes lies later in the line of modules.
#ifndef LMC_COEFFICIENTS_JPEG_CODEC_H_
#define LMC_COEFFICIENTS_JPEG_CODEC_H_

#include <functional>

#include "lmc/base/budget.h"
#include "lmc/base/bytes.h"
#include "lmc/coefficients/jpeg_plane_coder.h"
#include "lmc/numerics/isa.h"

namespace lmc {

struct JpegOptions {
  JpegEffort effort = JpegEffort::kFast;  // for encoding; a payload says its own
  int threads = 1;                        // 2 for a small picture, up to 16 for a large one
  Isa isa = Isa::kScalar;
  Budget* budget = nullptr;  // null: no limit
};

using SideEncoder = std::function<Bytes(ByteSpan side)>;
using SideDecoder = std::function<Result<Bytes>(ByteSpan coded, size_t side_bytes)>;  // must give side_bytes or fail

// An error, in words for the curious, if the file is no JPEG or one that could not be rebuilt byte for byte.
Result<Bytes> encode_jpeg(ByteSpan file, const JpegOptions& options, const SideEncoder& encode_side);
// raw_bytes: size of the file. Any payload gives a file of that size or an error; the caller has a checksum.
Result<Bytes> decode_jpeg(ByteSpan payload, size_t raw_bytes, const JpegOptions& options,
                          const SideDecoder& decode_side);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_CODEC_H_
