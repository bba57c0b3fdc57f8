#include "train/adapt.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lmc/base/io.h"
#include "lmc/models/adapters/adapter.h"
#include "lmc/models/registry.h"
#include "train/adapter_texts.h"
#include "train/checkpoint.h"
#include "train/trainee.h"

namespace lmc::train {
namespace {

using Clock = std::chrono::steady_clock;
using torch::Tensor;

constexpr size_t kLongestHeldOut = 2048, kHeldOutTokens = 24000;

struct Standing {
  int64_t step = 0, served = 0;
  double seconds = 0, best = 1e300;  // held-out bits a byte, merged
  int without_gain = 0;
  bool dithered = false;  // the best
};

// A and B of the best state so far.
using Kept = std::vector<std::pair<Tensor, Tensor>>;

Kept keep(const std::vector<Lora>& loras) {
  Kept kept;
  for (const Lora& lora : loras) kept.emplace_back(lora.a.clone(), lora.b.clone());
  return kept;
}

void restore(std::vector<Lora>& loras, const Kept& kept) {
  for (size_t i = 0; i < loras.size(); ++i) loras[i].a = kept[i].first.clone(), loras[i].b = kept[i].second.clone();
}

Status save(const std::string& path, const std::vector<Lora>& loras, const Kept& kept, const Standing& standing,
            const std::string& base_sha256) {
  torch::serialize::OutputArchive archive;
  for (size_t i = 0; i < loras.size(); ++i) {
    const Lora& lora = loras[i];
    archive.write(lora.name + ".a", lora.a);
    archive.write(lora.name + ".b", lora.b);
    archive.write(lora.name + ".best_a", kept[i].first);
    archive.write(lora.name + ".best_b", kept[i].second);
    for (int s = 0; s < 4; ++s) archive.write(lora.name + ".state" + std::to_string(s), lora.state[s]);
  }
  archive.write("standing", torch::tensor({double(standing.step), double(standing.served), standing.seconds,
                                           standing.best, double(standing.without_gain), double(standing.dithered)},
                                          torch::kFloat64));
  archive.write("base", c10::IValue(base_sha256));
  return write_archive(path, archive);
}

Status load(const std::string& path, std::vector<Lora>& loras, Kept& kept, Standing& standing,
            const std::string& base_sha256) {
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path);
    c10::IValue base;
    archive.read("base", base);
    if (base.toStringRef() != base_sha256) return usage_error(path + ": a run on another base model");
    const auto read = [&](const std::string& name, const Tensor& like) {
      Tensor value;
      archive.read(name, value);
      TORCH_CHECK(value.sizes() == like.sizes(), name, " has another shape: another rank?");
      return value;
    };
    for (size_t i = 0; i < loras.size(); ++i) {
      Lora& lora = loras[i];
      kept[i] = {read(lora.name + ".best_a", lora.a), read(lora.name + ".best_b", lora.b)};
      lora.a = read(lora.name + ".a", lora.a);
      lora.b = read(lora.name + ".b", lora.b);
      for (int s = 0; s < 4; ++s) lora.state[s] = read(lora.name + ".state" + std::to_string(s), lora.state[s]);
    }
    Tensor numbers;
    archive.read("standing", numbers);
    const double* n = numbers.data_ptr<double>();
    standing = {int64_t(n[0]), int64_t(n[1]), n[2], n[3], int(n[4]), n[5] != 0};
    return Ok();
  } catch (const c10::Error& error) {
    return bad_input("cannot go on from " + path + ": " + error.what_without_backtrace());
  }
}

// Bits a byte of the held-out texts.
double held_out_bits(Trainee& trainee, const AdapterTexts& texts) {
  double nats = 0, bytes = 0;
  size_t tokens = 0;
  for (const AdapterTexts::Document& document : texts.held_out) {
    if (tokens >= kHeldOutTokens) break;
    const std::span<const int32_t> all(document.tokens);
    nats += trainee.evaluate(all.first(all.size() - 1), all.subspan(1));
    bytes += document.bytes;
    tokens += all.size() - 1;
  }
  return nats / std::log(2.0) / bytes;
}

Status write_adapter(const AdaptConfig& config, const ModelFile& base, const std::vector<Lora>& loras,
                     const Standing& standing, double before) {
  AdapterWriter writer(config.name.empty() ? std::filesystem::path(config.out).stem().string() : config.name, base);
  writer.set_dithered(standing.dithered);
  for (const Lora& lora : loras) {
    const Tensor a = lora.a.contiguous(), b = (lora.b * lora.factor).contiguous();
    writer.add(lora.name, {a.data_ptr<float>(), size_t(a.numel())}, {b.data_ptr<float>(), size_t(b.numel())},
               int(a.size(0)));
  }
  const nlohmann::json training = {{"rank", config.rank},
                                   {"alpha", config.alpha},
                                   {"targets", config.targets},
                                   {"steps", standing.step},
                                   {"tokens", standing.served * config.length},
                                   {"seconds", std::round(standing.seconds)},
                                   {"held_out_bits_a_byte", {before, standing.best}}};
  writer.set_training(training.dump());
  const auto file = writer.finish();
  if (!file.ok()) return file.error();
  LMC_TRY(write_file(config.out, *file));
  std::printf("%s: %zu bytes\n", config.out.c_str(), file->size());
  return Ok();
}

std::vector<std::string> default_targets(const lmc::ModelConfig& model) {
  std::vector<std::string> targets;
  for (const AdapterTarget& target : adapter_targets())
    if (std::string(target.name) != "head" &&
        (std::string(target.name) != "w_gate" || model.activation == Activation::kSwiglu))
      targets.push_back(target.peft_name);
  return targets;
}

// The steps of one run, and the best state of the adapter so far.
struct Training {
  const AdaptConfig& config;
  Trainee& trainee;
  const AdapterTexts& texts;
  Pieces& pieces;
  std::vector<Lora>& loras;
  int32_t bos;
  std::string identity;  // of the base

  double before = 0;  // held-out bits a byte without an adapter
  Standing standing = {};
  Kept best = keep(loras);
  double nats = 0, last_evaluation = 0;  // since the last evaluation, and when that was
  int64_t tokens = 0;

  // Ends with the best state in loras.
  Status run() {
    trainee.prepare(loras, Rounding::kNearest);
    standing.best = before = held_out_bits(trainee, texts);
    std::printf("held out: %.4f bits a byte without an adapter\n", before);
    if (config.resume) LMC_TRY(load(config.checkpoint, loras, best, standing, identity));
    last_evaluation = standing.seconds;
    for (bool last = false; !last && standing.without_gain < config.patience;) {
      LMC_TRY(step());
      last = standing.seconds >= config.minutes * 60 || standing.step == config.stop_after_steps;
      if (!last && standing.seconds - last_evaluation < config.evaluate_seconds) continue;
      evaluate();
      LMC_TRY(save(config.checkpoint, loras, best, standing, identity));
      if (standing.without_gain >= config.patience) std::printf("no gain any more: the best state is kept\n");
    }
    restore(loras, best);
    return Ok();
  }

 private:
  Status step() {
    const auto start = Clock::now();
    const double done = standing.seconds / (config.minutes * 60);
    const bool rounded = trainee.rounds_quickly() && done >= 1 - config.rounded_share;
    trainee.prepare(loras, rounded ? Rounding::kNearest : Rounding::kNone);
    std::vector<int32_t> inputs, targets;
    for (int64_t i = 0; i < config.sequences; ++i) pieces.append(standing.served++, bos, inputs, targets);
    double loss = 0;
    {
      torch::AutoGradMode with_gradients(true);
      loss = trainee.step(loras, inputs, targets, config.sequences, config.length);
    }
    if (!std::isfinite(loss)) return bad_input("loss is not finite at step " + std::to_string(standing.step));
    ++standing.step;
    const double warm = std::min(1.0, double(standing.step) / 20), fall = std::clamp(2 * (1 - done), 0.02, 1.0);
    update(loras, config.rate * warm * fall, standing.step);
    nats += loss * double(inputs.size());
    tokens += int64_t(inputs.size());
    standing.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    return Ok();
  }

  void evaluate() {
    const auto measure = [&](Rounding rounding) {
      trainee.prepare(loras, rounding);
      return held_out_bits(trainee, texts);
    };
    const double unrounded = measure(Rounding::kNone), nearest = measure(Rounding::kNearest),
                 dithered = measure(Rounding::kDithered), merged = std::min(nearest, dithered);
    std::printf(
        "step %lld  %.2f M tokens  %.1f min  loss %.4f nats a token  %.0f tokens/s  held out %.4f nearest, %.4f "
        "dithered, "
        "%.4f not rounded\n",
        (long long)standing.step, double(standing.served * config.length) / 1e6, standing.seconds / 60,
        nats / double(tokens), double(tokens) / (standing.seconds - last_evaluation), nearest, dithered, unrounded);
    std::fflush(stdout);
    nats = 0;
    tokens = 0;
    last_evaluation = standing.seconds;
    ++standing.without_gain;
    if (merged >= standing.best) return;
    standing.best = merged;
    standing.dithered = dithered < nearest;
    standing.without_gain = 0;
    best = keep(loras);
  }
};

}  // namespace

Status adapt(const AdaptConfig& given) {
  torch::NoGradGuard no_grad;
  AdaptConfig config = given;
  if (config.rank < 1 || config.rank > kMaxAdapterRank)
    return usage_error("--rank must be 1 to " + std::to_string(kMaxAdapterRank));
  if (config.alpha == 0) config.alpha = 2.0 * config.rank;
  if (config.length < 64 || config.length % 64 != 0) return usage_error("--length must be a multiple of 64");
  if (config.checkpoint.empty()) config.checkpoint = config.out + ".ckpt";
  std::vector<std::string> folders = split_folders(config.models);
  for (std::string& folder : default_model_folders()) folders.push_back(std::move(folder));
  Registry registry(std::move(folders));
  const auto found = registry.find_name(config.base);
  if (!found.ok()) return found.error();
  const ModelFile& base = (*found)->file;
  if (base.kind() != ModelKind::kTransformer) return usage_error(config.base + " is no language model");
  if (config.targets.empty()) config.targets = default_targets(base.config());
  auto tokenizer = Tokenizer::parse(base.section("tokenizer"), base.section("tokenizer.merges"));
  LMC_TRY(tokenizer);
  auto texts = read_adapter_texts(config.data, *tokenizer, config.seed, kLongestHeldOut);
  if (!texts.ok()) return texts.error();
  std::printf("%.1f MB to train on, %zu tokens; %zu texts held out\n", texts->train_bytes / 1e6, texts->train.size(),
              texts->held_out.size());
  Pieces pieces(texts->train, config.length, config.seed);
  if (pieces.count() < 1)
    return usage_error(config.data + ": too little text, " + std::to_string(texts->train.size()) +
                       " tokens; more of it, or a smaller --length");
  auto loras = make_loras(base, config.targets, config.rank, config.alpha, config.seed);
  if (!loras.ok()) return loras.error();
  auto made = make_trainee(base, (*found)->path, config.plain);
  if (!made.ok()) return made.error();
  Trainee& trainee = **made;

  Training training{config, trainee, *texts, pieces, *loras, int32_t(tokenizer->bos()), hex(base.sha256())};
  LMC_TRY(training.run());
  LMC_TRY(write_adapter(config, base, *loras, training.standing, training.before));
  std::filesystem::remove(config.checkpoint);
  return Ok();
}

}  // namespace lmc::train
