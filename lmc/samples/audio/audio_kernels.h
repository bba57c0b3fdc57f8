// The loops of the sound predictors in binary64, and the densities; one version per instruction set, all with the same
// bits.
//
// Every element goes through the same operations in the same order whatever the width of the vectors. Sums over an
// index go into eight lanes in order of index; the lanes are then folded 4, 2, 1 (docs/audio.md).
#ifndef LMC_SAMPLES_AUDIO_AUDIO_KERNELS_H_
#define LMC_SAMPLES_AUDIO_AUDIO_KERNELS_H_

#include <cstdint>

#include "lmc/numerics/isa.h"

namespace lmc {

inline constexpr int kFitLanes = 8;  // n of every fit is a multiple of it

struct AudioKernels {
  // sum of x[i] * y[i]
  double (*dot)(const double* x, const double* y, int n);
  // a (n, n), upper triangle, each row from the multiple of 8 at or before its diagonal on:
  // a[i][j] = a[i][j] * keep + x[j] * (x[i] * weight); b[i] = b[i] * keep + (x[i] * weight) * y
  void (*gather)(const double* x, double y, double weight, double keep, int n, double* a, double* b);
  // w: (a + ridge on the diagonal) w = b, by elimination without pivots. work (n, n + 8).
  void (*solve)(const double* a, const double* b, double ridge, int n, double* work, double* w);
  // g[i] = g[i] * keep + d * d * (1 - keep), w[i] += rate * d / (sqrt(g[i]) + 0.001), d = error * x[i]; in binary32.
  void (*step)(const float* x, float error, float rate, float keep, int n, float* g, float* w);
  // Of n logistic densities, n a multiple of 16: the mass below an edge, in units of 2^-24.
  void (*below)(const float* centres, const float* inverses, float edge, int n, int32_t* mass);
  // x = ln of (high - middle) / (middle - low) times sign, each difference taken as at least 1.
  void (*logits)(const int32_t* low, const int32_t* middle, const int32_t* high, float sign, int n, float* x);
};

const AudioKernels& audio_kernels(Isa isa);

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_AUDIO_KERNELS_H_
