// Codes the coefficients of a JPEG file by context mixing (docs/jpeg.md, sections 3 to 6).
#ifndef LMC_JPEG_JPEG_COEFFICIENTS_H_
#define LMC_JPEG_JPEG_COEFFICIENTS_H_

#include "lmc/base/bytes.h"
#include "lmc/jpeg/jpeg_headers.h"
#include "lmc/jpeg/jpeg_scan.h"
#include "lmc/numerics/isa.h"

namespace lmc {

struct JpegCodingOptions {
  int threads = 1;
  Isa isa = Isa::kScalar;
};

Bytes encode_jpeg_coefficients(const JpegFrame& frame, const JpegCoefficients& coefficients,
                               const JpegCodingOptions& options);
// Fills coefficients, which has the frame's sizes.
Status decode_jpeg_coefficients(const JpegFrame& frame, ByteSpan coded, const JpegCodingOptions& options,
                                JpegCoefficients& coefficients);

}  // namespace lmc

#endif  // LMC_JPEG_JPEG_COEFFICIENTS_H_
