#include "lmc/samples/pixel_kernels.h"
#define LMC_KERNELS_NAME pixel_kernels_avx2
#include "lmc/samples/cpu/pixel_kernels.inc"
