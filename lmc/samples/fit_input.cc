#include "lmc/samples/fit_input.h"

#include <algorithm>

#include "lmc/mixing/logistic.h"
#include "lmc/samples/error_level.h"

namespace lmc {
namespace {

constexpr int64_t kMass = int64_t(1) << 24;

}  // namespace

FitInput::FitInput(int width, int height) : width_(width), levels_(size_t(width + 1) * size_t(height + 1)) {
  for (size_t i = 0; i < errors_.size(); ++i) errors_[i] = 16 * 16 << std::min<size_t>(i / kErrors / 2, 10);
}

void FitInput::begin(const Fit& fit, int x, int y, int bits) {
  x_ = x, y_ = y;
  forecast_ = std::clamp(fit.prediction, 0.0f, float(1 << bits));
  last_error_ = std::max(size_of(level(x - 1, y)), size_of(level(x, y - 1)));
  const uint32_t left = half_octaves(uint32_t(std::min(fit.error, 4096.0f) * 8.0f) + 1);
  error_ = &errors_[std::min(size_t(left), kLeft - 1) * kErrors + size_t(last_error_)];
  // The mean size of a logistic error is 2 ln 2 of its width.
  inverse_ = 1.3863f * 256.0f / float(*error_ + 16);
  low_ = 0, high_ = kMass;
}

void FitInput::input(int32_t middle, float* x) {
  const float z = (float(middle) - 0.5f - forecast_) * inverse_;
  middle_ = curve_.at(z);
  const int64_t above = high_ - middle_ + 64, all = high_ - low_ + 128;
  const auto p = uint32_t(double(above) / double(all) * 65536.0);
  x[0] = logistic().stretch(std::clamp(p, 1u, 65535u));
  x[1] = std::clamp(z * -0.25f, -2.0f, 2.0f);
}

void FitInput::narrow(int32_t middle, int bit, bool asked) {
  if (!asked) middle_ = mass_below(middle);
  (bit ? low_ : high_) = middle_;
}

void FitInput::learn(uint32_t sample) {
  const float error = float(sample) - forecast_;
  level(x_, y_) = level_of(int32_t(error + (error < 0.0f ? -0.5f : 0.5f)));
  const auto size = int32_t((error < 0.0f ? -error : error) * 256.0f);
  *error_ = uint32_t(int32_t(*error_) + (size - int32_t(*error_)) / 64);
}

}  // namespace lmc
