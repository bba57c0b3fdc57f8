// No mixing: the language model's own probabilities, as published methods code them. For comparison; larger files.
#ifndef LMC_MIXING_MODEL_ALONE_H_
#define LMC_MIXING_MODEL_ALONE_H_

#include <algorithm>
#include <vector>

#include "lmc/mixing/mixing.h"

namespace lmc {

// As MixingModel in token mode. Nothing is learnt.
class ModelAlone {
 public:
  static uint64_t memory_bytes(const MixingShape& shape) { return shape.size_bytes; }

  ModelAlone(const MixingShape& shape, Isa) : histories_(shape.streams) {}

  const Bytes& history(uint32_t stream) const { return histories_[stream]; }
  Bytes save_prior() { return {}; }
  Status load_prior(ByteSpan) { return Ok(); }

  uint32_t predict_bit(uint32_t, uint32_t, float lm) { return std::clamp(logistic().squash(lm), 2u, 65534u); }
  void update_bit(int) {}
  uint32_t predict_end(uint32_t, uint32_t, float lm) { return std::clamp(logistic().squash(lm), 2u, 65534u); }
  void update_end(int) {}
  void append_byte(uint32_t stream, uint8_t byte) { histories_[stream].push_back(byte); }
  void end_token(uint32_t, uint32_t) {}

 private:
  std::vector<Bytes> histories_;
};

}  // namespace lmc

#endif  // LMC_MIXING_MODEL_ALONE_H_
