// Text at its smallest: the mixing of a language model with a few contexts, then deep mixing with that as one voice
// among its own. The second stage knows fields, numbers, brackets and lines, which tell most in code, logs and tables;
// in prose it knows little more than the first, so that a last mixer weighs the two.
#ifndef LMC_MIXING_DEEP_TEXT_H_
#define LMC_MIXING_DEEP_TEXT_H_

#include <algorithm>

#include "lmc/mixing/deep_mixing.h"
#include "lmc/mixing/mixer.h"
#include "lmc/mixing/mixing.h"

namespace lmc {

// As MixingModel in token mode.
class DeepTextMixing {
 public:
  static uint64_t memory_bytes(const MixingShape& shape) {
    return MixingModel::memory_bytes(shape) + DeepMixing::memory_bytes(deep_shape(shape));
  }

  DeepTextMixing(const MixingShape& shape, Isa isa)
      : few_(shape, isa), deep_(deep_shape(shape), isa), last_(kLastShape, kLastRates, isa) {
    last_.set_initial(0, 0.5f);
    last_.set_initial(1, 0.5f);
  }

  const Bytes& history(uint32_t stream) { return few_.history(stream); }
  Bytes save_prior() { return few_.save_prior(); }
  Status load_prior(ByteSpan prior) { return few_.load_prior(prior); }

  uint32_t predict_bit(uint32_t stream, uint32_t known, float lm) {
    const uint32_t p = few_.predict_bit(stream, known, lm);
    const std::optional<float> mixed = few_.mixed();
    asked_ = mixed.has_value();
    if (!asked_) return p;
    last_.inputs()[0] = *mixed;
    last_.inputs()[1] = logistic().stretch(deep_.predict_bit(stream, known, {lm, *mixed}));
    return std::clamp(logistic().squash(last_.predict()), 2u, 65534u);
  }
  void update_bit(int bit) {
    few_.update_bit(bit);
    if (!asked_) return;
    deep_.update_bit(bit);
    last_.update(bit);
  }
  uint32_t predict_end(uint32_t stream, uint32_t node, float lm) { return few_.predict_end(stream, node, lm); }
  void update_end(int bit) { few_.update_end(bit); }
  void append_byte(uint32_t stream, uint8_t byte) {
    few_.append_byte(stream, byte);
    deep_.append_byte(byte, stream);
  }
  void end_token(uint32_t stream, uint32_t token) { few_.end_token(stream, token); }

 private:
  static constexpr MixerRates kLastRates{.start = 0.005f, .floor = 0.0005f};
  static inline const MixerShape kLastShape{.inputs = 2, .set_sizes = {1}, .last_sizes = {1}};

  static DeepShape deep_shape(const MixingShape& shape) { return {shape.size_bytes, shape.streams, true}; }

  MixingModel few_;
  DeepMixing deep_;
  Mixer last_;          // of what the two say
  bool asked_ = false;  // of the decision at hand: whether the second stage was
};

}  // namespace lmc

#endif  // LMC_MIXING_DEEP_TEXT_H_
