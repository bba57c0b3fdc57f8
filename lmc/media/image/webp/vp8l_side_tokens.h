// The tokens of a VP8L image as reconstruction data: what an encoder took where it was not what it was expected to
// take.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_TOKENS_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_TOKENS_H_

#include "lmc/media/image/webp/vp8l_format.h"
#include "lmc/media/image/webp/vp8l_side_coder.h"

namespace lmc {

// image.pixels and cache_bits are known. Reads the tokens when the coder decodes, writes them else. Errors: bad input,
// only when decoding.
Status code_vp8l_tokens(Vp8lSideCoder& coder, Vp8lImage& image);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_TOKENS_H_
