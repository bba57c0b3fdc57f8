// Text at its smallest: the mixing of a language model with a few contexts, then deep mixing with that as one voice
// among its own. The second stage knows fields, numbers, brackets and lines, which tell most in code, logs and tables.
#ifndef LMC_MIXING_DEEP_TEXT_H_
#define LMC_MIXING_DEEP_TEXT_H_

#include "lmc/mixing/deep_mixing.h"
#include "lmc/mixing/mixing.h"

namespace lmc {

// As MixingModel in token mode.
class DeepTextMixing {
 public:
  static uint64_t memory_bytes(const MixingShape& shape) {
    return MixingModel::memory_bytes(shape) + DeepMixing::memory_bytes(shape.size_bytes);
  }

  DeepTextMixing(const MixingShape& shape, Isa isa)
      : few_(shape, isa), deep_({shape.size_bytes, shape.streams, true}, isa) {}

  const Bytes& history(uint32_t stream) { return few_.history(stream); }
  Bytes save_prior() { return few_.save_prior(); }
  Status load_prior(ByteSpan prior) { return few_.load_prior(prior); }

  uint32_t predict_bit(uint32_t stream, uint32_t known, float lm) {
    const uint32_t p = few_.predict_bit(stream, known, lm);
    const std::optional<float> mixed = few_.mixed();
    asked_ = mixed.has_value();
    return asked_ ? deep_.predict_bit(stream, known, {lm, *mixed}) : p;
  }
  void update_bit(int bit) {
    few_.update_bit(bit);
    if (asked_) deep_.update_bit(bit);
  }
  uint32_t predict_end(uint32_t stream, uint32_t node, float lm) { return few_.predict_end(stream, node, lm); }
  void update_end(int bit) { few_.update_end(bit); }
  void append_byte(uint32_t stream, uint8_t byte) {
    few_.append_byte(stream, byte);
    deep_.append_byte(byte, stream);
  }
  void end_token(uint32_t stream, uint32_t token) { few_.end_token(stream, token); }

 private:
  MixingModel few_;
  DeepMixing deep_;
  bool asked_ = false;  // of the decision at hand: whether the second stage was
};

}  // namespace lmc

#endif  // LMC_MIXING_DEEP_TEXT_H_
