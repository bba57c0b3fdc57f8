// One plane of samples with a frame around it, so that a neighbour beyond an edge can be read like any other.
//
// What stands in the frame depends only on samples that come before in raster order, so encoder and decoder see the
// same: above the plane the middle value; left of a row the first sample of the row above; right of a row its last
// sample; below the plane twice the last row.
#ifndef LMC_SAMPLES_PADDED_PLANE_H_
#define LMC_SAMPLES_PADDED_PLANE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmc {

class PaddedPlane {
 public:
  static constexpr int kPadding = 16;

  PaddedPlane(int width, int height, int bits)
      : width_(width),
        height_(height),
        stride_(ptrdiff_t(width) + 2 * kPadding),
        samples_(size_t(stride_) * size_t(height + 2 * kPadding), uint16_t(1u << (bits - 1))) {}

  int width() const { return width_; }
  int height() const { return height_; }
  ptrdiff_t stride() const { return stride_; }
  // y in [-kPadding, height + kPadding); the row's x in [-kPadding, width + kPadding).
  uint16_t* row(int y) { return samples_.data() + (y + kPadding) * stride_ + kPadding; }
  const uint16_t* row(int y) const { return samples_.data() + (y + kPadding) * stride_ + kPadding; }

  // Before the first sample of row y is known, then each sample from left to right, and after the last.
  void begin_row(int y) {
    for (int below = 0; below <= below_of(y); ++below) std::fill_n(row(y + below) - kPadding, kPadding, row(y - 1)[0]);
  }
  void set(int x, int y, uint16_t sample) {
    for (int below = 0; below <= below_of(y); ++below) row(y + below)[x] = sample;
  }
  void end_row(int y) {
    for (int below = 0; below <= below_of(y); ++below)
      std::fill_n(row(y + below) + width_, kPadding, row(y)[width_ - 1]);
  }

 private:
  static constexpr int kBelow = 2;  // rows below the plane that may be read
  int below_of(int y) const { return y + 1 == height_ ? kBelow : 0; }

  int width_, height_;
  ptrdiff_t stride_;
  std::vector<uint16_t> samples_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_PADDED_PLANE_H_
