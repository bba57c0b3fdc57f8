// The logistic domain: ln, stretch(p) = ln(p/(1-p)) and squash, its inverse, the same on every machine.
//
// Probabilities are 16-bit integers: p/65536 is the probability of a one, 1 <= p <= 65535. Logits are binary32. The
// tables are filled at start-up from +, *, / of binary64 in a fixed order, so they hold the same bits everywhere.
#ifndef LMC_MIXING_LOGISTIC_H_
#define LMC_MIXING_LOGISTIC_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lmc {

inline constexpr uint32_t kProbOne = 1u << 16;
inline constexpr float kMaxLogit = 12.0f;

class Logistic {
 public:
  Logistic();

  // ln(n) for n >= 1, to 12 bits of mantissa.
  float ln(uint32_t n) const {
    const unsigned exponent = unsigned(std::bit_width(n)) - 1;
    const uint32_t mantissa = (exponent >= 12 ? n >> (exponent - 12) : n << (12 - exponent)) & 4095;
    return ln_mantissa_[mantissa] + ln_exponent_[exponent];
  }
  // p in [0, 65535]; read off at 4096 points.
  float stretch(uint32_t p) const { return stretch_[p >> 4]; }
  // Any finite x; the result lies in [1, 65535].
  uint32_t squash(float x) const {
    const float clamped = x > kMaxLogit ? kMaxLogit : x < -kMaxLogit ? -kMaxLogit : x;
    const float scaled = (clamped + kMaxLogit) * 128.0f;
    const auto index = uint32_t(scaled);
    const float fraction = scaled - float(index);
    return uint32_t(squash_[index] + (squash_[index + 1] - squash_[index]) * fraction);
  }

  // The tables behind the two, for kernels: at p = 16 i + 8, and at x = -12 + i / 128.
  const float* stretch_table() const { return stretch_.data(); }
  const float* squash_table() const { return squash_.data(); }

 private:
  std::array<float, 4096> ln_mantissa_;
  std::array<float, 32> ln_exponent_;
  std::array<float, 4096> stretch_;
  std::array<float, 3074> squash_;  // at x = -12 + i/128
};

// How sure a logit is: 0..kConfidences - 1.
inline constexpr uint32_t kConfidences = 12;
inline uint32_t confidence_bucket(float logit) {
  const float magnitude = logit < 0 ? -logit : logit;
  return uint32_t(magnitude >= 11.0f ? 11.0f : magnitude);
}

const Logistic& logistic();  // constant after the first call

}  // namespace lmc

#endif  // LMC_MIXING_LOGISTIC_H_
