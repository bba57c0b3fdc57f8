#define LMC_ELEMENTWISE_TABLE kElementwise_avx512
#include "lmc/numerics/cpu/elementwise.inc"
