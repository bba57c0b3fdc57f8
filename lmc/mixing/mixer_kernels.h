// The two loops of a gated mixer, one version per instruction set; all give the same bits.
//
// A dot product adds products into 16 lanes in order of index and then folds the lanes 8, 4, 2, 1: one written-out
// order of binary32 additions, so every version rounds alike (docs/numerics.md).
#ifndef LMC_MIXING_MIXER_KERNELS_H_
#define LMC_MIXING_MIXER_KERNELS_H_

#include "lmc/numerics/isa.h"

namespace lmc {

inline constexpr int kMixerLanes = 16;

struct MixerKernels {
  // out[s] = sum over i of x[i] * w[s][i]; n is a multiple of kMixerLanes.
  void (*dots)(const float* x, const float* const* w, float* out, int sets, int n);
  // w[s][i] += step[s] * x[i]
  void (*train)(const float* x, float* const* w, const float* step, int sets, int n);
};

const MixerKernels& mixer_kernels(Isa isa);

}  // namespace lmc

#endif  // LMC_MIXING_MIXER_KERNELS_H_
