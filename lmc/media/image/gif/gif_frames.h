// The images of a GIF file (GIF89a specification) as they lie in it, and their places in one picture.
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

// Where frames stand in a picture of one channel, or of three in which up to three frames share a cell, one a channel
// in the order in which channels are coded (docs/pixels.md): so two of three are coded with one before them in view. A
// frame joins the last cell if that has a channel left and it fits in there; else it gets a cell of its size. Cells
// stand on shelves: each right of the one before if the picture is wide enough and it is not higher than the shelf's
// first, else as the first of the next shelf. So frames of one size stand one below the other.
class GifCells {
 public:
  struct Place {
    uint64_t x = 0, y = 0;
    uint32_t channel = 0;
  };

  GifCells(uint64_t width, uint32_t channels) : width_(width), channels_(channels) {}

  Place put(uint32_t width, uint32_t height) {
    if (frames_ == 0 || frames_ == channels_ || width > cell_width_ || height > cell_height_) add_cell(width, height);
    const uint32_t number = frames_++;
    return {cell_x_, cell_y_, number < 2 && channels_ > 1 ? 1 - number : number};
  }
  uint64_t height() const { return cell_y_ + shelf_height_; }

 private:
  void add_cell(uint32_t width, uint32_t height) {
    cell_x_ += cell_width_;
    if (cell_x_ + width > width_ || height > shelf_height_) {
      cell_y_ += shelf_height_;
      cell_x_ = 0;
      shelf_height_ = height;
    }
    cell_width_ = width;
    cell_height_ = height;
    frames_ = 0;
  }

  uint64_t width_, cell_x_ = 0, cell_y_ = 0, shelf_height_ = 0;
  uint32_t channels_, frames_ = 0, cell_width_ = 0, cell_height_ = 0;  // frames in the cell
};

// The row of the image that is written as number i.
std::vector<uint32_t> gif_row_order(uint32_t height, bool interlaced);

// Appends stream in sub-blocks, of 255 bytes but for the last or, if given, of those sizes. Errors: bad input.
Status append_gif_blocks(Bytes& file, ByteSpan stream, ByteSpan sizes, bool given);
bool are_usual_gif_sizes(const Bytes& sizes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_GIF_GIF_FRAMES_H_
