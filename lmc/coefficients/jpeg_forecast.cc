#include "lmc/coefficients/jpeg_forecast.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lmc {
namespace {

constexpr float kKeep = 0.999f;  // of what was learnt, with each number
constexpr double kRidge = 30.0;

}  // namespace

void FittedForecast::learn(float value) {
  const ForecastInputs& all = numbers_[current_].inputs;
  Fit& fit = fits_[numbers_[current_].place];
  const float power = forecast_dot(all, all);
  // Busy blocks err more, and count less.
  const float weight = 1.0f / std::sqrt(power + 1.0f);
  const auto fade = [](float* kept, ForecastLanes added) {
    const ForecastLanes lanes = forecast_lanes(kept) * kKeep + added;
    __builtin_memcpy(kept, &lanes, sizeof lanes);
  };
  ForecastLanes inputs[kForecastInputs / 4];
  for (size_t j = 0; j < kForecastInputs / 4; ++j) inputs[j] = forecast_lanes(&all[4 * j]);
  // Four rows of the lower half, in as many whole vectors as there are numbers in the sequence.
  const auto fade_rows = [&]<size_t... kVector>(std::index_sequence<kVector...>) {
    for (size_t i = 4 * sizeof...(kVector) - 4; i < 4 * sizeof...(kVector); ++i) {
      const float scaled = all[i] * weight;
      (fade(&fit.products[i][4 * kVector], scaled * inputs[kVector]), ...);
    }
  };
  fade_rows(std::make_index_sequence<1>());
  fade_rows(std::make_index_sequence<2>());
  fade_rows(std::make_index_sequence<3>());
  fade_rows(std::make_index_sequence<4>());
  for (size_t j = 0; j < kForecastInputs / 4; ++j) fade(&fit.targets[4 * j], inputs[j] * weight * value);
  ++fit.seen;
  if (--fit.until_solved == 0) {
    fit.until_solved = std::clamp<uint32_t>(fit.seen / 8, 8, 64);
    solve(fit);
  }
}

// Cholesky's decomposition of the products, with a ridge that draws the weights to where they began. Column by column,
// so that the sums of a column do not wait for each other; the targets go along as one more row.
void FittedForecast::solve(Fit& fit) {
  constexpr size_t n = kForecastInputs;
  std::array<std::array<double, n + 1>, n> columns;  // column, row
  for (size_t j = 0; j < n; ++j) {
    std::array<double, n + 1>& column = columns[j];
    for (size_t i = j; i < n; ++i) column[i] = double(fit.products[i][j]);
    column[j] += kRidge;
    column[n] = double(fit.targets[j]) + kRidge * double(fit.first[j]);
    for (size_t k = 0; k < j; ++k) {
      const std::array<double, n + 1>& other = columns[k];
      const double factor = other[j];
      for (size_t i = j; i <= n; ++i) column[i] -= other[i] * factor;
    }
    if (!(column[j] > 1e-9)) return;
    column[j] = std::sqrt(column[j]);
    for (size_t i = j + 1; i <= n; ++i) column[i] /= column[j];
  }
  for (size_t i = n; i-- > 0;) {
    double sum = columns[i][n];
    for (size_t k = i + 1; k < n; ++k) sum -= columns[i][k] * double(fit.weights[k]);
    fit.weights[i] = float(std::clamp(sum / columns[i][i], -1e6, 1e6));
  }
}

}  // namespace lmc
