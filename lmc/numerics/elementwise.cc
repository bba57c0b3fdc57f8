#include "lmc/numerics/elementwise.h"

#include "lmc/numerics/kernel_set.h"

namespace lmc {

LMC_CHOOSE_KERNELS(Elementwise, elementwise)

namespace {

constexpr double kLn2 = 0.693147180559945309417;
constexpr double kInverseTwoPi = 0.159154943091895335769;

// ln x for x >= 1: halve until below 1.5, then ln m = 2 atanh((m - 1) / (m + 1)) by its series.
double natural_log(double x) {
  int halvings = 0;
  for (; x >= 1.5; x *= 0.5) ++halvings;
  const double z = (x - 1.0) / (x + 1.0), z2 = z * z;
  double sum = 0.0;
  for (int k = 41; k >= 1; k -= 2) sum = sum * z2 + 1.0 / double(k);
  return 2.0 * z * sum + double(halvings) * kLn2;
}

// exp(-x) for x >= 0: Taylor series of exp(-x / 1024), squared ten times.
double exp_of_negative(double x) {
  const double y = -x / 1024.0;
  double sum = 1.0;
  for (int k = 20; k >= 1; --k) sum = sum * y / double(k) + 1.0;
  for (int i = 0; i < 10; ++i) sum *= sum;
  return sum;
}

}  // namespace

void rotary_frequencies(double theta, int dim, uint64_t* frequencies) {
  const double log_theta = natural_log(theta);
  for (int i = 0; i < dim / 2; ++i) {
    const double turns = exp_of_negative(double(2 * i) / double(dim) * log_theta) * kInverseTwoPi;
    frequencies[i] = uint64_t(turns * 0x1p64);  // below 2^62; cut, not rounded
  }
}

}  // namespace lmc
