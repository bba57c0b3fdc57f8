// Functions of one row of activations: docs/numerics.md, section 2. peak: the largest |x|.
#ifndef LMC_MODELS_ARCH_ROW_FUNCTIONS_H_
#define LMC_MODELS_ARCH_ROW_FUNCTIONS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lmc/numerics/elementwise.h"

namespace lmc {

// 1 / sqrt(mean(x^2) + eps); the squares are summed as 16-bit integers.
inline float inverse_rms(const Elementwise& kernels, const float* x, int n, float peak, float eps) {
  if (peak < kTiny) return 1.0f / std::sqrt(eps);
  const float unit = peak / kPeak16;
  const float mean = float(kernels.sum_squares(x, n, kPeak16 / peak)) / float(n);
  return 1.0f / std::sqrt(mean * (unit * unit) + eps);
}

// The mean; summed as 16-bit integers.
inline float mean_of(const Elementwise& kernels, const float* x, int n, float peak) {
  if (peak < kTiny) return 0.0f;
  return float(kernels.sum(x, n, kPeak16 / peak)) / float(n) * (peak / kPeak16);
}

// int8 with a scale; a row of (almost) nothing becomes zeros with scale 0.
inline float quantise_row8(const Elementwise& kernels, const float* x, int n, float peak, int8_t* q) {
  if (peak < kTiny) {
    std::fill(q, q + n, int8_t(0));
    return 0.0f;
  }
  kernels.quantise8(x, n, kPeak8 / peak, q);
  return peak / kPeak8;
}

inline float quantise_row16(const Elementwise& kernels, const float* x, int n, float peak, int16_t* q) {
  if (peak < kTiny) {
    std::fill(q, q + n, int16_t(0));
    return 0.0f;
  }
  kernels.quantise16(x, n, kPeak16 / peak, q);
  return peak / kPeak16;
}

}  // namespace lmc

#endif  // LMC_MODELS_ARCH_ROW_FUNCTIONS_H_
