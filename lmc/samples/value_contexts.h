// A stage: counters in contexts of exact values (pixel_contexts.h), two inputs each, for a sample's first eight
// decisions.
#ifndef LMC_SAMPLES_VALUE_CONTEXTS_H_
#define LMC_SAMPLES_VALUE_CONTEXTS_H_

#include <span>
#include <vector>

#include "lmc/mixing/context_table.h"
#include "lmc/mixing/logistic.h"
#include "lmc/samples/sample_stage.h"

namespace lmc {

class ValueContexts : public SampleStage {
 public:
  using Hashes = std::array<uint64_t, kPixelContexts>;

  // contexts: the first of them that are used.
  ValueContexts(int contexts, unsigned log2_buckets)
      : count_(size_t(contexts)), table_(log2_buckets), contexts_(size_t(kPixelContexts)) {}

  int inputs() const { return kPerContext * int(count_); }
  uint32_t seen() const { return seen_; }  // contexts that have met the decision at hand before

  // The buckets of decisions from this prefix on come into the cache.
  [[gnu::always_inline]] void prefetch(const Hashes& hashes, uint32_t prefix) const {
    for (size_t c = 0; c < count_; ++c) table_.prefetch_both(hash_of(hashes[c], prefix));
  }
  // Whether input() will look for buckets at this depth.
  bool will_search(int depth) const { return depth < kCounted && found_ != depth / kPerBucket; }

  void begin(const SampleAt& at) { hashes_ = at.hashes; }
  void input(const SampleDecision& decision, float* x);
  void learn(const SampleDecision& decision, int bit, bool asked) {
    if (!asked || decision.depth >= kCounted) return;
    for (Context& context : std::span(contexts_).first(count_)) {
      context.history->update_fast(bit, kHistoryLimit);
      update_slot(*context.slot, bit, kSlotLimit);
    }
  }
  void end(uint32_t) { found_ = kNone; }

 private:
  static constexpr int kPerContext = 2, kCounted = 8, kPerBucket = 4, kNone = -1;
  static constexpr uint32_t kSlotLimit = 250, kHistoryLimit = 1000;
  struct Context {
    std::array<MapEntry, kHistories> histories;
    ContextBucket* bucket = nullptr;
    BitSlot* slot = nullptr;
    MapEntry* history = nullptr;
  };

  static uint64_t hash_of(uint64_t hash, uint32_t prefix) {
    if (prefix == 1) return hash;
    return (hash ^ uint64_t(prefix) * 0xD6E8FEB86659FD93ull) * 0x9E3779B97F4A7C15ull;
  }

  const Logistic& domain_ = logistic();
  size_t count_;
  ContextTable table_;
  std::vector<Context> contexts_;
  const Hashes* hashes_ = nullptr;
  int found_ = kNone;  // whose buckets are at hand: depth / kPerBucket
  uint32_t seen_ = 0;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_VALUE_CONTEXTS_H_
