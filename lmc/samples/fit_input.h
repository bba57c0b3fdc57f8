// A fitted forecast as a probability: a logistic distribution around it, as wide as such forecasts were off before,
// for what the fit left unexplained and how far off it was beside and above.
#ifndef LMC_SAMPLES_FIT_INPUT_H_
#define LMC_SAMPLES_FIT_INPUT_H_

#include <array>
#include <cstdint>
#include <vector>

#include "lmc/samples/least_squares.h"
#include "lmc/samples/logistic_mixture.h"

namespace lmc {

class FitInput {
 public:
  static constexpr int kInputs = 2;

  // Of a plane of so many samples each way.
  FitInput(int width, int height);

  // The sample at (x, y), of `bits` bits, is next.
  void begin(const Fit& fit, int x, int y, int bits);
  float forecast() const { return forecast_; }    // within the values that there are
  int last_error() const { return last_error_; }  // level of it, beside or above

  // What the mixer sees of a decision, (kInputs): whether the sample is `middle` or more.
  void input(int32_t middle, float* x);
  // After the decision; asked: whether input was.
  void narrow(int32_t middle, int bit, bool asked);
  void learn(uint32_t sample);

 private:
  static constexpr size_t kLeft = 24, kErrors = 8;

  int8_t& level(int x, int y) { return levels_[size_t(y + 1) * size_t(width_ + 1) + size_t(x + 1)]; }
  int64_t mass_below(int32_t middle) const { return curve_.at((float(middle) - 0.5f - forecast_) * inverse_); }

  const LogisticCurve& curve_ = logistic_curve();
  int width_;
  std::vector<int8_t> levels_;  // (height + 1, width + 1): how far off it was, level_of; outside 0
  // Mean error, by (what the fit left, error beside and above): sixteenths of a sample, times 16 for precision.
  std::array<uint32_t, kLeft * kErrors> errors_;

  uint32_t* error_ = nullptr;
  int x_ = 0, y_ = 0, last_error_ = 0;
  float forecast_ = 0, inverse_ = 1;
  int64_t low_ = 0, high_ = 0, middle_ = 0;  // masses
};

}  // namespace lmc

#endif  // LMC_SAMPLES_FIT_INPUT_H_
