#include "lmc/samples/value_contexts.h"

#include <algorithm>

namespace lmc {

void ValueContexts::input(const SampleDecision& decision, float* x) {
  seen_ = 0;
  if (decision.depth >= kCounted) {
    std::fill_n(x, inputs(), 0.0f);
    return;
  }
  if (will_search(decision.depth))
    for (size_t c = 0; c < count_; ++c) contexts_[c].bucket = &table_.find(hash_of((*hashes_)[c], decision.prefix));
  found_ = decision.depth / kPerBucket;
  const uint32_t node = node_of(decision.prefix, unsigned(decision.depth));
  for (size_t c = 0; c < count_; ++c, x += kPerContext) {
    Context& context = contexts_[c];
    context.slot = &context.bucket->nodes[node];
    context.history = &context.histories[history_index(*context.slot)];
    x[0] = x[1] = 0.0f;
    if (context.slot->count == 0) continue;
    ++seen_;
    x[0] = domain_.stretch(context.history->p16());
    x[1] = domain_.stretch(context.slot->p16()) * (context.slot->count > 3 ? 1.0f : 0.5f);
  }
}

}  // namespace lmc
