// The images of a GIF file (GIF89a specification) as they lie in it.
#ifndef LMC_MEDIA_IMAGE_GIF_GIF_FRAMES_H_
#define LMC_MEDIA_IMAGE_GIF_GIF_FRAMES_H_

#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

inline constexpr size_t kGifDescriptorBytes = 10;  // of an image, with the byte that announces it

struct GifFrame {
  uint32_t width = 0, height = 0;
  bool interlaced = false;
  int min_code_bits = 0;        // 2 to 8
  size_t colours_at_bytes = 0;  // offset of what follows the descriptor: the frame's own colours, if any
  size_t blocks_at_bytes = 0;   // offset of the sub-blocks
  size_t blocks_end_bytes = 0;
  Bytes stream, sizes;  // what the sub-blocks hold; their sizes
};

// The bytes of a colour table, from the flags that announce it.
size_t gif_colours_bytes(uint8_t flags);

// All images until the trailer, or until something that cannot be read; at least one.
// Errors: bad input.
Result<std::vector<GifFrame>> read_gif_frames(ByteSpan file);

// The row of the image that is written as number i.
std::vector<uint32_t> gif_row_order(uint32_t height, bool interlaced);

// Appends stream in sub-blocks, of 255 bytes but for the last or, if given, of those sizes. Errors: bad input.
Status append_gif_blocks(Bytes& file, ByteSpan stream, ByteSpan sizes, bool given);
bool are_usual_gif_sizes(const Bytes& sizes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_GIF_GIF_FRAMES_H_
