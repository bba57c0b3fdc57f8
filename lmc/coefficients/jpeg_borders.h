// What the pixels at a block's borders say about its coefficients.
//
// A block and its neighbour are taken to meet without a step: the line of pixels at the border, drawn on by half a
// pixel from either side, should be the same. In the frequencies along the border that is one equation for each u:
//   sum over v of g(v) F(u,v) = sum over v of (-1)^v g(v) N(u,v)
// for a block F below its neighbour N, so a border keeps eight numbers, to which each coefficient adds as it becomes
// known. All in binary32, in a written order.
#ifndef LMC_COEFFICIENTS_JPEG_BORDERS_H_
#define LMC_COEFFICIENTS_JPEG_BORDERS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace lmc {

using BorderLine = std::array<float, 8>;

struct BorderWeights {
  // 1 + slope times the outermost pixel's weight, less slope times the next one's.
  explicit BorderWeights(float slope);

  BorderLine near;     // g(v)
  BorderLine far;      // (-1)^v g(v)
  BorderLine inverse;  // 1 / g(v)
};

// b(u)(x): the share of frequency u in pixel x, [u][x].
const std::array<BorderLine, 8>& dct_basis();

// Eight pixels from eight frequencies.
BorderLine border_pixels(const BorderLine& frequencies);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_BORDERS_H_
