#include "lmc/samples/audio/audio_kernels.h"

#include "lmc/numerics/kernel_set.h"

namespace lmc {

LMC_CHOOSE_KERNELS(AudioKernels, audio_kernels)

}  // namespace lmc
