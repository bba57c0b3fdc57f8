#include "train/session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <random>

#include "lmc/base/io.h"

namespace lmc::train {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Serves sequences of the domains by weight. Every domain's stream is cut into sequences from a random phase and
// served in random order, all of it before any part again. The state is just the counts served.
class Batches {
 public:
  Status open(const std::string& folder, uint64_t seed, int64_t length) {
    seed_ = seed;
    length_ = length;
    for (const Domain& domain : kDomains) {
      auto tokens = read_tokens(folder + "/train." + domain.name + ".u16");
      LMC_TRY(tokens);
      if (int64_t(tokens->size()) < 4 * length)
        return bad_input(std::string("too little training text in ") + domain.name);
      streams_.push_back(std::move(*tokens));
    }
    order_.resize(streams_.size());
    epoch_.assign(streams_.size(), -1);
    return Ok();
  }

  // Appends one sequence to inputs and targets. bos replaces the first input.
  void next(std::array<int64_t, kDomainsCount>& served, int32_t bos, std::vector<int32_t>& inputs,
            std::vector<int32_t>& targets) {
    int64_t total = 1;
    for (int64_t count : served) total += count;
    size_t domain = 0;
    double most = -1e300;
    for (size_t d = 0; d < streams_.size(); ++d) {
      const double owed = kDomains[d].weight * double(total) - double(served[d]);
      if (owed > most) most = owed, domain = d;
    }
    const auto& stream = streams_[domain];
    const int64_t count = (int64_t(stream.size()) - 1) / length_ - 1;
    const int64_t epoch = served[domain] / count;
    if (epoch_[domain] != epoch) shuffle(domain, epoch, count);
    const int64_t start = phase(domain, epoch) + order_[domain][served[domain] % count] * length_;
    for (int64_t t = 0; t < length_; ++t) {
      inputs.push_back(t == 0 ? bos : stream[start + t]);
      targets.push_back(stream[start + t + 1]);
    }
    ++served[domain];
  }

 private:
  int64_t phase(size_t domain, int64_t epoch) const {
    return int64_t(std::mt19937_64(seed_ * 1000 + domain * 100 + epoch)() % uint64_t(length_));
  }
  void shuffle(size_t domain, int64_t epoch, int64_t count) {
    std::mt19937_64 random(seed_ * 1000 + domain * 100 + epoch + 50);
    auto& order = order_[domain];
    order.resize(count);
    for (int64_t i = 0; i < count; ++i) order[i] = int32_t(i);
    for (int64_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % uint64_t(i)]);
    epoch_[domain] = epoch;
  }

  uint64_t seed_ = 0;
  int64_t length_ = 0;
  std::vector<std::vector<uint16_t>> streams_;
  std::vector<std::vector<int32_t>> order_;
  std::vector<int64_t> epoch_;
};

// A pause of the whole process must not eat the schedule: a step counts for at most three times the usual.
class StepClock {
 public:
  double counted(double seconds) {
    double capped = seconds;
    if (recent_.size() >= 10) {
      std::vector<double> sorted(recent_.begin(), recent_.end());
      std::nth_element(sorted.begin(), sorted.begin() + sorted.size() / 2, sorted.end());
      capped = std::min(seconds, 3 * sorted[sorted.size() / 2]);
    }
    recent_.push_back(seconds);
    if (recent_.size() > 51) recent_.pop_front();
    return capped;
  }

 private:
  std::deque<double> recent_;
};

// The part of a run between two ends of a schedule: how much of it is done, and the rate that follows.
struct Schedule {
  int64_t begin_tokens = 0, end_tokens = 0;  // 0: the run has a budget of minutes instead

  static Schedule of(const RunConfig& config, int64_t tokens) {
    Schedule out;
    for (const int64_t budget : config.tokens_budgets) {
      out.begin_tokens = out.end_tokens;
      out.end_tokens = budget;
      if (tokens < budget) break;
    }
    return out;
  }
  double done(const RunConfig& config, const Progress& progress) const {
    return config.minutes > 0 ? progress.seconds / (config.minutes * 60)
                              : double(progress.tokens - begin_tokens) / double(end_tokens - begin_tokens);
  }
  double rate(double done, int64_t tokens, int64_t tokens_a_step) const {
    const double warm = std::min(1.0, double(tokens - begin_tokens) / double(20 * tokens_a_step));
    return warm * std::clamp((1 - done) * 2, 0.0, 1.0);
  }
};

}  // namespace

Status evaluate_dev(const DocumentLoss& loss, const Tokenizer& tokenizer, const std::string& tokens,
                    int64_t tokens_per_domain) {
  constexpr size_t kLongest = 4096;
  double sum = 0;
  for (const Domain& domain : kDomains) {
    auto stream = read_tokens(tokens + "/dev." + domain.name + ".u16");
    LMC_TRY(stream);
    double nats = 0, bytes = 0;
    int64_t seen = 0;
    for (size_t begin = 0; begin < stream->size() && seen < tokens_per_domain;) {
      size_t end = begin + 1;  // a document: BOS and what follows, up to the next BOS
      while (end < stream->size() && (*stream)[end] != tokenizer.bos()) ++end;
      const size_t count = std::min({end - begin - 1, kLongest, size_t(tokens_per_domain - seen)});
      if (count > 0) {
        std::vector<int32_t> inputs(stream->begin() + begin, stream->begin() + begin + count);
        std::vector<int32_t> targets(stream->begin() + begin + 1, stream->begin() + begin + 1 + count);
        nats += loss(inputs, targets);
        for (int32_t target : targets) bytes += double(tokenizer.vocabulary()[target].size());
        seen += int64_t(count);
      }
      begin = end;
    }
    const double bits = nats / std::log(2.0) / bytes;
    sum += bits;
    std::printf("dev %-10s %8lld tokens %9.0f bytes  %.4f nats/token  %.4f bits/byte\n", domain.name, (long long)seen,
                bytes, nats / double(seen), bits);
  }
  std::printf("dev mean       %.4f bits/byte\n", sum / double(kDomainsCount));
  std::fflush(stdout);
  return Ok();
}

// Sums since the last line, and the lines: on the screen and in the curve file.
class Curve {
 public:
  Curve(const RunConfig& config, const Tokenizer& tokenizer)
      : config_(config),
        tokenizer_(tokenizer),
        file_(config.checkpoint + ".csv", config.resume ? std::ios::app : std::ios::trunc) {
    if (!config.resume) file_ << "step,tokens,seconds,nats_per_token,bits_per_byte,tokens_per_second,rate\n";
  }

  void add(double loss, std::span<const int32_t> targets) {
    seen_ += int64_t(targets.size());
    nats_ += loss * double(targets.size());
    for (int32_t t : targets)
      bytes_ += uint32_t(t) == tokenizer_.bos() ? 0 : double(tokenizer_.vocabulary()[size_t(t)].size());
  }
  double elapsed() const { return seconds_since(logged_at_); }

  // products: FLOP/s of a step's products alone, measured on this machine before the run.
  void log(const Progress& progress, const Model& model, double rate, double products, int64_t end_tokens) {
    const double flops_per_token = 6.0 * double(model.config().matmul_weights());
    const double speed = double(seen_) / elapsed(), per_token = nats_ / double(seen_);
    const double bits = nats_ / std::log(2.0) / bytes_, minutes = progress.seconds / 60;
    const double left =
        config_.minutes > 0 ? config_.minutes - minutes : double(end_tokens - progress.tokens) / speed / 60;
    std::printf(
        "step %lld  tokens %.2fM  loss %.4f  bpb %.4f  %.0f tok/s  %.0f GFLOP/s, %.0f %% of the products alone  rate "
        "%.3f  trained %.1f min  left "
        "%.1f min\n",
        (long long)progress.step, double(progress.tokens) / 1e6, per_token, bits, speed, flops_per_token * speed * 1e-9,
        100 * flops_per_token * speed / products, rate, minutes, left);
    std::fflush(stdout);
    file_ << progress.step << ',' << progress.tokens << ',' << progress.seconds << ',' << per_token << ',' << bits
          << ',' << speed << ',' << rate << std::endl;
    logged_at_ = Clock::now();
    nats_ = bytes_ = 0;
    seen_ = 0;
  }

 private:
  const RunConfig& config_;
  const Tokenizer& tokenizer_;
  std::ofstream file_;
  Clock::time_point logged_at_ = Clock::now();
  double nats_ = 0, bytes_ = 0;
  int64_t seen_ = 0;
};

// Random weights, those of another run in a new schedule, or the run itself where it stopped.
Result<Checkpoint> begin(const RunConfig& config) {
  if (config.resume && !std::filesystem::exists(config.checkpoint) && config.from.ends_with(".lmcm"))
    return load_model_file(config.from, config.backend);
  if (config.resume) return load_checkpoint(config.checkpoint, config.backend);
  auto tokenizer = read_tokenizer(config.tokenizer);
  LMC_TRY(tokenizer);
  if (!config.from.empty()) return warm_start(config.from, config.model, *tokenizer, config.backend);
  const auto parsed = Tokenizer::parse(*tokenizer);
  LMC_TRY(parsed);
  ModelConfig shape = config.model;
  shape.vocabulary = int64_t(parsed->vocabulary_size());
  if (int64_t(shape.windows.size()) != shape.layers)
    return usage_error("as many --windows as --layers are needed: " + std::to_string(shape.layers));
  return Checkpoint{std::make_unique<Model>(shape, config.seed, config.backend), {}, std::move(*tokenizer)};
}

void set_quantisation(Model& model, bool on, const RunConfig& config) {
  if (on == model.quantisation.on) return;
  model.quantisation = {on, config.down_input_bits};
  model.refresh();
  std::printf("fake quantisation %s\n", on ? "on" : "off");
}

Status train(const RunConfig& config) {
  auto start_point = begin(config);
  if (!start_point.ok()) return start_point.error();
  Model& model = *start_point->model;
  Progress& progress = start_point->progress;
  auto tokenizer = Tokenizer::parse(start_point->tokenizer);
  LMC_TRY(tokenizer);
  Batches batches;
  LMC_TRY(batches.open(config.tokens, config.seed, config.length));
  const OptimizerConfig optimizer;
  Curve curve(config, *tokenizer);
  StepClock clock;
  auto saved_at = Clock::now();
  const int64_t first_step = progress.step;
  const double products = model.products_rate(config.sequences * config.length);
  std::printf("products alone: %.0f GFLOP/s\n", products * 1e-9);
  std::vector<int32_t> inputs, targets;
  const auto report_dev = [&] {
    const auto loss = [&](auto ids, auto next) { return model.evaluate(ids, next); };
    return evaluate_dev(loss, *tokenizer, config.tokens, 65536);
  };
  const int64_t last_budget = config.tokens_budgets.empty() ? 0 : config.tokens_budgets.back();
  Schedule schedule = Schedule::of(config, progress.tokens);
  while (true) {
    const double done = schedule.done(config, progress);
    const bool last = (done >= 1 && (config.minutes > 0 || progress.tokens >= last_budget)) ||
                      (config.stop_after_steps && progress.step - first_step >= config.stop_after_steps);
    if (last || done >= 1 || seconds_since(saved_at) > config.checkpoint_seconds) {
      LMC_TRY(save_checkpoint(config.checkpoint, model, progress, start_point->tokenizer));
      saved_at = Clock::now();
    }
    if (last) break;
    if (done >= 1) {
      const std::string kept = config.checkpoint + "." + std::to_string(schedule.end_tokens / 1'000'000) + "M";
      LMC_TRY(save_checkpoint(kept, model, progress, start_point->tokenizer));
      LMC_TRY(report_dev());
      schedule = Schedule::of(config, progress.tokens);
      continue;
    }
    const auto start = Clock::now();
    set_quantisation(model, done > 1 - config.quantise_share, config);
    inputs.clear();
    targets.clear();
    for (int64_t i = 0; i < config.sequences; ++i)
      batches.next(progress.sequences_served, tokenizer->bos(), inputs, targets);
    const double loss = model.train_step(inputs, targets, config.sequences, config.length);
    if (!std::isfinite(loss)) return bad_input("loss is not finite at step " + std::to_string(progress.step));
    ++progress.step;
    const int64_t tokens_a_step = config.sequences * config.length;
    const double rate = config.peak_rate * schedule.rate(done, progress.tokens + tokens_a_step, tokens_a_step);
    update(model, optimizer, rate, progress.step);
    model.refresh();
    progress.tokens += int64_t(inputs.size());
    progress.seconds += clock.counted(seconds_since(start));
    curve.add(loss, targets);
    if (curve.elapsed() > config.log_seconds || progress.step - first_step == 1)
      curve.log(progress, model, rate, products, schedule.end_tokens);
  }
  return report_dev();
}

}  // namespace lmc::train
