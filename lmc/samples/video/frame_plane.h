// One plane of a frame with room around it, so that neighbours and motion may reach beyond the edges.
#ifndef LMC_SAMPLES_VIDEO_FRAME_PLANE_H_
#define LMC_SAMPLES_VIDEO_FRAME_PLANE_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lmc {

template <typename T>
class FramePlane {
 public:
  static constexpr int kPadding = 16;

  FramePlane() = default;
  FramePlane(int width, int height, T value)
      : width_(width),
        height_(height),
        stride_(ptrdiff_t(width) + 2 * kPadding),
        values_(size_t(stride_) * size_t(height + 2 * kPadding), value) {}

  int width() const { return width_; }
  int height() const { return height_; }
  ptrdiff_t stride() const { return stride_; }
  // y in [-kPadding, height + kPadding); the row's x in [-kPadding, width + kPadding).
  T* row(int y) { return values_.data() + (y + kPadding) * stride_ + kPadding; }
  const T* row(int y) const { return values_.data() + (y + kPadding) * stride_ + kPadding; }

  // Beside a row, once its first or last value is known.
  void pad_left(int y, T value) { std::fill_n(row(y) - kPadding, kPadding, value); }
  void pad_right(int y, T value) { std::fill_n(row(y) + width_, kPadding, value); }
  // All around, when every value is known: the nearest one.
  void pad() {
    for (int y = 0; y < height_; ++y) {
      pad_left(y, row(y)[0]);
      pad_right(y, row(y)[width_ - 1]);
    }
    for (int y = 1; y <= kPadding; ++y) {
      std::copy_n(row(0) - kPadding, stride_, row(-y) - kPadding);
      std::copy_n(row(height_ - 1) - kPadding, stride_, row(height_ - 1 + y) - kPadding);
    }
  }
  // Above the first row what stands there in another plane.
  void take_top(const FramePlane& other) {
    for (int y = 1; y <= kPadding; ++y) std::copy_n(other.row(-y) - kPadding, stride_, row(-y) - kPadding);
  }

 private:
  int width_ = 0, height_ = 0;
  ptrdiff_t stride_ = 0;
  std::vector<T> values_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_FRAME_PLANE_H_
