// The inner loop of the cheapest parse, one version per instruction set; all give the same integers.
#ifndef LMC_MEDIA_DEFLATE_PARSE_KERNELS_H_
#define LMC_MEDIA_DEFLATE_PARSE_KERNELS_H_

#include <cstddef>
#include <cstdint>

#include "lmc/numerics/isa.h"

namespace lmc {

struct ParseKernels {
  // The least of a[i] + b[i], i < n, which must not overflow; INT32_MAX if n is 0.
  int32_t (*least_sum)(const int32_t* a, const int32_t* b, size_t n);
};

const ParseKernels& parse_kernels(Isa isa);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_PARSE_KERNELS_H_
