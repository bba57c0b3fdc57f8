#include "lmc/media/deflate/parse_kernels.h"

#include "lmc/numerics/kernel_set.h"

namespace lmc {

LMC_CHOOSE_KERNELS(ParseKernels, parse_kernels)

}  // namespace lmc
