#include "lmc/pipeline/lockstep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lmc {
namespace {

constexpr uint32_t kMaxStreams = 16;
constexpr uint64_t kTokensPerStream = 3072;
constexpr uint32_t kBatchRows = 16;  // rows that share one pass over the weights

// Step of the adaptive head, per square root of the width, and the tokens after which it has fallen to 1/sqrt(2).
constexpr float kHeadRate = 0.06f;
constexpr float kHeadRateTokens = 40000.0f;

}  // namespace

StreamPlan StreamPlan::for_tokens(uint64_t tokens) {
  return {uint32_t(std::clamp<uint64_t>(tokens / kTokensPerStream, 1, kMaxStreams)), tokens};
}

Lockstep::Lockstep(const Transformer& transformer, const StreamPlan& plan, int threads, bool adapt_head)
    : transformer_(transformer),
      adapt_head_(adapt_head),
      plan_(plan),
      workers_(std::max(1, std::min(threads, plan.streams > 1 ? 4 : 1))),
      state_(transformer.make_state(plan.streams)),
      head_(transformer.make_head()),
      ids_(plan.streams),
      tokens_(plan.streams, uint16_t(transformer.config().vocab - 1)) {
  std::iota(ids_.begin(), ids_.end(), 0u);
  const uint32_t groups = std::min(plan.streams, 2u);
  const auto row = size_t(head_.vocab()) + 1;
  for (uint32_t g = 0; g < groups; ++g) {
    Group& group = groups_.emplace_back();
    group.first = plan.streams * g / groups;
    group.count = plan.streams * (g + 1) / groups - group.first;
    group.cumulative.resize(group.count * row);
    const uint32_t batches = (group.count + kBatchRows - 1) / kBatchRows;
    group.batches.resize(batches);
    for (uint32_t b = 0; b < batches; ++b) {
      group.batches[b].first = group.first + group.count * b / batches;
      group.batches[b].count = group.first + group.count * (b + 1) / batches - group.batches[b].first;
    }
  }
}

// How many of the streams [first, first + count) have a token at this step: the longer streams come first.
uint32_t Lockstep::active(uint32_t first, uint32_t count, uint64_t step) const {
  uint32_t n = 0;
  while (n < count && plan_.length(first + n) > step) ++n;
  return n;
}

void Lockstep::run_network(Batch& batch, uint64_t step) {
  const uint32_t rows = active(batch.first, batch.count, step);
  if (rows == 0) return;
  transformer_.step(state_, std::span(ids_).subspan(batch.first, rows), std::span(tokens_).subspan(batch.first, rows),
                    batch.hidden, batch.scratch);
}

void Lockstep::run_head(Group& group, Batch& batch, uint32_t half, uint64_t step) {
  const uint32_t rows = active(batch.first, batch.count, step);
  const uint32_t first = half == 0 ? 0 : rows / 2;
  const uint32_t count = (half == 0 ? rows / 2 : rows) - first;
  if (count == 0) return;
  const size_t row = size_t(head_.vocab()) + 1;
  head_.cumulative(batch.hidden, int(first), int(count),
                   group.cumulative.data() + (batch.first - group.first + first) * row, batch.head_scratch[half]);
}

void Lockstep::run_heads(Group& group, uint64_t step) {
  workers_.run(uint32_t(group.batches.size()) * 2,
               [&](uint32_t job) { run_head(group, group.batches[job / 2], job % 2, step); });
}

bool Lockstep::code_group(Group& group, uint64_t step, const CodeToken& code) {
  const size_t row = size_t(head_.vocab()) + 1;
  const uint32_t rows = active(group.first, group.count, step);
  for (uint32_t i = 0; i < rows; ++i) {
    const uint32_t token = code(group.first + i, step, group.cumulative.data() + i * row);
    if (token == kStop) return false;
    tokens_[group.first + i] = uint16_t(token);
  }
  return true;
}

void Lockstep::adapt_group(Group& group, uint64_t step) {
  if (!adapt_head_) return;
  const size_t row = size_t(head_.vocab()) + 1;
  for (Batch& batch : group.batches) {
    const uint32_t rows = active(batch.first, batch.count, step);
    for (uint32_t i = 0; i < rows; ++i) {
      const float fall = std::sqrt(1.0f + float(adapted_) / kHeadRateTokens);
      const float rate = kHeadRate / std::sqrt(float(head_.width())) / fall;
      head_.adapt(batch.hidden, int(i), tokens_[batch.first + i],
                  group.cumulative.data() + (batch.first + i - group.first) * row, rate);
      ++adapted_;
    }
  }
}

bool Lockstep::run(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  for (Batch& batch : groups_[0].batches) run_network(batch, 0);
  run_heads(groups_[0], 0);
  const size_t phases = plan_.steps() * groups_.size();
  for (size_t phase = 0; phase < phases; ++phase) {
    const uint64_t step = phase / groups_.size();
    Group& coding = groups_[phase % groups_.size()];
    Group& next = groups_[(phase + 1) % groups_.size()];
    const uint64_t next_step = (phase + 1) / groups_.size();
    bool sound = true;
    const auto code_and_learn = [&] {
      sound = code_group(coding, step, code);
      if (sound) adapt_group(coding, step);
    };
    if (&coding == &next) {  // one stream: its next token needs the one just coded
      code_and_learn();
      if (sound) run_network(next.batches[0], next_step);
    } else {
      workers_.run(uint32_t(next.batches.size()) + 1, [&](uint32_t job) {
        if (job == 0) {
          code_and_learn();
        } else {
          run_network(next.batches[job - 1], next_step);
        }
      });
    }
    if (!sound) return false;
    run_heads(next, next_step);
    if (progress && phase % 64 == 0) progress(step);
  }
  return true;
}

}  // namespace lmc
