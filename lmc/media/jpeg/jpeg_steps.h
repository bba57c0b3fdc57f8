// Tables of quantisation steps: those that T.81 lists in K.1 and K.2, scaled by a quality as IJG's encoders do it,
// which most JPEG files have. docs/pixels.md, section 9.
#ifndef LMC_MEDIA_JPEG_JPEG_STEPS_H_
#define LMC_MEDIA_JPEG_JPEG_STEPS_H_

#include <array>
#include <cstdint>

#include "lmc/base/bytes.h"

namespace lmc {

using DctSteps = std::array<uint16_t, 64>;  // row * 8 + column

// quality: 1..100.
DctSteps standard_steps(bool chroma, int quality);
// before: of the component before, or null.
void append_steps(Bytes& out, const DctSteps& steps, const DctSteps* before);
Result<DctSteps> read_steps(ByteReader& reader, const DctSteps* before);

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_JPEG_STEPS_H_
