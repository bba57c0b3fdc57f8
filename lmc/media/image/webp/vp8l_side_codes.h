// Prefix codes of VP8L as reconstruction data: where they are not what the counts of their symbols let expect.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_CODES_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_CODES_H_

#include "lmc/media/image/webp/vp8l_side_coder.h"
#include "lmc/media/image/webp/vp8l_writer.h"

namespace lmc {

// Reads the code when the coder decodes, writes it else. Errors: bad input, only when decoding.
Status code_vp8l_code(Vp8lSideCoder& coder, const std::vector<uint32_t>& counts, Vp8lCode& code);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_CODES_H_
