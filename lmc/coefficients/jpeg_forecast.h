// Linear forecasts of a number from sixteen others, whose weights learn as the file goes on, one set of weights for
// each place: Forecast by normalised least mean squares, FittedForecast by weighted least squares with fading memory.
// Binary32 and binary64 in a written order, so bit-exact.
#ifndef LMC_COEFFICIENTS_JPEG_FORECAST_H_
#define LMC_COEFFICIENTS_JPEG_FORECAST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmc {

inline constexpr size_t kForecastInputs = 16;
using ForecastInputs = std::array<float, kForecastInputs>;

typedef float ForecastLanes __attribute__((vector_size(16)));
inline ForecastLanes forecast_lanes(const float* from) {
  ForecastLanes out;
  __builtin_memcpy(&out, from, sizeof out);
  return out;
}

// The sum of products of a and b: in four lanes, in order, which are then added 0 + 2 and 1 + 3.
inline float forecast_dot(const ForecastInputs& a, const ForecastInputs& b) {
  ForecastLanes sum = {};
  for (size_t i = 0; i < kForecastInputs; i += 4) sum += forecast_lanes(&a[i]) * forecast_lanes(&b[i]);
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}
// Within +-1e6; written so that it also holds should x ever be no number.
inline float forecast_limit(float x) { return x > -1e6f ? (x < 1e6f ? x : 1e6f) : -1e6f; }

class Forecast {
 public:
  Forecast(size_t places, float rate) : rate_(rate), weights_(places) {}

  void start(size_t place, const ForecastInputs& weights) { weights_[place] = weights; }
  const ForecastInputs& weights(size_t place) const { return weights_[place]; }
  // inputs() and predict() are about the next number, learn() is about the one before the last begin().
  ForecastInputs& inputs() { return next().inputs; }
  float predict(size_t place) {
    next().place = place;
    return next().forecast = forecast_limit(forecast_dot(next().inputs, weights_[place]));
  }
  void begin() { current_ ^= 1; }
  void learn(float value) {
    const Number& number = numbers_[current_];
    ForecastInputs& weights = weights_[number.place];
    const float step = rate_ * (value - number.forecast) / (forecast_dot(number.inputs, number.inputs) + 1.0f);
    for (size_t i = 0; i < kForecastInputs; i += 4) {
      const ForecastLanes lanes = forecast_lanes(&weights[i]) + step * forecast_lanes(&number.inputs[i]);
      __builtin_memcpy(&weights[i], &lanes, sizeof lanes);
    }
  }

 private:
  struct Number {
    ForecastInputs inputs{};
    size_t place = 0;
    float forecast = 0;
  };
  Number& next() { return numbers_[current_ ^ 1]; }

  float rate_;
  std::vector<ForecastInputs> weights_;
  Number numbers_[2];
  size_t current_ = 0;
};

class FittedForecast {
 public:
  // All weights begin with 0 until start() says better.
  explicit FittedForecast(size_t places) : fits_(places) {}
  void start(size_t place, const ForecastInputs& weights) { fits_[place].first = fits_[place].weights = weights; }
  size_t places() const { return fits_.size(); }
  const ForecastInputs& weights(size_t place) const { return fits_[place].weights; }

  // As of Forecast.
  ForecastInputs& inputs() { return next().inputs; }
  float predict(size_t place) {
    next().place = place;
    return forecast_limit(forecast_dot(next().inputs, fits_[place].weights));
  }
  void begin() { current_ ^= 1; }
  void learn(float value);

 private:
  struct Fit {
    std::array<ForecastInputs, kForecastInputs> products{};  // of inputs, faded and weighted
    ForecastInputs targets{};                                // of inputs and values
    ForecastInputs weights{}, first{};                       // now, and at first
    uint32_t seen = 0, until_solved = 8;
  };

  static void solve(Fit& fit);

  struct Number {
    ForecastInputs inputs{};
    size_t place = 0;
  };
  Number& next() { return numbers_[current_ ^ 1]; }

  std::vector<Fit> fits_;
  Number numbers_[2];
  size_t current_ = 0;
};

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_FORECAST_H_
