// Compiled once for each instruction set; see mixer_kernels.h.
//
// Plain loads and element-wise operations on GCC vectors of at most the width at hand: the 16 lanes are four, two or
// one of them, which stay in registers. Wider ones would be split by the compiler, but by way of memory.
#include "lmc/mixing/mixer_kernels.h"

#include "lmc/numerics/kernel_set.h"

namespace lmc {
namespace {

constexpr int kVectors = kMixerLanes / kVectorWords;
typedef float Vector __attribute__((vector_size(4 * kVectorWords)));
typedef float Eight __attribute__((vector_size(32)));
typedef float Four __attribute__((vector_size(16)));

inline void load(Vector& out, const float* p) { __builtin_memcpy(&out, p, sizeof out); }

// Adds the upper half of the lanes to the lower one until one is left.
inline float fold(const Four& a) {
  const float even = a[0] + a[2], odd = a[1] + a[3];
  return even + odd;
}
#if defined(__AVX2__)
inline float fold(const Eight& a) {
  return fold(__builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7));
}
#endif
inline float fold(const Vector (&acc)[kVectors]) {
#if defined(__AVX512F__)
  return fold(__builtin_shufflevector(acc[0], acc[0], 0, 1, 2, 3, 4, 5, 6, 7) +
              __builtin_shufflevector(acc[0], acc[0], 8, 9, 10, 11, 12, 13, 14, 15));
#elif defined(__AVX2__)
  return fold(acc[0] + acc[1]);
#else
  return fold((acc[0] + acc[2]) + (acc[1] + acc[3]));
#endif
}

void dots(const float* x, const float* const* w, float* out, int sets, int n) {
  for (int s = 0; s < sets; ++s) {
    const float* weights = w[s];
    Vector acc[kVectors] = {};
    for (int i = 0; i < n; i += kMixerLanes)
      for (int j = 0; j < kVectors; ++j) {
        Vector a, b;
        load(a, x + i + j * kVectorWords);
        load(b, weights + i + j * kVectorWords);
        acc[j] += a * b;
      }
    out[s] = fold(acc);
  }
}

void train(const float* x, float* const* w, const float* step, int sets, int n) {
  for (int s = 0; s < sets; ++s) {
    float* weights = w[s];
    for (int i = 0; i < n; i += kVectorWords) {
      Vector a, b;
      load(a, x + i);
      load(b, weights + i);
      b += a * step[s];
      __builtin_memcpy(weights + i, &b, sizeof b);
    }
  }
}

}  // namespace

LMC_DEFINE_KERNELS(MixerKernels, mixer_kernels) = {dots, train};

}  // namespace lmc
