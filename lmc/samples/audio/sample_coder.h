// Codes the samples of one channel as yes/no decisions around a prediction: on which side of it, how far in steps that
// double, then the bits of the distance.
//
// Each prediction stands for logistic densities whose widths follow its recent errors. What they say about a decision,
// and what small contexts have learnt, is mixed; two maps refine the result. Encoder and decoder run the same code.
#ifndef LMC_SAMPLES_AUDIO_SAMPLE_CODER_H_
#define LMC_SAMPLES_AUDIO_SAMPLE_CODER_H_

#include <array>
#include <bit>
#include <vector>

#include "lmc/mixing/counters.h"
#include "lmc/mixing/fine_apm.h"
#include "lmc/mixing/mixer.h"
#include "lmc/samples/audio/channel_predictor.h"
#include "lmc/samples/value_steps.h"

namespace lmc {

class SampleCoder {
 public:
  SampleCoder(const ChannelPredictor& predictor, SampleRange range, SampleEffort effort, Isa isa);

  // partner_error: how far off the other channel's latest sample was, in eighths of what was usual there; 0: no other
  // channel.
  template <typename Coder>
  int32_t code(Coder& coder, int32_t sample, std::span<const double> predictions, int partner_error) {
    begin(predictions, partner_error);
    const ValueSteps steps{.range = range_, .shift = shift_};
    const int32_t value = code_in_steps(
        steps, centre_, sample, [&](bool above) { side_ = above ? 0 : 1; },
        [&](bool farther, int32_t edge, int node, int depth) {
          return depth < kMixedBits ? decide(coder, farther, edge, node) : decide_plainly(coder, farther, edge);
        });
    end(value);
    return value;
  }

  // The same without asking the predictions: every sample within the range is as likely.
  template <typename Coder>
  int32_t code_evenly(Coder& coder, int32_t sample, std::span<const double> predictions, int partner_error) {
    begin(predictions, partner_error);
    const uint64_t most = uint64_t(int64_t(range_.high) - range_.low);
    const uint64_t distance = uint64_t(int64_t(sample) - range_.low);
    uint64_t from = 0;
    for (int bits = std::bit_width(most); bits-- > 0;) {
      const uint64_t half = uint64_t(1) << bits, middle = from + half;
      if (middle > most) continue;
      const uint64_t above = std::min(half, most - middle + 1);
      const auto p = uint32_t((above << 16) / (half + above));
      if (coder.code(distance >= middle, p < 1 ? 1 : p) != 0) from = middle;
    }
    const auto value = int32_t(range_.low + int64_t(from));
    end(value);
    return value;
  }

  // How far off the last sample was, in eighths of what is usual, with its sign; within +-64.
  int last_error() const { return errors_[0]; }

 private:
  static constexpr int kMixedBits = 2, kMostDensities = 32, kMaps = 5;

  void begin(std::span<const double> predictions, int partner_error);
  void end(int32_t value);
  uint32_t predict(int32_t edge, int node);
  void learn(int bit);
  uint32_t predict_plainly(int32_t edge);
  void take(bool farther);

  template <typename Coder>
  bool decide(Coder& coder, bool farther, int32_t edge, int node) {
    const uint32_t p = predict(edge, node);
    const int bit = coder.code(farther, p);
    learn(bit);
    take(bit != 0);
    return bit != 0;
  }
  template <typename Coder>
  bool decide_plainly(Coder& coder, bool farther, int32_t edge) {
    const int bit = coder.code(farther, predict_plainly(edge));
    take(bit != 0);
    return bit != 0;
  }

  struct Density {
    size_t prediction;
    float rate;       // of the width
    float width = 0;  // mean error
  };
  static std::vector<Density> densities_of(const ChannelPredictor& predictor, SampleEffort effort);

  const Logistic& domain_ = logistic();
  const AudioKernels* kernels_;
  SampleRange range_;
  std::vector<Density> densities_;
  int count_;     // of densities, padded
  size_t blend_;  // the prediction that is the centre
  std::array<float, kMostDensities> centres_{}, inverses_{};
  std::array<int32_t, kMostDensities> mass_low_{}, mass_middle_{}, mass_high_{};
  Mixer mixer_;
  std::vector<MapEntry> maps_[kMaps];
  MapEntry* chosen_[kMaps] = {};
  size_t contexts_[kMaps] = {};
  FineApm apms_[2];
  std::array<double, ChannelPredictor::kMostPredictions> predictions_{};
  // Of the sample at hand.
  int32_t centre_ = 0;
  int shift_ = 0, side_ = 0;
  uint32_t ratio_ = 0, spread_ = 0;
  uint32_t apm_contexts_[2] = {};
  std::array<int, 2> errors_{};  // the last ones, the latest first
};

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_SAMPLE_CODER_H_
