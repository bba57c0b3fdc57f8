#include "lmc/pixels/pixel_kernels.h"
#define LMC_KERNELS_NAME pixel_kernels_avx2
#include "lmc/pixels/pixel_kernels.inc"
