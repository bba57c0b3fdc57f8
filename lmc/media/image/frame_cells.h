// The places of an animation's frames in one picture.
#ifndef LMC_MEDIA_IMAGE_FRAME_CELLS_H_
#define LMC_MEDIA_IMAGE_FRAME_CELLS_H_

#include <cstdint>

namespace lmc {

// Where frames stand in a picture of one channel, or of three in which up to three frames share a cell, one a channel
// in the order in which channels are coded (docs/pixels.md): so two of three are coded with one before them in view. A
// frame joins the last cell if that has a channel left and it fits in there; else it gets a cell of its size. Cells
// stand on shelves: each right of the one before if the picture is wide enough and it is not higher than the shelf's
// first, else as the first of the next shelf. So frames of one size stand one below the other.
class FrameCells {
 public:
  struct Place {
    uint64_t x = 0, y = 0;
    uint32_t channel = 0;
  };

  FrameCells(uint64_t width, uint32_t channels) : width_(width), channels_(channels) {}

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

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_FRAME_CELLS_H_
