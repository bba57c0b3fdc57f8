#include "lmc/codecs/lockstep.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace lmc {
namespace {

struct StreamRow {
  uint32_t most;
  uint64_t tokens_each;  // at least, before there is another one
};
constexpr StreamRow kStreams[] = {{16, 3072}, {4, 3072}, {32, 2048}, {4, 3072}, {4, 3072}};  // by profile

// Rows that the network takes at once when the tokens are known; of large models, so many that their logits fit.
constexpr uint32_t kRowsAhead = 64, kLargeRowsAhead = 256;
constexpr uint64_t kLogitsAhead = uint64_t(16) << 20;

uint64_t large_rows_ahead(int vocab) {
  return std::clamp<uint64_t>(kLogitsAhead / uint64_t(vocab), 1, kLargeRowsAhead);
}

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
      workers_(plan.streams > 1 || !known.empty() || large_ ? std::clamp(threads, 1, 2) : 1),
      state_(transformer.make_state(plan.streams)),
      head_(transformer.make_head()),
      tokens_(plan.streams, uint32_t(transformer.config().vocab - 1)) {
  const uint32_t groups = std::min(plan.streams, 2u);
  for (uint32_t g = 0; g < groups; ++g) {
    Group& group = groups_.emplace_back();
    group.first = plan.streams * g / groups;
    group.count = plan.streams * (g + 1) / groups - group.first;
    group.cumulative.resize(group.count * (size_t(head_.vocab()) + 1));
  }
  if (large_) head_.defer();
}

// How many of `count` streams from `first` on have a token at this step: the longer streams come first.
uint32_t Lockstep::active(uint32_t first, uint32_t count, uint64_t step) const {
  uint32_t n = 0;
  while (n < count && plan_.length(first + n) > step) ++n;
  return n;
}

void Lockstep::assign(Part& part, uint32_t first, uint32_t end) {
  part.first = first;
  part.count = end - first;
  part.layers_done = 0;
}

// What the network is given for a stream's token: the one before.
uint32_t Lockstep::fed(uint32_t stream, uint64_t step) const {
  return known_.empty() || step == 0 ? tokens_[stream] : known_[plan_.first(stream) + step - 1];
}

// The layers before `last` of these steps that have not been done.
void Lockstep::run_layers(Part& part, uint64_t first_step, uint64_t steps, int last) {
  if (part.first_step != first_step) part.layers_done = 0;
  part.first_step = first_step;
  std::vector<uint32_t> streams, tokens;
  part.row_before.clear();
  for (uint64_t step = first_step; step < first_step + steps; ++step) {
    part.row_before.push_back(streams.size());
    const uint32_t rows = active(part.first, part.count, step);
    for (uint32_t stream = part.first; stream < part.first + rows; ++stream) {
      streams.push_back(stream);
      tokens.push_back(fed(stream, step));
    }
  }
  if (streams.empty() || part.layers_done >= last) return;
  transformer_.step_layers(state_, streams, tokens, part.layers_done, last, part.hidden, part.scratch);
  part.layers_done = last;
}

// The whole network; of a large model also the output layer, as far as it has learnt.
void Lockstep::run_part(Part& part, uint64_t first_step, uint64_t steps) {
  part.layers_done = 0;
  run_layers(part, first_step, steps, transformer_.config().layers);
  if (!large_ || part.layers_done == 0) return;
  const size_t rows = part.hidden.scales.size();
  part.logits.resize(rows * head_.logits_stride());
  head_.logits(part.hidden, 0, int(rows), part.logits.data(), part.head_scratch);
}

void Lockstep::predict(Group& group, const Rows& rows) {
  uint32_t* const out = group.cumulative.data() + (rows.first - group.first) * (size_t(head_.vocab()) + 1);
  const Hidden& hidden = rows.part->hidden;
  if (large_)
    head_.cumulative(hidden, int(rows.first_row), int(rows.count),
                     rows.part->logits.data() + rows.first_row * head_.logits_stride(), out, head_scratch_);
  else
    head_.cumulative(hidden, int(rows.first_row), int(rows.count), out, head_scratch_);
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

void Lockstep::adapt(const Group& group, const Rows& rows) {
  const auto model_rate = float(transformer_.config().head_rate);
  if (!adapt_head_ || model_rate == 0) return;
  const size_t row = size_t(head_.vocab()) + 1;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const float fall = std::sqrt(1.0f + float(adapted_) / kHeadRateTokens);
    const float rate = kHeadRate / std::sqrt(float(head_.width())) / fall * model_rate;
    const uint32_t stream = rows.first + i;
    head_.adapt(rows.part->hidden, int(rows.first_row + i), tokens_[stream],
                group.cumulative.data() + (stream - group.first) * row, rate);
    ++adapted_;
  }
}

// Predicts, codes and learns the tokens of a group, for whose streams the parts have been through the network.
bool Lockstep::finish(Group& group, uint64_t step, std::span<Part> parts, const CodeToken& code) {
  const uint32_t end = group.first + active(group.first, group.count, step);
  std::vector<Rows> pieces;
  for (Part& part : parts) {
    const uint32_t from = std::max(group.first, part.first), to = std::min(end, part.first + part.count);
    if (from < to)
      pieces.push_back({&part, part.row_before[step - part.first_step] + from - part.first, from, to - from});
  }
  for (const Rows& rows : pieces) predict(group, rows);
  if (!code_group(group, step, code)) return false;
  for (const Rows& rows : pieces) adapt(group, rows);
  return true;
}

bool Lockstep::finish_steps(std::span<Part> parts, uint64_t first_step, uint64_t steps, const CodeToken& code) {
  for (uint64_t step = first_step; step < first_step + steps; ++step)
    for (Group& group : groups_)
      if (!finish(group, step, parts, code)) return false;
  return true;
}

uint64_t Lockstep::steps_ahead() const {
  const uint64_t rows = large_ ? large_rows_ahead(head_.vocab()) : kRowsAhead;
  return std::max<uint64_t>(1, rows / plan_.streams);
}

uint64_t Lockstep::logits_bytes(const Transformer& transformer) {
  const int vocab = transformer.config().vocab;
  return transformer.is_large() ? 2 * large_rows_ahead(vocab) * uint64_t(vocab) * sizeof(float) : 0;
}

// The streams that the thread which codes should take through the network, so that both end together, from the seconds
// that coding and the network for all streams take.
uint32_t Lockstep::first_share(double coding, double network) const {
  if (workers_.threads() == 1 || network <= 0) return 0;
  return uint32_t(std::lround(std::max(0.0, plan_.streams * (network - coding) / (2 * network))));
}

// While some steps are coded, the network runs for the next ones.
bool Lockstep::run_known(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  const uint64_t most = steps_ahead();
  std::vector<Part> now(2), next(2);
  const auto steps_from = [&](uint64_t step) { return std::min(most, plan_.steps() - std::min(step, plan_.steps())); };
  const auto run_next = [&](uint32_t part, uint64_t step) {
    if (next[part].count > 0 && steps_from(step) > 0) run_part(next[part], step, steps_from(step));
  };
  uint32_t share = plan_.streams / 2;
  const auto share_out = [&] {
    assign(next[0], 0, share);
    assign(next[1], share, plan_.streams);
  };
  share_out();
  workers_.run(2, [&](uint32_t part) { run_next(part, 0); });
  for (uint64_t step = 0; step < plan_.steps(); step += most) {
    std::swap(now, next);
    share_out();
    head_.settle();
    bool sound = true;
    Seconds coding{}, network[2]{};
    workers_.run(2, [&](uint32_t part) {
      const auto start = Clock::now();
      if (part == 0) sound = finish_steps(now, step, steps_from(step), code);
      const auto coded = Clock::now();
      if (part == 0) coding = coded - start;
      run_next(part, step + most);
      network[part] = Clock::now() - coded;
    });
    if (!sound) return false;
    share = first_share(coding.count(), (network[0] + network[1]).count());
    if (progress) progress(step);
  }
  return true;
}

// The network for all streams, then the coding: for a large model, or one thread.
bool Lockstep::run_by_steps(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  parts_.resize(1);
  assign(parts_[0], 0, plan_.streams);
  parts_[0].scratch = TransformerScratch(&workers_);
  parts_[0].head_scratch.workers = &workers_;
  for (uint64_t step = 0; step < plan_.steps(); ++step) {
    head_.settle();
    run_part(parts_[0], step, 1);
    if (!finish_steps(parts_, step, 1, code)) return false;
    if (progress && step % 16 == 0) progress(step);
  }
  return true;
}

// One thread finishes a group's step while the other runs the first layers for the next group. How many those are
// follows from the time each takes and changes no result.
bool Lockstep::run_phase(uint64_t phase, const CodeToken& code) {
  const int layers = transformer_.config().layers;
  const size_t g = phase % groups_.size(), next = (phase + 1) % groups_.size();
  const uint64_t step = phase / groups_.size(), next_step = (phase + 1) / groups_.size();
  using Clock = std::chrono::steady_clock;
  bool sound = true;
  Clock::duration finishing{}, beginning{};
  workers_.run(2, [&](uint32_t job) {
    const auto start = Clock::now();
    if (job == 0) {
      run_layers(parts_[g], step, 1, layers);
      sound = finish(groups_[g], step, parts_, code);
      finishing = Clock::now() - start;
    } else if (first_layers_ > 0 && next_step < plan_.steps()) {
      run_layers(parts_[next], next_step, 1, first_layers_);
      beginning = Clock::now() - start;
    }
  });
  first_layers_ = finishing > beginning ? std::min(first_layers_ + 1, layers) : std::max(first_layers_ - 1, 0);
  return sound;
}

bool Lockstep::run_in_turn(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  parts_.resize(groups_.size());
  for (size_t g = 0; g < groups_.size(); ++g) assign(parts_[g], groups_[g].first, groups_[g].first + groups_[g].count);
  const uint64_t phases = plan_.steps() * groups_.size();
  for (uint64_t phase = 0; phase < phases; ++phase) {
    if (!run_phase(phase, code)) return false;
    if (progress && phase % 64 == 0) progress(phase / groups_.size());
  }
  return true;
}

bool Lockstep::run(const CodeToken& code, const std::function<void(uint64_t)>& progress) {
  if (!known_.empty()) return run_known(code, progress);
  return large_ || workers_.threads() == 1 ? run_by_steps(code, progress) : run_in_turn(code, progress);
}

}  // namespace lmc
