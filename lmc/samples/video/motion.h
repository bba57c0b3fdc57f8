// Motion by blocks: where each block of a frame stood in the one before, in whole samples of luma.
//
// The encoder searches and codes the vectors; chroma takes the same, scaled down.
#ifndef LMC_SAMPLES_VIDEO_MOTION_H_
#define LMC_SAMPLES_VIDEO_MOTION_H_

#include <cstdint>
#include <vector>

#include "lmc/mixing/counters.h"
#include "lmc/samples/video/frame_plane.h"

namespace lmc {

struct MotionVector {
  int16_t x = 0, y = 0;
  bool operator==(const MotionVector&) const = default;
};

inline constexpr int kMotionBlock = 8;    // samples of luma each way
inline constexpr int kMotionReach = 12;   // samples beyond the edges that a block may lie
inline constexpr int kMostMotion = 2047;  // of a component, either way

struct MotionField {
  int columns = 0, rows = 0;
  std::vector<MotionVector> vectors;  // (rows, columns)

  MotionField() = default;
  MotionField(int width, int height)
      : columns((width + kMotionBlock - 1) / kMotionBlock),
        rows((height + kMotionBlock - 1) / kMotionBlock),
        vectors(size_t(columns) * size_t(rows)) {}
  MotionVector& at(int column, int row) { return vectors[size_t(row) * size_t(columns) + size_t(column)]; }
  MotionVector at(int column, int row) const { return vectors[size_t(row) * size_t(columns) + size_t(column)]; }
};

// The same vector, or the nearest that leaves a block of `size` samples at (x, y) within reach of a plane.
MotionVector within_reach(MotionVector vector, int x, int y, int size_x, int size_y, int width, int height);

// Where the blocks of now stood in before; field: those of the last frame, as a hint.
MotionField search_motion(const FramePlane<float>& now, const FramePlane<float>& before, const MotionField& last);

// From two frames back to now: a block's own vector, and that of the place it points to.
MotionField chain_motion(const MotionField& now, const MotionField& before, int width, int height);

// Codes vectors by what the blocks around have.
class MotionCoder {
 public:
  template <typename Coder>
  void code(Coder& coder, MotionField& field, int width, int height) {
    for (int row = 0; row < field.rows; ++row)
      for (int column = 0; column < field.columns; ++column) {
        MotionVector& vector = field.at(column, row);
        const MotionVector guess = guess_of(field, column, row);
        const int around = likeness(field, column, row);
        if (bit(coder, same_[around], vector == guess)) {
          vector = guess;
        } else {
          vector.x = int16_t(component(coder, 0, vector.x - guess.x) + guess.x);
          vector.y = int16_t(component(coder, 1, vector.y - guess.y) + guess.y);
        }
        vector =
            within_reach(vector, column * kMotionBlock, row * kMotionBlock, kMotionBlock, kMotionBlock, width, height);
      }
  }

 private:
  static constexpr int kMostBits = 12;

  template <typename Coder>
  static bool bit(Coder& coder, MapEntry& entry, bool value) {
    const uint32_t p = entry.p16();
    const int out = coder.code(value, p < 64 ? 64 : p > 65472 ? 65472 : p);
    entry.update_fast(out, 60);
    return out != 0;
  }
  // Zero, sign, number of bits, bits.
  template <typename Coder>
  int component(Coder& coder, int which, int difference) {
    if (bit(coder, zero_[which], difference == 0)) return 0;
    const bool negative = bit(coder, sign_[which], difference < 0);
    const int size = difference < 0 ? -difference : difference;
    int bits = 0;
    while (bits < kMostBits && bit(coder, size_[which][bits], size >= 2 << bits)) ++bits;
    int value = 1;
    for (int i = bits; i-- > 0;) value = value << 1 | int(bit(coder, low_[which][bits][i], (size >> i & 1) != 0));
    return negative ? -value : value;
  }

  static MotionVector guess_of(const MotionField& field, int column, int row);
  static int likeness(const MotionField& field, int column, int row);

  MapEntry same_[4], zero_[2], sign_[2], size_[2][kMostBits + 1], low_[2][kMostBits + 1][kMostBits + 1];
};

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_MOTION_H_
