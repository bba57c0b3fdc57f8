#include "lmc/models/mixer_kernels.h"
#define LMC_KERNELS_NAME mixer_kernels_avx512
#include "lmc/models/mixer_kernels.inc"
