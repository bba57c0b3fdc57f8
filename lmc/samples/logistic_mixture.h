// Mixtures of logistic distributions over integer samples, and their distribution function in exact integers.
//
// A sample v is taken to fill the interval from v - 1/2 to v + 1/2; below(v) is the share of the mass left of it. Terms
// are integers and their sum is exact, so every machine computes the same.
#ifndef LMC_SAMPLES_LOGISTIC_MIXTURE_H_
#define LMC_SAMPLES_LOGISTIC_MIXTURE_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace lmc {

struct CurvePiece {
  int32_t value;
  float rise;
};

// The logistic function at 1025 points from -12 to 12, in units of 2^-24, with straight lines between them.
class LogisticCurve {
 public:
  LogisticCurve();

  // z any finite number.
  int32_t at(float z) const {
    const float position = (z < -12.0f ? -12.0f : z > 11.99f ? 11.99f : z) * kSteps + 12.0f * kSteps;
    const auto i = int32_t(position);
    const CurvePiece& piece = pieces_[size_t(i)];
    return piece.value + int32_t(piece.rise * (position - float(i)));
  }
  const CurvePiece* pieces() const { return pieces_.data(); }

  static constexpr float kSteps = 1024.0f / 24.0f;

 private:
  std::array<CurvePiece, 1025> pieces_;
};

const LogisticCurve& logistic_curve();  // constant after the first call

inline constexpr int kMixtureComponents = 5;
inline constexpr int64_t kMixtureTotal = int64_t(1) << 39;  // 2^15 of weight times 2^24

struct LogisticMixture {
  std::array<int32_t, kMixtureComponents> weights;  // of 2^15, in all
  std::array<float, kMixtureComponents> centres;    // in samples
  std::array<float, kMixtureComponents> inverses;   // of the widths, per sample
  float mean = 0;                                   // of all, in samples
  float spread = 1;                                 // mean width, in samples

  // The mass below v, of kMixtureTotal; grows with v.
  int64_t below(int32_t v, const LogisticCurve& curve) const {
    const float edge = float(v) - 0.5f;
    int64_t sum = 0;
    for (size_t k = 0; k < kMixtureComponents; ++k)
      sum += int64_t(weights[k]) * curve.at((edge - centres[k]) * inverses[k]);
    return sum;
  }
};

}  // namespace lmc

#endif  // LMC_SAMPLES_LOGISTIC_MIXTURE_H_
