#include "lmc/mixing/mixer_kernels.h"
#define LMC_KERNELS_NAME mixer_kernels_avx2
#include "lmc/mixing/cpu/mixer_kernels.inc"
