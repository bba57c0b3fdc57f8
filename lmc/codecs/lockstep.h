// Streams of tokens in lockstep: the network for one group of streams, the coding for the other, in turn.
//
// The order of everything that changes shared state (mixing, head) is fixed by the format: step by step, group by
// group, stream by stream. Threads only share out work whose results do not depend on who does it.
//
// An encoder knows the tokens, so that the network need not wait for them: it takes many steps at once, which reads its
// weights less often. A decoder with a large model reads them once for all streams, and two threads share each product.
// The output layer of a large model is computed with the others; what is learnt meanwhile is put right where it is used
// (head.h). The results are the same in every case.
#ifndef LMC_CODECS_LOCKSTEP_H_
#define LMC_CODECS_LOCKSTEP_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lmc/base/workers.h"
#include "lmc/models/arch/head.h"
#include "lmc/models/arch/transformer.h"

namespace lmc {

// Wire ids, the first byte of a text block's payload: many streams make a batch that the network is fast on; with few,
// more of the text comes before what is to be predicted.
// Those of large models and the deep one mix in two stages (deep_text.h); in the last one nothing is mixed or learnt.
enum class TextProfile : uint8_t {
  kManyStreams = 0,
  kFewStreams = 1,
  kManyForLarge = 2,
  kDeepFewStreams = 3,
  kModelAlone = 4
};
inline constexpr auto kLastTextProfile = TextProfile::kModelAlone;

// How many tokens each stream of a block of `tokens` has: the first ones get the remainder.
struct StreamPlan {
  uint32_t streams = 1;
  uint64_t tokens = 0;

  static StreamPlan for_tokens(uint64_t tokens, TextProfile profile);
  uint64_t length(uint32_t stream) const { return tokens / streams + (stream < tokens % streams ? 1 : 0); }
  uint64_t first(uint32_t stream) const {  // position of the stream's first token in the block
    const uint64_t extra = tokens % streams;
    return tokens / streams * stream + (stream < extra ? stream : extra);
  }
  uint64_t steps() const { return length(0); }
};

// Called for every token in coding order, with the model's cumulative frequencies (V + 1) for it; returns the token,
// or kStop to end the run (damaged input).
using CodeToken = std::function<uint32_t(uint32_t stream, uint64_t step, const uint32_t* cumulative)>;
inline constexpr uint32_t kStop = 0xffffffffu;

class Lockstep {
 public:
  // known: all tokens of the block in its order, to encode; empty: to decode. They must outlive this.
  // adapt_head: whether the output layer learns; false in ablations only.
  Lockstep(const Transformer& transformer, const StreamPlan& plan, int threads, std::span<const uint32_t> known,
           bool adapt_head = true);
  static uint64_t logits_bytes(const Transformer& transformer);  // at most, of what is predicted ahead
  // False if code returned kStop.
  bool run(const CodeToken& code, const std::function<void(uint64_t step)>& progress);

 private:
  // Streams whose tokens go through the network together.
  struct Part {
    uint32_t first = 0, count = 0;   // streams
    std::vector<size_t> row_before;  // hidden rows before those of each step
    Hidden hidden;
    std::vector<float> logits;  // of large models
    TransformerScratch scratch;
    HeadScratch head_scratch;
    uint64_t first_step = 0;
    int layers_done = 0;  // of the steps from there on
  };
  // Streams whose tokens are coded and learnt one after the other.
  struct Group {
    uint32_t first = 0, count = 0;     // streams
    std::vector<uint32_t> cumulative;  // (count, V + 1)
  };
  // Where the outcome for some neighbouring streams of one step is.
  struct Rows {
    Part* part;
    size_t first_row;
    uint32_t first, count;  // streams
  };

  uint32_t active(uint32_t first, uint32_t count, uint64_t step) const;
  void assign(Part& part, uint32_t first, uint32_t end);
  uint32_t fed(uint32_t stream, uint64_t step) const;
  void run_layers(Part& part, uint64_t first_step, uint64_t steps, int last);
  void run_part(Part& part, uint64_t first_step, uint64_t steps);
  void predict(Group& group, const Rows& rows);
  bool code_group(Group& group, uint64_t step, const CodeToken& code);
  void adapt(const Group& group, const Rows& rows);
  bool finish(Group& group, uint64_t step, std::span<Part> parts, const CodeToken& code);
  bool finish_steps(std::span<Part> parts, uint64_t first_step, uint64_t steps, const CodeToken& code);
  uint64_t steps_ahead() const;
  uint32_t first_share(double coding, double network) const;
  bool run_known(const CodeToken& code, const std::function<void(uint64_t step)>& progress);
  bool run_by_steps(const CodeToken& code, const std::function<void(uint64_t step)>& progress);
  bool run_phase(uint64_t phase, const CodeToken& code);
  bool run_in_turn(const CodeToken& code, const std::function<void(uint64_t step)>& progress);

  const Transformer& transformer_;
  bool adapt_head_;
  StreamPlan plan_;
  std::span<const uint32_t> known_;
  bool large_;  // the model
  Workers workers_;
  TransformerState state_;
  Head head_;
  std::vector<Part> parts_;
  std::vector<Group> groups_;
  std::vector<uint32_t> tokens_;  // last token of each stream; BOS at first
  HeadScratch head_scratch_;
  int first_layers_ = 0;  // that the second thread runs ahead
  uint64_t adapted_ = 0;
};

}  // namespace lmc

#endif  // LMC_CODECS_LOCKSTEP_H_
