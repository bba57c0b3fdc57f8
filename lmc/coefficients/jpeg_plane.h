// One component of a band of a JPEG file while it is coded: its blocks, what is kept of those coded before, and what
// lies around and beneath a block. Bands lie one below the other, and none looks at another.
#ifndef LMC_COEFFICIENTS_JPEG_PLANE_H_
#define LMC_COEFFICIENTS_JPEG_PLANE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "lmc/coefficients/jpeg_borders.h"
#include "lmc/media/jpeg/jpeg_headers.h"
#include "lmc/media/jpeg/jpeg_scan.h"

namespace lmc {

inline constexpr int16_t kNoBlock[64] = {};  // stands for blocks beyond the image

struct Plane {
  const JpegComponent* component = nullptr;
  uint32_t blocks_across = 0, blocks_down = 0;
  int16_t* coefficients = nullptr;    // (blocks, 64)
  std::vector<uint8_t> inner_counts;  // (blocks): inner coefficients that are not zero
  std::vector<int16_t> dc_errors;     // (blocks): what was coded for the mean
  std::vector<BorderLine> bottoms;    // (blocks across): of the last block of each column
  BorderLine right{};                 // of the last block
  // Of every component but the first: the first; and the one before if that is not the first and has as many blocks.
  const Plane *first = nullptr, *before = nullptr;
  std::unique_ptr<std::atomic<uint32_t>> rows_done = std::make_unique<std::atomic<uint32_t>>(0);

  void finish_row() {
    rows_done->fetch_add(1, std::memory_order_release);
    rows_done->notify_all();
  }
  void wait_for_rows(uint32_t rows) const;
};

// coefficients: of every component of the whole file. Band `band` of `bands` <= frame.mcus_down.
std::vector<Plane> make_planes(const JpegFrame& frame, JpegCoefficients& coefficients, uint32_t band, uint32_t bands);

// The blocks around one. Where there is none the counts and errors are those of the other side.
struct Neighbours {
  const int16_t *above = kNoBlock, *left = kNoBlock, *above_left = kNoBlock, *above_right = kNoBlock;
  bool has_above = false, has_left = false;
  int inner_above = 0, inner_left = 0;
  int dc_error_above = 0, dc_error_left = 0;

  // Magnitudes of a coefficient all around; above and left count twice.
  int around(size_t i) const {
    return 2 * (std::abs(above[i]) + std::abs(left[i])) + std::abs(above_left[i]) + std::abs(above_right[i]);
  }
};
Neighbours neighbours_of(const Plane& plane, uint32_t x, uint32_t y);

// What other components have where a block is: up to four blocks of the first, one of the one before.
struct Companions {
  const int16_t* first[4] = {kNoBlock, kNoBlock, kNoBlock, kNoBlock};
  const int16_t* before = kNoBlock;
  bool first_is_alike = false;                  // sampled like this one: one block, four times
  bool half_across = false, half_down = false;  // this one has half the blocks of the first
  int inner_first = 0, inner_before = 0;        // four times, once
  int dc_error_first = 0, dc_error_before = 0;

  // Four times the magnitude that the first component has at this frequency.
  int magnitude(size_t i) const {
    const size_t u = i & 7, v = i >> 3;
    const size_t j = (half_down ? (v + 1) / 2 : v) * 8 + (half_across ? (u + 1) / 2 : u);
    return std::abs(first[0][j]) + std::abs(first[1][j]) + std::abs(first[2][j]) + std::abs(first[3][j]);
  }
};
// Waits until the first component is far enough.
Companions companions_of(const Plane& plane, uint32_t x, uint32_t y);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_PLANE_H_
