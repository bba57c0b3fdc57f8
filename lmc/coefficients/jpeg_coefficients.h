// Codes the coefficients of a JPEG file by context mixing (docs/jpeg.md, sections 3 to 6): bands of the picture,
// and for each of them two streams, the first component and all others, which look at it. Bit-exact; the bytes do not
// depend on threads or instruction set.
#ifndef LMC_COEFFICIENTS_JPEG_COEFFICIENTS_H_
#define LMC_COEFFICIENTS_JPEG_COEFFICIENTS_H_

#include "lmc/base/budget.h"
#include "lmc/base/bytes.h"
#include "lmc/coefficients/jpeg_plane_coder.h"
#include "lmc/media/jpeg/jpeg_headers.h"
#include "lmc/media/jpeg/jpeg_scan.h"
#include "lmc/numerics/isa.h"

namespace lmc {

struct JpegCodingOptions {
  JpegEffort effort = JpegEffort::kFast;  // must be the encoder's to decode
  int threads = 1;                        // up to 2 for each band are used
  Isa isa = Isa::kScalar;
  Budget* budget = nullptr;  // null: no limit
};

// coefficients: of every component as many as the frame says. Errors: environment, if the budget is too small.
Result<Bytes> encode_jpeg_coefficients(const JpegFrame& frame, const JpegCoefficients& coefficients,
                                       const JpegCodingOptions& options);
// Fills coefficients, which has these sizes and is all zero. Damaged bytes give other coefficients or an error.
Status decode_jpeg_coefficients(const JpegFrame& frame, ByteSpan coded, const JpegCodingOptions& options,
                                JpegCoefficients& coefficients);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_COEFFICIENTS_H_
