#include "lmc/samples/logistic_mixture.h"

#include <bit>

namespace lmc {

LogisticCurve::LogisticCurve() {
  // exp(-z) from the Taylor series of exp(-z/64), squared six times, as in lmc/mixing/logistic.cc.
  std::array<double, 1026> points;
  for (size_t i = 0; i < points.size(); ++i) {
    const double y = (12.0 - double(i) * 24.0 / 1024.0) / 64.0;
    double e = 1.0;
    for (int k = 16; k >= 1; --k) e = 1.0 + e * y / double(k);
    for (int n = 0; n < 6; ++n) e = e * e;
    points[i] = 16777216.0 / (1.0 + e);
  }
  for (size_t i = 0; i < pieces_.size(); ++i) {
    pieces_[i].value = int32_t(points[i]);
    pieces_[i].rise = float(int32_t(points[i + 1]) - int32_t(points[i]));
  }
}

const LogisticCurve& logistic_curve() {
  static const LogisticCurve curve;
  return curve;
}

}  // namespace lmc
