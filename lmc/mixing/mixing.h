// Context mixing: the probability of the next binary decision from everything coded so far, optionally beside a
// language model's mixer input.
//
// Two kinds of decision: a bit of the next byte, and (in token mode) "does the token end here". The adaptive state is
// one for all streams of a block. Where the language model is all but sure, nothing else is asked: its probability,
// corrected by how often it has been right when as sure, is coded. Call order per decision: predict_*, then update_*.
// Everything is bit-exact (docs/numerics.md).
#ifndef LMC_MIXING_MIXING_H_
#define LMC_MIXING_MIXING_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "lmc/base/bytes.h"
#include "lmc/mixing/context_table.h"
#include "lmc/mixing/contexts.h"
#include "lmc/mixing/mixer.h"
#include "lmc/mixing/parts.h"

namespace lmc {

inline constexpr int kEndContexts = 6;  // of an end decision

// Parts of token mode that AblatedMixing can do without.
enum MixingPart : uint32_t {
  kPartOrders = 1,      // contexts of the last 1 to 8 bytes
  kPartWords = 2,       // of words
  kPartColumns = 4,     // of what stands above
  kPartShapes = 8,      // character classes
  kPartTokens = 16,     // token-aligned contexts
  kPartMatch = 32,      // the match model
  kPartHistories = 64,  // what a context's last outcomes mean, beside its probability
  kPartModel = 256,     // the language model
  kPartShortcut = 512,  // nothing but the model is asked where it is sure
};

struct MixingShape {
  bool tokens = false;    // token mode: end decisions and token-aligned contexts
  uint32_t streams = 1;   // at most 256
  size_t size_bytes = 0;  // of the block: sizes the tables
};

class MixingModel {
 public:
  // At most what a model of this shape takes, its histories included.
  static uint64_t memory_bytes(const MixingShape& shape);

  MixingModel(const MixingShape& shape, Isa isa);
  ~MixingModel();

  const Bytes& history(uint32_t stream) { return contexts_.stream(stream).history; }

  // The prior: mixing weights and maps that start from what other files taught, 16 bits each in a fixed order. It
  // depends on shape.tokens only. load_prior replaces the built-in start; call it before the first decision.
  Bytes save_prior();
  Status load_prior(ByteSpan prior);

  // The probability (of 65536) that the next bit is one. known: the bits of the byte so far behind a leading one
  // (1..255). lm: the language model's logit for a one; ignored outside token mode.
  uint32_t predict_bit(uint32_t stream, uint32_t known, float lm);
  void update_bit(int bit);
  // The logit behind what predict_bit said; nothing where the language model was so sure that nobody else was asked.
  std::optional<float> mixed() const;

  // The probability that the current token ends here. node: names the token's bytes so far (the first token id of its
  // prefix range); lm: the logit for "ends".
  uint32_t predict_end(uint32_t stream, uint32_t node, float lm);
  void update_end(int bit);

  // The byte is known now (decided or implied): moves the stream's contexts on.
  void append_byte(uint32_t stream, uint8_t byte);
  // The token is complete: moves the token contexts on and fetches what the next one will need.
  void end_token(uint32_t stream, uint32_t token);

 protected:
  template <typename Parts>
  uint32_t predict_bit_by(Parts parts, uint32_t stream, uint32_t known, float lm);
  template <typename Parts>
  uint32_t predict_end_by(Parts parts, uint32_t stream, uint32_t node, float lm);

 private:
  struct BitState;
  struct EndState;
  struct SureState;

  template <typename Visitor>
  void visit_prior(Visitor&& visit);

  template <typename Parts>
  bool sure(Parts parts, float lm, uint32_t kind);
  void context_inputs(StreamContexts& s, uint32_t known, float* x);
  uint32_t match_inputs(const StreamContexts& s, uint32_t known, float* x);
  void select_bit_weights(const StreamContexts& s, uint32_t known, float lm, uint32_t bucket);

  MixingShape shape_;
  float mixed_ = 0;
  Contexts contexts_;
  ContextTable table_;
  std::unique_ptr<BitState> bit_;
  std::unique_ptr<EndState> end_;
  std::unique_ptr<SureState> sure_;
};

// Token mode without some MixingParts, for ablations.
class AblatedMixing : public MixingModel {
 public:
  AblatedMixing(const MixingShape& shape, Isa isa, uint32_t without) : MixingModel(shape, isa), parts_{without} {}
  uint32_t predict_bit(uint32_t stream, uint32_t known, float lm);
  uint32_t predict_end(uint32_t stream, uint32_t node, float lm);

 private:
  ChosenParts parts_;
};

}  // namespace lmc

#endif  // LMC_MIXING_MIXING_H_
