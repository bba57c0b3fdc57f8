#define LMC_ELEMENTWISE_TABLE kElementwise_avx2
#include "lmc/numerics/cpu/elementwise.inc"
