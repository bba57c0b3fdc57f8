// A forecast in place of the network's, for ablations only.
#ifndef LMC_SAMPLES_SIMPLE_FORECAST_H_
#define LMC_SAMPLES_SIMPLE_FORECAST_H_

#include <algorithm>

#include "lmc/samples/least_squares.h"
#include "lmc/samples/logistic_mixture.h"

namespace lmc {

// One logistic around the fit, if given, or around W + N - NW moved by what the plane before does here, bounded by the
// neighbours; its width from what the fit leaves, or from how uneven the surroundings are (scale).
inline LogisticMixture simple_forecast(PlaneRole role, const LeastSquares::Place& place, ptrdiff_t stride, float scale,
                                       const Fit* fit, int bits) {
  const auto gradient = [](const uint16_t* at, ptrdiff_t row) {
    const int32_t w = at[-1], n = at[-row], nw = at[-row - 1];
    return std::clamp(w + n - nw, std::min(w, n), std::max(w, n));
  };
  int32_t forecast = gradient(place.own, stride);
  if (role != PlaneRole::kFirst) {
    const uint16_t* q = place.earlier[size_t(role) - 1];
    forecast += int32_t(q[0]) - gradient(q, stride);
  }
  const float centre = fit != nullptr ? fit->prediction : float(forecast);
  const float spread = std::max(fit != nullptr ? fit->error * 0.6f : scale * 0.3f, 0.3f);
  LogisticMixture out;
  out.weights = {1 << 15, 0, 0, 0, 0};
  out.centres.fill(centre);
  out.inverses.fill(1.0f / spread);
  out.mean = std::clamp(centre, 0.0f, float(1 << bits));
  out.spread = spread;
  return out;
}

}  // namespace lmc

#endif  // LMC_SAMPLES_SIMPLE_FORECAST_H_
