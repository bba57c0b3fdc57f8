// What a VP8L stream is beside its picture, as reconstruction data: one arithmetic code of what an encoder chose, each
// choice in the light of what one would be expected to choose (vp8l_guesses.h, vp8l_codes.h).
//
// Order: what the header says; each transform with its image; cache and group image; tokens; prefix codes.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_H_

#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

// The picture as a decoder shows it: (height, width).
std::vector<Argb> vp8l_picture(const Vp8lStream& stream);

// picture: of the stream. Errors: bad input, if the stream does what no encoder would and cannot be described.
Result<Bytes> write_vp8l_side(Vp8lStream stream, std::vector<Argb> picture);
// Errors: bad input; nothing in side is trusted.
Result<Vp8lStream> read_vp8l_side(ByteSpan side, uint32_t width, uint32_t height, std::vector<Argb> picture);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_H_
