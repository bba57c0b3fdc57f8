// lmc -d --as png|pnm, --region; lmc explain: pixels written as pictures.
#ifndef TOOLS_LMC_PIXELS_OUTPUT_H_
#define TOOLS_LMC_PIXELS_OUTPUT_H_

#include "lmc/media/image/png/png_pixels.h"

namespace lmc {

// as: "png" or "pnm" (PAM where there is alpha).
Result<Bytes> write_pixels(const Pixels& pixels, const std::string& as);

}  // namespace lmc

#endif  // TOOLS_LMC_PIXELS_OUTPUT_H_
