#include "lmc/mixing/logistic.h"

#include <cstddef>

namespace lmc {
namespace {

constexpr double kLn2 = 0.693147180559945309417232121458;

// exp(x) for |x| <= 12: the Taylor series of exp(x/64), squared six times. Error below 1e-13.
double exp_exact(double x) {
  const double y = x / 64.0;
  double sum = 1.0;
  for (int k = 16; k >= 1; --k) sum = 1.0 + sum * y / double(k);
  for (int i = 0; i < 6; ++i) sum = sum * sum;
  return sum;
}

// ln(m) for 1 <= m < 2: twice the artanh series of (m-1)/(m+1). Error below 1e-15.
double ln_exact(double m) {
  const double z = (m - 1.0) / (m + 1.0);
  const double z2 = z * z;
  double sum = 0.0;
  for (int k = 35; k >= 1; k -= 2) sum = sum * z2 + 1.0 / double(k);
  return 2.0 * z * sum;
}

}  // namespace

Logistic::Logistic() {
  for (int i = 0; i < 4096; ++i) ln_mantissa_[std::size_t(i)] = float(ln_exact(1.0 + (double(i) + 0.5) / 4096.0));
  ln_mantissa_[0] = 0.0f;
  for (int e = 0; e < 32; ++e) ln_exponent_[std::size_t(e)] = float(double(e) * kLn2);
  for (uint32_t i = 0; i < 4096; ++i) stretch_[i] = ln(2 * i + 1) - ln(8192 - 2 * i - 1);
  for (int i = 0; i < 3074; ++i) {
    const double p = 65536.0 / (1.0 + exp_exact(12.0 - double(i) / 128.0));
    squash_[std::size_t(i)] = float(p < 1.0 ? 1.0 : p > 65535.0 ? 65535.0 : p);
  }
}

const Logistic& logistic() {
  static const Logistic tables;
  return tables;
}

}  // namespace lmc
