#include "lmc/jpeg/jpeg_forecast.h"

#include <algorithm>
#include <cmath>

namespace lmc {
namespace {

constexpr float kKeep = 0.999f;  // of what was learnt, with each number
constexpr double kRidge = 30.0;

}  // namespace

void FittedForecast::learn(float value) {
  Fit& fit = *chosen_;
  const float power = forecast_dot(inputs_, inputs_);
  // Busy blocks err more, and count less.
  const float weight = 1.0f / std::sqrt(power + 1.0f);
  const auto fade = [](float* kept, ForecastLanes added) {
    const ForecastLanes lanes = forecast_lanes(kept) * kKeep + added;
    __builtin_memcpy(kept, &lanes, sizeof lanes);
  };
  ForecastLanes inputs[kForecastInputs / 4];
  for (size_t j = 0; j < kForecastInputs / 4; ++j) inputs[j] = forecast_lanes(&inputs_[4 * j]);
  for (size_t i = 0; i < kForecastInputs; ++i)  // of the matrix the lower half, in whole vectors
    for (size_t j = 0; j <= i / 4; ++j) fade(&fit.products[i][4 * j], inputs_[i] * weight * inputs[j]);
  for (size_t j = 0; j < kForecastInputs / 4; ++j) fade(&fit.targets[4 * j], inputs[j] * weight * value);
  ++fit.seen;
  if (--fit.until_solved == 0) {
    fit.until_solved = std::clamp<uint32_t>(fit.seen / 8, 8, 64);
    solve(fit);
  }
}

// Cholesky's decomposition of the products, with a ridge that draws the weights to where they began.
void FittedForecast::solve(Fit& fit) {
  constexpr size_t n = kForecastInputs;
  std::array<std::array<double, n>, n> lower;
  std::array<double, n> y;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = double(fit.products[i][j]) + (i == j ? kRidge : 0.0);
      for (size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      if (i != j) {
        lower[i][j] = sum / lower[j][j];
      } else {
        if (!(sum > 1e-9)) return;
        lower[i][i] = std::sqrt(sum);
      }
    }
    double sum = double(fit.targets[i]) + kRidge * double(fit.first[i]);
    for (size_t k = 0; k < i; ++k) sum -= lower[i][k] * y[k];
    y[i] = sum / lower[i][i];
  }
  for (size_t i = n; i-- > 0;) {
    double sum = y[i];
    for (size_t k = i + 1; k < n; ++k) sum -= lower[k][i] * double(fit.weights[k]);
    fit.weights[i] = float(std::clamp(sum / lower[i][i], -1e6, 1e6));
  }
}

}  // namespace lmc
