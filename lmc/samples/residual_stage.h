// A stage: histograms of what many forecasts leave (residual_maps.h), those of the network and the fits among them.
// Needs a nearest fit before it.
#ifndef LMC_SAMPLES_RESIDUAL_STAGE_H_
#define LMC_SAMPLES_RESIDUAL_STAGE_H_

#include <algorithm>

#include "lmc/samples/residual_maps.h"
#include "lmc/samples/sample_stage.h"

namespace lmc {

class ResidualStage : public SampleStage {
 public:
  static constexpr int kMostBits = 8;  // of a sample

  ResidualStage(PlaneRole role, int width, int height, ptrdiff_t stride, int bits, Isa isa)
      : most_((1 << bits) - 1), maps_(role, width, height, stride, isa) {}

  int inputs() const { return maps_.inputs(); }
  void begin(SampleAt& at) {
    const auto rounded = [this](float x) { return std::clamp(int32_t(x + 0.5f), 0, most_); };
    const float near = at.forecasts[kNearFit];
    maps_.begin(at.place,
                {rounded(at.mean), rounded(near), rounded((at.mean + near) * 0.5f), rounded(at.forecasts[kWideFit]),
                 rounded(at.forecasts[kRowFit]), rounded(at.forecasts[kColumnFit])},
                at.errors);
  }
  void input(const SampleDecision& d, float* x) { maps_.input(d.low, d.middle, d.high, x); }
  void learn(const SampleDecision&, int bit, bool asked) {
    if (asked) maps_.narrow(bit);
  }
  void end(uint32_t sample) { maps_.learn(sample); }
  void pass(const LeastSquares::Place& place) { maps_.pass(place); }

 private:
  int32_t most_;
  ResidualMaps maps_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_RESIDUAL_STAGE_H_
