#include "lmc/coefficients/jpeg_kernels.h"

namespace lmc {

#if defined(__x86_64__)
JpegKernels jpeg_kernels_avx2(int contexts, int sets);
#endif

JpegKernels jpeg_kernels(int contexts, int sets, Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx2 || isa == Isa::kAvx512) return jpeg_kernels_avx2(contexts, sets);
#endif
  (void)contexts, (void)sets, (void)isa;
  return {};
}

}  // namespace lmc
