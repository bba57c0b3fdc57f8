// The transformer engine: tokens in, quantised last hidden rows out, in integers that are the same on every machine,
// for every instruction set, batch shape and number of threads (docs/numerics.md).
//
// LLaMA architecture with sliding windows, and what its relatives have: see ModelConfig and docs/numerics.md. Feeding a
// token to a stream appends to that stream's caches; the hidden row that comes out is what the Head (head.h) turns into
// the distribution of the stream's next token.
#ifndef LMC_MODELS_ARCH_TRANSFORMER_H_
#define LMC_MODELS_ARCH_TRANSFORMER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lmc/models/file/model_file.h"
#include "lmc/numerics/isa.h"

namespace lmc {

class Head;
class Workers;
struct TransformerWeights;  // these three are transformer.cc's own
struct TransformerStreams;
struct TransformerBuffers;

// Last hidden rows, normalised and quantised: the value of element c of row b is values[b * width + c] * scales[b].
struct Hidden {
  int width = 0;                // C
  std::vector<int16_t> values;  // (count, C): within +-127 for act_bits.head 8, +-32512 for 16
  std::vector<float> scales;    // (count)
};

// The caches of S streams: S * Transformer::stream_bytes(), about sum(windows) * Hkv * D * 2 each, allocated when made.
// Distinct streams may be stepped by different threads at the same time.
class TransformerState {
 public:
  uint32_t streams() const;
  uint64_t position(uint32_t stream) const;  // tokens fed so far
  void reset_stream(uint32_t stream);        // as if newly made
  TransformerState(TransformerState&&) noexcept;
  TransformerState& operator=(TransformerState&&) noexcept;
  ~TransformerState();

 private:
  friend class Transformer;
  explicit TransformerState(std::unique_ptr<TransformerStreams> contents);
  std::unique_ptr<TransformerStreams> contents_;
};

// Working memory of step(): one per thread, reused from call to call.
class TransformerScratch {
 public:
  // workers: share out large products and the heads of the attention, and must then be free; null: one thread does all.
  explicit TransformerScratch(Workers* workers = nullptr);
  TransformerScratch(TransformerScratch&&) noexcept;
  TransformerScratch& operator=(TransformerScratch&&) noexcept;
  ~TransformerScratch();

 private:
  friend class Transformer;
  std::unique_ptr<TransformerBuffers> contents_;
};

// Immutable and cheap to copy; shared between threads. Keeps the ModelFile, and reads the embedding there.
class Transformer {
 public:
  static Result<Transformer> load(const ModelFile& file, Isa isa);

  const ModelConfig& config() const;
  Isa isa() const;
  TransformerState make_state(uint32_t streams) const;
  uint64_t stream_bytes() const;  // at most what the caches of one stream take
  // Whether its weights are so many that reading them is what a step takes: better once for all streams.
  bool is_large() const;
  Head make_head() const;  // a copy of the output layer, which the coder may adapt

  // Feeds tokens[i] (< vocab) to stream streams[i], for all i, and writes hidden row i. A stream may occur several
  // times: its tokens are then taken in that order, with the same result as in separate calls (so a call with one
  // stream n times is a prefill of n tokens).
  void step(TransformerState& state, std::span<const uint32_t> streams, std::span<const uint32_t> tokens,
            Hidden& hidden, TransformerScratch& scratch) const;
  // A part of step(): layers [first, last), first < last, so that two threads can share one step. Calls with the same
  // streams, tokens and scratch must follow each other from layer 0 on; the last one writes hidden.
  void step_layers(TransformerState& state, std::span<const uint32_t> streams, std::span<const uint32_t> tokens,
                   int first, int last, Hidden& hidden, TransformerScratch& scratch) const;

 private:
  explicit Transformer(std::shared_ptr<const TransformerWeights> weights) : weights_(std::move(weights)) {}
  std::shared_ptr<const TransformerWeights> weights_;
};

}  // namespace lmc

#endif  // LMC_MODELS_ARCH_TRANSFORMER_H_
