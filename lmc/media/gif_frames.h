// The images of a GIF file (GIF89a specification) as they lie in it, and their places in one picture.
#ifndef LMC_MEDIA_GIF_FRAMES_H_
#define LMC_MEDIA_GIF_FRAMES_H_

#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

inline constexpr size_t kGifDescriptorBytes = 10;  // of an image, with the byte that announces it

struct GifFrame {
  uint32_t width = 0, height = 0;
  bool interlaced = false;
  int min_code_bits = 0;          // 2 to 8
  size_t colours_at_bytes = 0;    // offset of what follows the descriptor: the frame's own colours, if any
  size_t blocks_at_bytes = 0;     // offset of the sub-blocks
  size_t blocks_end_bytes = 0;
  Bytes stream, sizes;            // what the sub-blocks hold; their sizes
};

// The bytes of a colour table, from the flags that announce it.
size_t gif_colours_bytes(uint8_t flags);

// All images until the trailer, or until something that cannot be read; at least one.
// Errors: bad input.
Result<std::vector<GifFrame>> read_gif_frames(ByteSpan file);

// Frames stand on shelves as wide as the widest: each right of the one before if it fits there and is not higher than
// the shelf's first, else as the first of the next shelf. So frames of one size stand one below the other.
class GifShelves {
 public:
  struct Place {
    uint64_t x = 0, y = 0;
  };

  explicit GifShelves(uint64_t width) : width_(width) {}

  Place put(uint32_t width, uint32_t height) {
    if (x_ + width > width_ || height > shelf_height_) {
      y_ += shelf_height_;
      x_ = 0;
      shelf_height_ = height;
    }
    const Place place{x_, y_};
    x_ += width;
    return place;
  }
  uint64_t height() const { return y_ + shelf_height_; }

 private:
  uint64_t width_, x_ = 0, y_ = 0, shelf_height_ = 0;
};

// The row of the image that is written as number i.
std::vector<uint32_t> gif_row_order(uint32_t height, bool interlaced);

// Appends stream in sub-blocks, of 255 bytes but for the last or, if given, of those sizes. Errors: bad input.
Status append_gif_blocks(Bytes& file, ByteSpan stream, ByteSpan sizes, bool given);
bool are_usual_gif_sizes(const Bytes& sizes);

}  // namespace lmc

#endif  // LMC_MEDIA_GIF_FRAMES_H_
