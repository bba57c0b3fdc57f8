// GIF files (GIF87a, GIF89a), interlaced or not; what surrounds the pixels is kept as it is. Animations become one
// picture with all their images (frame_cells.h). An image whose encoder is not greedy (lzw_codes.h) is kept as it is if
// there are others.
// Refused: files of which more than half follows the last image that was taken apart.
#ifndef LMC_MEDIA_IMAGE_GIF_GIF_FILE_H_
#define LMC_MEDIA_IMAGE_GIF_GIF_FILE_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

inline constexpr uint64_t kMaxGifSpareTimes = 4;  // so many times the pixels may be places of the picture without any

Result<ParsedImage> parse_gif(ByteSpan file, const OnShape& on_shape);
Result<Bytes> rebuild_gif(ByteSpan side, const Picture& picture, size_t max_bytes);

bool begins_like_gif(ByteSpan start);
// Of the GIF file that begins here, whatever follows it.
FileLength gif_length(ByteSpan raw);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_GIF_GIF_FILE_H_
