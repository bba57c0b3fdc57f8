#include "lmc/mixing/mixer_kernels.h"

#include "lmc/numerics/kernel_set.h"

namespace lmc {

LMC_CHOOSE_KERNELS(MixerKernels, mixer_kernels)

}  // namespace lmc
