// Gated logistic mixing: several sets of weights, each chosen by its own small context, turn the same logits into one
// each; one or more last small sets mix those, and the mean of the last ones counts. Every set learns from its own
// error (after Mattern and Mahoney's PAQ mixers).
//
// State is binary32 in one fixed order of operations: the same bits on every machine.
#ifndef LMC_MIXING_MIXER_H_
#define LMC_MIXING_MIXER_H_

#include <cstdint>
#include <vector>

#include "lmc/mixing/logistic.h"
#include "lmc/mixing/mixer_kernels.h"

namespace lmc {

struct MixerShape {
  int inputs = 0;                    // logits; padded to a multiple of kMixerLanes inside
  std::vector<uint32_t> set_sizes;   // contexts of each first-layer set
  std::vector<uint32_t> last_sizes;  // contexts of each set of the last layer
};

struct MixerRates {
  float start = 0.02f;   // step of a weight at first
  float floor = 0.003f;  // and in the end; falls as 1/(1 + decisions/decay)
  float decay = 2000.0f;
  float last = 0.002f;         // of the last layer
  float prior_start = 0.006f;  // start where the weights come from a prior
};

class Mixer {
 public:
  static constexpr int kMaxSets = 16, kMaxLastSets = 2;

  Mixer(const MixerShape& shape, const MixerRates& rates, Isa isa);

  float* inputs() { return inputs_.data(); }
  void select(int set, uint32_t context) { chosen_[set] = context; }
  void select_last(int set, uint32_t context) { last_chosen_[set] = context; }

  // The logit of a one, from the inputs and the selected sets.
  float predict();
  void update(int bit);

  // Every weight in a fixed order: what a model file ships as starting weights.
  std::vector<float*> parameters();
  void start_from_prior() { rates_.start = rates_.prior_start; }
  void set_initial(int input, float weight);  // the same in every set
  // The weights of a set, or of a last set, in a context.
  float* row(size_t set, uint32_t context) { return weights_[set].data() + size_t(context) * size_t(width_); }
  float* last_row(size_t set, uint32_t context) {
    return last_weights_[set].data() + size_t(context) * size_t(last_width_);
  }
  void set_rates(const MixerRates& rates) { rates_ = rates; }

 private:
  int sets() const { return int(sizes_.size()); }
  int last_sets() const { return int(last_weights_.size()); }

  MixerKernels kernels_;
  MixerRates rates_;
  int width_;       // inputs, padded
  int last_width_;  // sets, padded
  std::vector<uint32_t> sizes_;
  std::vector<std::vector<float>> weights_;       // per set (contexts, width)
  std::vector<std::vector<float>> last_weights_;  // per last set (contexts, last_width)
  std::vector<float> inputs_;                     // (width)
  uint32_t chosen_[kMaxSets] = {};
  uint32_t last_chosen_[kMaxLastSets] = {};
  float* rows_[kMaxSets] = {};
  float outputs_[kMaxSets] = {};
  float last_outputs_[kMaxLastSets] = {};
  uint64_t decisions_ = 0;
};

}  // namespace lmc

#endif  // LMC_MIXING_MIXER_H_
