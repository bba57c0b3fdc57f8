#define LMC_ELEMENTWISE_TABLE kElementwise_scalar
#include "lmc/numerics/cpu/elementwise.inc"
