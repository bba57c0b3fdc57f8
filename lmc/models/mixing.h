// Context mixing: the chance of the next binary decision from everything coded so far, optionally beside a language
// model's opinion.
//
// Two kinds of decision: a bit of the next byte, and (in token mode) "does the token end here". The adaptive state is
// one for all streams of a block; a MixingStream holds what belongs to one stream: its bytes so far, its contexts and
// its match. Call order per decision: predict_*, then update_*. Everything is bit-exact (docs/numerics.md).
#ifndef LMC_MODELS_MIXING_H_
#define LMC_MODELS_MIXING_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/models/context_table.h"
#include "lmc/models/mixer.h"

namespace lmc {

inline constexpr int kContexts = 18;    // hashed contexts of a bit decision
inline constexpr int kEndContexts = 6;  // of an end decision

// Parts of the predictor that an ablation can switch off. A file is always coded with all of them.
enum MixingPart : uint32_t {
  kPartOrders = 1,      // contexts of the last 1 to 8 bytes
  kPartWords = 2,       // of words
  kPartColumns = 4,     // of what stands above
  kPartShapes = 8,      // skipping and character-class contexts
  kPartTokens = 16,     // token-aligned contexts
  kPartMatch = 32,      // the match model
  kPartHistories = 64,  // what a context's last outcomes mean, beside its probability
  kPartMaps = 128,      // the final adaptive maps
  kPartModel = 256,     // the language model
};

struct MixingShape {
  bool tokens = false;    // token mode: end decisions and token-aligned contexts
  uint32_t streams = 1;   // at most 256
  size_t size_bytes = 0;  // of the block: sizes the tables
  uint32_t without = 0;   // MixingParts left out, for ablations
};

// What one stream remembers. Owned by MixingModel's caller only through indices; see MixingModel::stream.
struct MixingStream {
  Bytes history;
  uint32_t c4 = 0, c8 = 0;             // the last four bytes, and the four before
  uint32_t word = 0, last_word = 0;    // hashes of the current and the previous word
  uint32_t word_before = 0;            // and the one before that
  uint32_t line_start = 0, above = 0;  // offsets of this line and the previous one
  uint32_t first_byte = 0;             // first bytes of this line
  uint32_t number_format = 0;          // shape of the last characters: classes, four bits each
  std::array<uint32_t, 3> tokens{};    // last token first
  uint32_t token_hash = 0;             // bytes of the current token
  uint32_t token_bytes = 0;            // how many
  std::array<uint64_t, kContexts> hashes{};
  std::array<ContextBucket*, kContexts> buckets{};
  uint32_t bucket_key = ~0u;                                      // (offset, half byte) the buckets belong to
  bool hashes_stale = false;                                      // bytes came since the hashes were computed
  uint32_t match_stream = 0, match_offset = 0, match_length = 0;  // length 0: none
  uint32_t match_misses = 0;                                      // mispredicted lately
};

class MixingModel {
 public:
  MixingModel(const MixingShape& shape, Isa isa);
  ~MixingModel();

  MixingStream& stream(uint32_t index) { return streams_[index]; }

  // The prior: mixing weights and maps that start from what other files taught, 16 bits each in a fixed order. It
  // depends on shape.tokens only. load_prior replaces the built-in start; call it before the first decision.
  Bytes save_prior();
  Status load_prior(ByteSpan prior);

  // The chance (of 65536) that the next bit is one. known: the bits of the byte so far behind a leading one (1..255).
  // lm: the language model's logit for a one; ignored outside token mode.
  uint32_t predict_bit(uint32_t stream, uint32_t known, float lm);
  void update_bit(int bit);

  // The chance that the current token ends here. node: names the token's bytes so far (the first token id of its
  // prefix range); lm: the logit for "ends".
  uint32_t predict_end(uint32_t stream, uint32_t node, float lm);
  void update_end(int bit);

  // The byte is known now (decided or implied): moves the stream's contexts on.
  void append_byte(uint32_t stream, uint8_t byte);
  // The token is complete: moves the token contexts on and fetches what the next one will need.
  void end_token(uint32_t stream, uint32_t token);

 private:
  struct BitState;
  struct EndState;

  template <typename Visitor>
  void visit_prior(Visitor&& visit);

  void context_inputs(MixingStream& s, uint32_t known, float* x);
  uint32_t match_inputs(const MixingStream& s, uint32_t known, float* x);
  void select_bit_weights(const MixingStream& s, uint32_t known, float lm, uint32_t bucket);
  void leave_out_parts(float* inputs) const;
  void find_match(MixingStream& s);
  void compute_hashes(MixingStream& s);
  int expected_byte(const MixingStream& s) const;  // -1: no match

  MixingShape shape_;
  std::vector<MixingStream> streams_;
  ContextTable table_;
  std::vector<uint32_t> match_table_;  // (stream << 24 | offset) + 1 by hash of the last bytes
  std::unique_ptr<BitState> bit_;
  std::unique_ptr<EndState> end_;
};

}  // namespace lmc

#endif  // LMC_MODELS_MIXING_H_
