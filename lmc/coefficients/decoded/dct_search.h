// Finds the quantised coefficients and steps that a plane of samples was made of by inverse_dct, for the encoder.
// Nothing here is part of the format; in real numbers, since what is found is checked exactly.
#ifndef LMC_COEFFICIENTS_DECODED_DCT_SEARCH_H_
#define LMC_COEFFICIENTS_DECODED_DCT_SEARCH_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "lmc/base/workers.h"
#include "lmc/coefficients/decoded/inverse_dct.h"
#include "lmc/media/jpeg/jpeg_steps.h"

namespace lmc {

// What is known of the samples (height, width): each lies in low..high, where 0 also stands for all below and 255 for
// all above; and what it probably is.
struct BoundedPlane {
  int width = 0, height = 0;
  std::vector<uint8_t> low, high, hoped;

  BoundedPlane(int plane_width, int plane_height);
  size_t count() const { return size_t(width) * size_t(height); }
  void know(size_t place, int value) { low[place] = high[place] = hoped[place] = uint8_t(value); }
  int blocks_across() const { return (width + 7) / 8; }
  int blocks_down() const { return (height + 7) / 8; }
};

// x: 64 samples less 128, (8, 8); out: their DCT, orthonormal as in JPEG.
void forward_dct(const double* x, double* out);
void inverse_dct(const double* t, double* out);  // the reverse, in real numbers

struct FoundSteps {
  DctSteps steps{};  // 1 where no sample says anything of a frequency
  std::array<bool, 64> is_evident{};
  int evident = 0;    // frequencies with a step of 3 or more that could not be chance
  size_t blocks = 0;  // looked at
};
// The same for all planes, from blocks that are wholly known, at most so many of each plane, spread over it. A standard
// table if one fits.
FoundSteps find_steps(std::initializer_list<const BoundedPlane*> planes, size_t most_blocks);

// Coefficients (blocks_down, blocks_across, 64) that give samples within the bounds, as far as they are found; none if
// too many are not.
struct FoundBlocks {
  std::vector<int16_t> coefficients;
  std::vector<uint8_t> wrong;  // of each block: samples out of bounds
};
FoundBlocks find_blocks(const BoundedPlane& plane, const DctSteps& steps, Workers& workers);
// Only the block at (x, y), in blocks; changes found if that is better. Nothing of other blocks is touched.
void find_block(const BoundedPlane& plane, const DctSteps& steps, int x, int y, FoundBlocks& found);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_DECODED_DCT_SEARCH_H_
