// Codes the samples of a plane as yes/no decisions around a prediction: on which side of it, how far in steps that
// double, then the bits of the distance.
//
// Each prediction stands for logistic densities, as wide as its errors are where the errors around were like here. What
// they say about a decision, what they say together (weighted by how likely they made the samples around), and what
// small contexts have learnt, is mixed; maps refine the result. Encoder and decoder run the same code.
#ifndef LMC_SAMPLES_VIDEO_VALUE_CODER_H_
#define LMC_SAMPLES_VIDEO_VALUE_CODER_H_

#include <array>
#include <span>
#include <vector>

#include "lmc/mixing/counters.h"
#include "lmc/mixing/fine_apm.h"
#include "lmc/mixing/mixer.h"
#include "lmc/samples/audio/audio_kernels.h"
#include "lmc/samples/value_steps.h"
#include "lmc/samples/video/error_field.h"

namespace lmc {

// What is known of a sample beside its predictions.
struct SampleScene {
  float then = 0;                // mean error around its place in the frame before; 0: there is none
  float earlier = 0;             // around its place in the planes coded before; 0: there are none
  float activity = 0;            // how much the samples around differ
  float left_w = 0, left_n = 0;  // what the best prediction left over beside and above, with sign
};

class ValueCoder {
 public:
  // scale: sample values in one unit of the predictions.
  ValueCoder(size_t predictions, size_t first_blend, SampleRange range, float scale, int width, Isa isa);

  void begin_row();

  template <typename Coder>
  int32_t code(Coder& coder, int32_t sample, std::span<const float> predictions, const ErrorField& errors,
               const SampleScene& scene, int x) {
    begin(predictions, errors, scene, x);
    const ValueSteps steps{.range = range_, .shift = shift_, .equal_steps = 2};
    const int32_t value = code_in_steps(
        steps, centre_, sample, [&](bool above) { side_ = above ? 0 : 1; },
        [&](bool farther, int32_t edge, int node, int) { return decide(coder, farther, edge, node); });
    end(value, x);
    return value;
  }
  // A sample that was told otherwise, at x.
  void pass(int x);

 private:
  static constexpr int kMostDensities = 48, kMaps = 5, kSceneSets = 7;

  // A density's width: its error where its context was the same, beside what the errors around let expect.
  struct Calibration {
    float expected = 0, found = 0;
  };
  struct Density {
    size_t prediction;
    int kind;
    std::vector<Calibration> by_context;
    Calibration* chosen = nullptr;
    float expected = 0;

    float width() const { return expected * ((chosen->found + 2.0f) / (chosen->expected + 2.0f)); }
  };

  void begin(std::span<const float> predictions, const ErrorField& errors, const SampleScene& scene, int x);
  size_t expect(Density& density, const ErrorField& errors, const SampleScene& scene) const;
  void begin_densities(const ErrorField& errors, const SampleScene& scene);
  void begin_mixture(int x);
  void begin_contexts(const ErrorField& errors, const SampleScene& scene);
  void end(int32_t value, int x);
  uint32_t predict(int32_t edge, int node);
  void learn(int bit);

  template <typename Coder>
  bool decide(Coder& coder, bool farther, int32_t edge, int node) {
    const uint32_t p = predict(edge, node);
    const int bit = coder.code(farther, p);
    learn(bit);
    // At the first decision side_ is 0 and "farther" means above.
    const bool is_low = (bit != 0) == (side_ == 0);
    (is_low ? mass_low_ : mass_high_) = mass_middle_;
    (is_low ? all_low_ : all_high_) = all_middle_;
    return bit != 0;
  }

  using Likelihoods = std::array<int16_t, kMostDensities>;

  const Logistic& domain_ = logistic();
  const AudioKernels* kernels_;
  SampleRange range_;
  float scale_;
  size_t blend_;  // the prediction that is the centre
  std::vector<Density> densities_;
  int count_;  // of densities, padded
  std::array<float, kMostDensities> centres_{}, inverses_{};
  std::array<int32_t, kMostDensities> mass_low_{}, mass_middle_{}, mass_high_{};
  std::array<int32_t, kMostDensities> weights_{};
  int64_t all_low_ = 0, all_middle_ = 0, all_high_ = 0;
  std::vector<Likelihoods> above_, now_;  // of x at x + 1, in sixteenths of a nat
  Mixer mixer_;
  std::vector<MapEntry> maps_[kMaps];
  MapEntry* chosen_[kMaps] = {};
  size_t contexts_[kMaps] = {};
  FineApm apms_[2];
  std::array<float, ErrorField::kMost> predictions_{};
  size_t predictions_count_ = 0;
  // Of the sample at hand.
  int32_t centre_ = 0;
  float base_ = 0;
  int shift_ = 0, side_ = 0;
  uint32_t sets_[kSceneSets] = {}, best_density_ = 0;
  uint32_t apm_contexts_[2] = {};
};

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_VALUE_CODER_H_
