// Reads a VP8L stream into its parts (vp8l_format.h).
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_READER_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_READER_H_

#include <functional>

#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

struct ReadVp8l {
  Vp8lStream stream;
  size_t size_bytes = 0;  // what follows belongs to somebody else
};

// Called before anything is kept; an error ends the reader.
using OnVp8lSize = std::function<Status(uint32_t width, uint32_t height)>;

// data begins with the signature byte. Errors: bad input; also if the picture has more than most_pixels.
Result<ReadVp8l> read_vp8l(ByteSpan data, uint64_t most_pixels, const OnVp8lSize& on_size);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_READER_H_
