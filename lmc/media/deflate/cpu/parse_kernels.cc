// Compiled once for each instruction set; see parse_kernels.h. Sums and minima of integers: the same on all of them.
#include "lmc/media/deflate/parse_kernels.h"

#include <algorithm>

#include "lmc/numerics/kernel_set.h"

namespace lmc {
namespace {

typedef int32_t Vector __attribute__((vector_size(4 * kVectorWords)));

int32_t least_sum(const int32_t* a, const int32_t* b, size_t n) {
  int32_t least = INT32_MAX;
  size_t i = 0;
  if (n >= size_t(2 * kVectorWords)) {
    Vector best;
    for (int lane = 0; lane < kVectorWords; ++lane) best[lane] = INT32_MAX;
    for (; i + kVectorWords <= n; i += kVectorWords) {
      Vector x, y;
      __builtin_memcpy(&x, a + i, sizeof x);
      __builtin_memcpy(&y, b + i, sizeof y);
      const Vector sum = x + y;
      best = sum < best ? sum : best;
    }
    for (int lane = 0; lane < kVectorWords; ++lane) least = std::min(least, best[lane]);
  }
  for (; i < n; ++i) least = std::min(least, a[i] + b[i]);
  return least;
}

}  // namespace

LMC_DEFINE_KERNELS(ParseKernels, parse_kernels) = {least_sum};

}  // namespace lmc
