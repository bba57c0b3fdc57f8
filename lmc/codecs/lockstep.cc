#include "lmc/codecs/lockstep.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace lmc {
namespace {

constexpr uint32_t kManyStreams = 16, kFewStreams = 4;
constexpr uint64_t kTokensPerStream = 3072;

// Step of the adaptive head, per square root of the width, and the tokens after which it has fallen to 1/sqrt(2).
constexpr float kHeadRate = 0.015f;
constexpr float kHeadRateTokens = 40000.0f;

}  // namespace

StreamPlan StreamPlan::for_tokens(uint64_t tokens, TextProfile profile) {
  const uint32_t most = profile == TextProfile::kManyStreams ? kManyStreams : kFewStreams;
  return {uint32_t(std::clamp<uint64_t>(tokens / kTokensPerStream, 1, most)), tokens};
}

Lockstep::Lockstep(const Transformer& transformer, const StreamPlan& plan, int threads, bool adapt_head)
    : transformer_(transformer),
      adapt_head_(adapt_head),
      plan_(plan),
      workers_(plan.streams > 1 ? std::clamp(threads, 1, 2) : 1),
      state_(transformer.make_state(plan.streams)),
      head_(transformer.make_head()),
      ids_(plan.streams),
      tokens_(plan.streams, uint16_t(transformer.config().vocab - 1)) {
  std::iota(ids_.begin(), ids_.end(), 0u);
  const uint32_t groups = std::min(plan.streams, 2u);
  for (uint32_t g = 0; g < groups; ++g) {
    Group& group = groups_.emplace_back();
    group.first = plan.streams * g / groups;
    group.count = plan.streams * (g + 1) / groups - group.first;
    group.cumulative.resize(group.count * (size_t(head_.vocab()) + 1));
    if (g == 0 || workers_.threads() > 1) batches_.emplace_back().first = group.first;
    group.batch = &batches_.back();
    group.batch->count += group.count;
  }
}

// How many of `count` streams from `first` on have a token at this step: the longer streams come first.
uint32_t Lockstep::active(uint32_t first, uint32_t count, uint64_t step) const {
  uint32_t n = 0;
  while (n < count && plan_.length(first + n) > step) ++n;
  return n;
}

// The layers before `last` of the batch's step that have not been done.
void Lockstep::run_network(Batch& batch, uint64_t step, int last) {
  if (batch.step != step) batch.layers_done = 0;
  batch.step = step;
  const uint32_t rows = active(batch.first, batch.count, step);
  if (rows == 0 || batch.layers_done >= last) return;
  transformer_.step_layers(state_, std::span(ids_).subspan(batch.first, rows),
                           std::span(tokens_).subspan(batch.first, rows), batch.layers_done, last, batch.hidden,
                           batch.scratch);
  batch.layers_done = last;
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
  const auto model_rate = float(transformer_.config().head_rate);
  if (!adapt_head_ || model_rate == 0) return;
  const size_t row = size_t(head_.vocab()) + 1;
  const uint32_t rows = active(group.first, group.count, step);
  for (uint32_t i = 0; i < rows; ++i) {
    const float fall = std::sqrt(1.0f + float(adapted_) / kHeadRateTokens);
    const float rate = kHeadRate / std::sqrt(float(head_.width())) / fall * model_rate;
    head_.adapt(group.batch->hidden, int(group.first - group.batch->first + i), tokens_[group.first + i],
                group.cumulative.data() + i * row, rate);
    ++adapted_;
  }
}

bool Lockstep::finish_step(Group& group, uint64_t step, const CodeToken& code) {
  run_network(*group.batch, step, transformer_.config().layers);
  const uint32_t rows = active(group.first, group.count, step);
  if (rows == 0) return true;
  head_.cumulative(group.batch->hidden, int(group.first - group.batch->first), int(rows), group.cumulative.data(),
                   head_scratch_);
  if (!code_group(group, step, code)) return false;
  adapt_group(group, step);
  return true;
}

// One thread finishes this group's step while the other runs the first layers for the next group. How many those are
// follows from the time each takes and changes no result.
bool Lockstep::run_phase(Group& group, uint64_t step, Group& next, uint64_t next_step, const CodeToken& code) {
  if (&group == &next || workers_.threads() == 1) return finish_step(group, step, code);
  using Clock = std::chrono::steady_clock;
  bool sound = true;
  Clock::duration finishing{}, beginning{};
  workers_.run(2, [&](uint32_t job) {
    const auto start = Clock::now();
    if (job == 0) {
      sound = finish_step(group, step, code);
      finishing = Clock::now() - start;
    } else {
      run_network(*next.batch, next_step, first_layers_);
      beginning = Clock::now() - start;
    }
  });
  first_layers_ = finishing > beginning ? std::min(first_layers_ + 1, transformer_.config().layers)
                                        : std::max(first_layers_ - 1, 0);
  return sound;
}

bool Lockstep::run(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  const size_t phases = plan_.steps() * groups_.size();
  for (size_t phase = 0; phase < phases; ++phase) {
    const uint64_t step = phase / groups_.size();
    Group& group = groups_[phase % groups_.size()];
    Group& next = groups_[(phase + 1) % groups_.size()];
    if (!run_phase(group, step, next, (phase + 1) / groups_.size(), code)) return false;
    if (progress && phase % 64 == 0) progress(step);
  }
  return true;
}

}  // namespace lmc
