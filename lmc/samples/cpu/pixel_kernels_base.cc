#include "lmc/samples/pixel_kernels.h"
#define LMC_KERNELS_NAME pixel_kernels_base
#include "lmc/samples/cpu/pixel_kernels.inc"

namespace lmc {

PixelKernels pixel_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return pixel_kernels_avx512();
  if (isa == Isa::kAvx2) return pixel_kernels_avx2();
#endif
  (void)isa;
  return pixel_kernels_base();
}

}  // namespace lmc
