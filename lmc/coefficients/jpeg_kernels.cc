#include "lmc/coefficients/jpeg_kernels.h"

#include "lmc/numerics/kernel_set.h"

namespace lmc {

#if defined(__x86_64__)
LMC_DECLARE_KERNELS(JpegKernelSet, jpeg_kernels, kAvx2)
#endif

namespace {

constexpr JpegKernelSet kNone{[](int, int) { return JpegKernels{}; }};
constexpr KernelRow<JpegKernelSet> kRows[] = {
#if defined(__x86_64__)
    LMC_KERNEL_ROW(JpegKernelSet, jpeg_kernels, kAvx2)
#endif
        {Isa::kScalar, &kNone}};

}  // namespace

JpegKernels jpeg_kernels(int contexts, int sets, Isa isa) { return best_kernels(kRows, isa).of(contexts, sets); }

}  // namespace lmc
