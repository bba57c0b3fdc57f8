#include "lmc/mixing/mixer_kernels.h"
#define LMC_KERNELS_NAME mixer_kernels_base
#include "lmc/mixing/cpu/mixer_kernels.inc"

namespace lmc {

#if defined(__x86_64__)
MixerKernels mixer_kernels_avx2();
MixerKernels mixer_kernels_avx512();
#endif

MixerKernels mixer_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return mixer_kernels_avx512();
  if (isa == Isa::kAvx2) return mixer_kernels_avx2();
#endif
  (void)isa;
  return mixer_kernels_base();
}

}  // namespace lmc
