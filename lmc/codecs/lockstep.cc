#include "lmc/codecs/lockstep.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace lmc {
namespace {

struct StreamRow {
  uint32_t most;
  uint64_t tokens_each;  // at least, before there is another one
};
constexpr StreamRow kStreams[] = {{16, 3072}, {4, 3072}, {32, 2048}, {4, 3072}, {4, 3072}};  // by profile

constexpr uint32_t kRowsAhead = 64, kLargeRowsAhead = 128;  // that the network takes at once when the tokens are known
constexpr uint32_t kManyForLarge = 24;  // streams, from which on two batches of a large model beat shared products

// Step of the adaptive head, per square root of the width, and the tokens after which it has fallen to 1/sqrt(2).
constexpr float kHeadRate = 0.015f;
constexpr float kHeadRateTokens = 40000.0f;

}  // namespace

StreamPlan StreamPlan::for_tokens(uint64_t tokens, TextProfile profile) {
  const StreamRow row = kStreams[size_t(profile)];
  return {uint32_t(std::clamp<uint64_t>(tokens / row.tokens_each, 1, row.most)), tokens};
}

Lockstep::Lockstep(const Transformer& transformer, const StreamPlan& plan, int threads, std::span<const uint32_t> known,
                   bool adapt_head)
    : transformer_(transformer),
      adapt_head_(adapt_head),
      plan_(plan),
      known_(known),
      large_(transformer.is_large()),
      shared_(large_ && plan.streams < kManyForLarge),
      workers_(plan.streams > 1 || !known.empty() || large_ ? std::clamp(threads, 1, 2) : 1),
      state_(transformer.make_state(plan.streams)),
      head_(transformer.make_head()),
      ids_(plan.streams),
      tokens_(plan.streams, uint32_t(transformer.config().vocab - 1)) {
  std::iota(ids_.begin(), ids_.end(), 0u);
  const uint32_t groups = std::min(plan.streams, 2u);
  for (uint32_t g = 0; g < groups; ++g) {
    Group& group = groups_.emplace_back();
    group.first = plan.streams * g / groups;
    group.count = plan.streams * (g + 1) / groups - group.first;
    group.cumulative.resize(group.count * (size_t(head_.vocab()) + 1));
    if (g == 0 || (workers_.threads() > 1 && !shared_)) batches_.emplace_back().first = group.first;
    group.batch = &batches_.back();
    group.batch->count += group.count;
  }
  if (shared_ && known_.empty()) {
    batches_[0].scratch = TransformerScratch(&workers_);
    head_scratch_.workers = &workers_;
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
    tokens_[group.first + i] = token;
  }
  return true;
}

void Lockstep::adapt_group(Group& group, uint64_t step, const Hidden& hidden, size_t first_row) {
  const auto model_rate = float(transformer_.config().head_rate);
  if (!adapt_head_ || model_rate == 0) return;
  const size_t row = size_t(head_.vocab()) + 1;
  const uint32_t rows = active(group.first, group.count, step);
  for (uint32_t i = 0; i < rows; ++i) {
    const float fall = std::sqrt(1.0f + float(adapted_) / kHeadRateTokens);
    const float rate = kHeadRate / std::sqrt(float(head_.width())) / fall * model_rate;
    head_.adapt(hidden, int(first_row + i), tokens_[group.first + i], group.cumulative.data() + i * row, rate);
    ++adapted_;
  }
}

// first_row: of hidden, where the group's streams begin.
bool Lockstep::code_and_adapt(Group& group, uint64_t step, const Hidden& hidden, size_t first_row,
                              const CodeToken& code) {
  const uint32_t rows = active(group.first, group.count, step);
  if (rows == 0) return true;
  head_.cumulative(hidden, int(first_row), int(rows), group.cumulative.data(), head_scratch_);
  if (!code_group(group, step, code)) return false;
  adapt_group(group, step, hidden, first_row);
  return true;
}

bool Lockstep::finish_step(Group& group, uint64_t step, const CodeToken& code) {
  run_network(*group.batch, step, transformer_.config().layers);
  return code_and_adapt(group, step, group.batch->hidden, group.first - group.batch->first, code);
}

// One thread finishes this group's step while the other runs the first layers for the next group. How many those are
// follows from the time each takes and changes no result.
bool Lockstep::run_phase(Group& group, uint64_t step, Group& next, uint64_t next_step, const CodeToken& code) {
  if (&group == &next || workers_.threads() == 1 || shared_) return finish_step(group, step, code);
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

// The network for all tokens of these steps; what a stream is fed is the token before.
void Lockstep::run_ahead(Ahead& ahead, uint64_t first_step, uint64_t steps) {
  std::vector<uint32_t> streams;
  std::vector<uint32_t> tokens;
  ahead.row_before.clear();
  const auto bos = uint32_t(transformer_.config().vocab - 1);
  for (uint64_t step = first_step; step < first_step + steps; ++step) {
    ahead.row_before.push_back(streams.size());
    const uint32_t rows = active(ahead.first, ahead.count, step);
    for (uint32_t stream = ahead.first; stream < ahead.first + rows; ++stream) {
      streams.push_back(stream);
      tokens.push_back(step == 0 ? bos : known_[plan_.first(stream) + step - 1]);
    }
  }
  if (!streams.empty()) transformer_.step(state_, streams, tokens, ahead.hidden, ahead.scratch);
}

// aheads: one for each group.
bool Lockstep::code_steps(std::span<Ahead> aheads, uint64_t first_step, uint64_t steps, const CodeToken& code) {
  for (uint64_t i = 0; i < steps; ++i)
    for (size_t g = 0; g < groups_.size(); ++g)
      if (!code_and_adapt(groups_[g], first_step + i, aheads[g].hidden, aheads[g].row_before[i], code)) return false;
  return true;
}

// While some steps are coded, the network runs for the next ones.
bool Lockstep::run_known(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  const uint64_t most = std::max(1u, (large_ ? kLargeRowsAhead : kRowsAhead) / plan_.streams);
  std::vector<Ahead> now(groups_.size()), next(groups_.size());
  for (size_t g = 0; g < groups_.size(); ++g) {
    now[g].first = next[g].first = groups_[g].first;
    now[g].count = next[g].count = groups_[g].count;
  }
  const auto steps_from = [&](uint64_t step) { return std::min(most, plan_.steps() - std::min(step, plan_.steps())); };
  const auto groups = uint32_t(groups_.size());
  workers_.run(groups, [&](uint32_t g) { run_ahead(now[g], 0, steps_from(0)); });
  for (uint64_t step = 0; step < plan_.steps(); step += most) {
    bool sound = true;
    workers_.run(1 + groups, [&](uint32_t job) {
      if (job == 0)
        sound = code_steps(now, step, steps_from(step), code);
      else if (steps_from(step + most) > 0)
        run_ahead(next[job - 1], step + most, steps_from(step + most));
    });
    if (!sound) return false;
    std::swap(now, next);
    if (progress) progress(step);
  }
  return true;
}

bool Lockstep::run(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  if (!known_.empty()) return run_known(code, progress);
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
