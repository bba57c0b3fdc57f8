// The element-wise work between the pixel network's products, once for each instruction set from the same source, with
// the same bits as result.
#ifndef LMC_PIXELS_PIXEL_KERNELS_H_
#define LMC_PIXELS_PIXEL_KERNELS_H_

#include <cstdint>

#include "lmc/numerics/isa.h"

namespace lmc {

struct PixelKernels {
  // hidden[k] = clip(round(sum * factor[k] + bias[k] + before)), sum = 16 * high[k] + low[k] and before = 0 in the
  // first layer; sum = sums[k] and before = hidden[k] in the others. n: a multiple of 16.
  void (*first)(const int32_t* high, const int32_t* low, const float* factors, const float* bias, int8_t* hidden,
                int n);
  void (*next)(const int32_t* sums, const float* factors, const float* bias, int8_t* hidden, int n);
  // out[i][j] = sum over samples of weight * d[i] * d[j] >> 2 * shift, where d = sample - centre (16 columns, modulo
  // 2^16), rounded to units of 2^shift; for all i and all j < 8 * (i / 8 + 1), the rest of out (16, 16) is undefined.
  // Returns shift, the least that leaves 10 bits of every difference. count: even, at most 128; weights up to 8. plain,
  // weighted (count, 16): room to work in.
  int (*covariances)(const int16_t* const* samples, const int16_t* weights, int count, const int16_t* centre,
                     int16_t* plain, int16_t* weighted, int32_t* out);
};

PixelKernels pixel_kernels_base();
PixelKernels pixel_kernels_avx2();
PixelKernels pixel_kernels_avx512();
PixelKernels pixel_kernels(Isa isa);

}  // namespace lmc

#endif  // LMC_PIXELS_PIXEL_KERNELS_H_
