// A linear forecast of a number from sixteen others, whose weights learn as the file goes on (normalised least mean
// squares), one set of weights for each place. Binary32 in a written order, so bit-exact.
#ifndef LMC_JPEG_JPEG_FORECAST_H_
#define LMC_JPEG_JPEG_FORECAST_H_

#include <array>
#include <cstddef>
#include <vector>

namespace lmc {

class Forecast {
 public:
  static constexpr size_t kInputs = 16;

  Forecast(size_t places, float rate) : rate_(rate), weights_(places) {}

  std::array<float, kInputs>& inputs() { return inputs_; }
  void set_initial(size_t input, float weight) {
    for (auto& set : weights_) set[input] = weight;
  }

  float predict(size_t place) {
    chosen_ = &weights_[place];
    Lanes sum = {}, power = {};
    for (size_t i = 0; i < kInputs; i += 4) {
      const Lanes x = load(&inputs_[i]), w = load(&(*chosen_)[i]);
      sum += x * w;
      power += x * x;
    }
    power_ = (power[0] + power[2]) + (power[1] + power[3]);
    const float forecast = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    // Written so that it also holds should the sum ever be no number.
    forecast_ = forecast > -kMost ? (forecast < kMost ? forecast : kMost) : -kMost;
    return forecast_;
  }
  void learn(float value) {
    const float step = rate_ * (value - forecast_) / (power_ + 1.0f);
    for (size_t i = 0; i < kInputs; ++i) (*chosen_)[i] += step * inputs_[i];
  }

 private:
  static constexpr float kMost = 1e6f;
  typedef float Lanes __attribute__((vector_size(16)));
  using Weights = std::array<float, kInputs>;

  static Lanes load(const float* p) {
    Lanes out;
    __builtin_memcpy(&out, p, sizeof out);
    return out;
  }

  float rate_;
  std::vector<Weights> weights_;
  std::array<float, kInputs> inputs_{};
  Weights* chosen_ = nullptr;
  float power_ = 0, forecast_ = 0;
};

}  // namespace lmc

#endif  // LMC_JPEG_JPEG_FORECAST_H_
