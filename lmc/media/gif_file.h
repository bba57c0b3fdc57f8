// GIF files (GIF87a, GIF89a) of one image, interlaced or not; what surrounds its pixels is kept as it is.
// Refused: files of which the first image is less than half (animations), and encoders that are not greedy (gif_lzw.h).
#ifndef LMC_MEDIA_GIF_FILE_H_
#define LMC_MEDIA_GIF_FILE_H_

#include "lmc/media/image_file.h"

namespace lmc {

Result<ParsedImage> parse_gif(ByteSpan file);
Result<Bytes> rebuild_gif(ByteSpan side, const Picture& picture, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_GIF_FILE_H_
