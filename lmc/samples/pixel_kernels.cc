#include "lmc/samples/pixel_kernels.h"

#include "lmc/numerics/kernel_set.h"

namespace lmc {

LMC_CHOOSE_KERNELS(PixelKernels, pixel_kernels)

}  // namespace lmc
