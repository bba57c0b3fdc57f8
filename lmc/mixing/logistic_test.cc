#include "lmc/mixing/logistic.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lmc {
namespace {

TEST(Logistic, LnIsCloseAndStretchIsOdd) {
  for (uint32_t n : {1u, 2u, 3u, 1000u, 65535u, 65536u, 123456789u, 0xffffffffu})
    EXPECT_NEAR(logistic().ln(n), std::log(double(n)), 2.5e-4) << n;
  for (uint32_t p = 16; p < 65536; p += 16) {
    const double middle = (p | 8) / 65536.0;
    EXPECT_NEAR(logistic().stretch(p), std::log(middle / (1 - middle)), 1e-3) << p;
    EXPECT_EQ(logistic().stretch(p), -logistic().stretch(65535 - p));
  }
}

TEST(Logistic, SquashIsMonotoneInsideTheCodersRangeAndInverts) {
  uint32_t last = 0;
  for (float x = -20.0f; x <= 20.0f; x += 0.001f) {
    const uint32_t p = logistic().squash(x);
    ASSERT_GE(p, 1u);
    ASSERT_LE(p, 65535u);
    ASSERT_GE(p, last);
    last = p;
    if (x > -9.0f && x < 9.0f) {
      ASSERT_NEAR(p, 65536 / (1 + std::exp(-double(x))), 1.5) << x;
    }
  }
}

}  // namespace
}  // namespace lmc
