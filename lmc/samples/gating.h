// Which samples of a tile are mixed where mixing is to be spared: those of every eighth row, to learn from, and of the
// others those whose kind has gained by it lately. A kind is how widely the network's forecast spreads (log_spread).
#ifndef LMC_SAMPLES_GATING_H_
#define LMC_SAMPLES_GATING_H_

#include <array>
#include <cstdint>

#include "lmc/mixing/logistic.h"

namespace lmc {

class Gating {
 public:
  static constexpr size_t kKinds = 16;

  bool mixes(int y, uint32_t kind) const {
    const Kind& k = kinds_[kind];
    return y % kEvery == 0 || k.samples < kFirstSamples || k.gained > k.alone * kLeastGain;
  }
  void begin() { alone_ = gained_ = 0.0f; }
  // A decision of a mixed sample: the probabilities, of 65536, that the network alone and the mixer gave to what came.
  void add(uint32_t network_p, uint32_t mixed_p) {
    const float alone = cost(network_p);
    alone_ += alone, gained_ += alone - cost(mixed_p);
  }
  // The sample's end.
  void learn(uint32_t kind) {
    Kind& k = kinds_[kind];
    k.alone += alone_ - k.alone * kForget;
    k.gained += gained_ - k.gained * kForget;
    k.samples += k.samples < kFirstSamples;
  }

 private:
  static constexpr int kEvery = 8;
  static constexpr uint32_t kFirstSamples = 128;  // of a kind, all of them mixed
  static constexpr float kLeastGain = 1.0f / 64.0f, kForget = 1.0f / 256.0f;

  struct Kind {
    float alone = 0.0f, gained = 0.0f;  // nats: what the network alone would have cost, and how much less it was
    uint32_t samples = 0;
  };
  float cost(uint32_t p) const { return domain_.ln(kProbOne) - domain_.ln(p); }

  const Logistic& domain_ = logistic();
  std::array<Kind, kKinds> kinds_{};
  float alone_ = 0.0f, gained_ = 0.0f;  // of the sample at hand
};

}  // namespace lmc

#endif  // LMC_SAMPLES_GATING_H_
