#include "lmc/codecs/text.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "lmc/codecs/lockstep.h"
#include "lmc/coding/arithmetic_coder.h"
#include "lmc/coding/coding_loop.h"
#include "lmc/mixing/deep_text.h"
#include "lmc/mixing/model_alone.h"
#include "lmc/tokenize/tokenizer.h"

namespace lmc {

struct TextModel {
  Tokenizer tokenizer;
  Transformer transformer;
  TokenTree tree;
  Bytes prior;  // of the mixing in token mode; empty: none

  TextModel(Tokenizer t, Transformer f, ByteSpan p)
      : tokenizer(std::move(t)), transformer(std::move(f)), tree(tokenizer.vocabulary()), prior(p.begin(), p.end()) {}
};

namespace {

constexpr size_t kSampleBytes = 4096;
constexpr size_t kSamples = 16;
constexpr uint64_t kAskTokens = 64;  // between two questions whether to go on

// Codes every token of the block through `coder`. Encoding: tokens holds them all. Decoding: the tokens come out in
// the mixing streams' histories. Ends when size_bytes are out, which may be before the plan's last token; returns the
// number of tokens, 0 if they make more or fewer bytes or go_on, asked now and then, says no.
template <typename Coder, typename Mixing, typename GoOn>
uint64_t code_tokens(Coder& coder, Lockstep& lockstep, const TextModel& model, const StreamPlan& plan,
                     std::span<const uint32_t> tokens, Mixing& mixing, size_t size_bytes,
                     const BlockResources& resources, const GoOn& go_on, double* model_bits = nullptr) {
  size_t done_bytes = 0;
  uint64_t done_tokens = 0;
  const auto code = [&](uint32_t stream, uint64_t step, const uint32_t* cumulative) {
    const uint32_t sent = Coder::kDecodes ? 0 : tokens[plan.first(stream) + step];
    const uint32_t token = code_token(coder, model.tree, mixing, stream, cumulative, sent);
    if (model_bits != nullptr)
      *model_bits += std::log2(double(cumulative[model.tokenizer.vocabulary_size()]) /
                               double(cumulative[token + 1] - cumulative[token]));
    done_bytes += model.tree.bytes(token).size();
    ++done_tokens;
    const bool more = done_bytes < size_bytes && (done_tokens % kAskTokens != 0 || go_on(done_bytes));
    return more ? token : kStop;
  };
  lockstep.run(code, [&](uint64_t) {
    if (resources.progress) resources.progress(done_bytes);
  });
  return done_bytes == size_bytes ? done_tokens : 0;
}

template <typename Mixing>
constexpr bool kHeadLearns = !std::is_same_v<Mixing, ModelAlone>;

// more: what Mixing wants beside its shape and instruction set.
template <typename Mixing = MixingModel>
Result<std::unique_ptr<Mixing>> make_mixing(ByteSpan prior, const StreamPlan& plan, size_t size_bytes, Isa isa,
                                            auto... more) {
  const MixingShape shape{.tokens = true, .streams = plan.streams, .size_bytes = size_bytes};
  auto mixing = std::make_unique<Mixing>(shape, isa, more...);
  if (!prior.empty()) LMC_TRY(mixing->load_prior(prior));
  return mixing;
}

// What a model's caches, the copy of its head and what that foretells take counts above what the built-in ones need.
uint64_t model_bytes(const TextModel& model, uint32_t streams) {
  constexpr uint64_t kFree = uint64_t(16) << 20;
  const ModelConfig& config = model.transformer.config();
  const uint64_t bytes = streams * model.transformer.stream_bytes() + uint64_t(config.vocab) * uint64_t(config.width) +
                         Lockstep::logits_bytes(model.transformer);
  return bytes > kFree ? bytes - kFree : 0;
}

template <typename Mixing>
Result<Budget::Lease> take_memory(const TextModel& model, uint32_t streams, size_t raw_bytes, uint64_t copies,
                                  const BlockResources& resources) {
  const uint64_t mixing_bytes = Mixing::memory_bytes({.tokens = true, .streams = streams, .size_bytes = raw_bytes});
  return Budget::take(resources.budget, mixing_bytes + model_bytes(model, streams) + copies * raw_bytes,
                      "a text of " + std::to_string(raw_bytes) + " bytes");
}

template <typename Mixing>
struct EncodedText {
  size_t tokens;
  Bytes coded;  // the arithmetic code
  std::unique_ptr<Mixing> mixing;
  double model_bits = 0;
};
// go_on says no: what is coded by then, with 0 tokens.
template <typename Mixing = MixingModel>
Result<EncodedText<Mixing>> encode_with(const TextModel& model, const TextExperiment& setup, ByteSpan raw,
                                        const BlockResources& resources, const GoOn& go_on = {}, auto... more) {
  constexpr uint64_t kCopies = 6;  // tokens while they grow, and what becomes of them
  LMC_ASSIGN(const auto memory, take_memory<Mixing>(model, StreamPlan::for_tokens(raw.size(), setup.profile).streams,
                                                    raw.size(), kCopies, resources));
  const std::vector<uint32_t> tokens = model.tokenizer.encode(raw);
  const StreamPlan plan = StreamPlan::for_tokens(tokens.size(), setup.profile);
  LMC_ASSIGN(auto mixing, make_mixing<Mixing>(setup.prior, plan, raw.size(), resources.isa, more...));
  Bytes coded;
  ArithmeticEncoder coder(coded);
  Lockstep lockstep(model.transformer, plan, resources.threads, tokens, setup.adapt_head && kHeadLearns<Mixing>);
  double model_bits = 0;
  const uint64_t done = code_tokens(
      coder, lockstep, model, plan, tokens, *mixing, raw.size(), resources,
      [&](size_t bytes) { return !go_on || go_on(bytes, coded.size()); }, setup.measure_model ? &model_bits : nullptr);
  coder.finish();
  return EncodedText<Mixing>{size_t(done), std::move(coded), std::move(mixing), model_bits};
}

template <typename Mixing>
Bytes payload_of(const EncodedText<Mixing>& encoded, TextProfile profile) {
  Bytes payload{uint8_t(profile)};
  append_varint(payload, encoded.tokens);
  append_bytes(payload, encoded.coded);
  return payload;
}

// use(kind) with the kind of mixing that a profile has: one or two stages, or none.
template <typename T>
struct Kind {
  using Type = T;
};
template <typename Use>
auto with_mixing(TextProfile profile, const Use& use) {
  switch (profile) {
    case TextProfile::kModelAlone:
      return use(Kind<ModelAlone>());
    case TextProfile::kManyForLarge:
    case TextProfile::kDeepFewStreams:
      return use(Kind<DeepTextMixing>());
    default:
      return use(Kind<MixingModel>());
  }
}

// all_of_them: the text must take every token of the plan.
template <typename Mixing>
Result<Bytes> decode_tokens(const TextModel& model, const StreamPlan& plan, bool all_of_them, ByteSpan coded,
                            size_t raw_size_bytes, const BlockResources& resources) {
  constexpr uint64_t kCopies = 2;
  LMC_ASSIGN(const auto memory, take_memory<Mixing>(model, plan.streams, raw_size_bytes, kCopies, resources));
  auto mixing = make_mixing<Mixing>(model.prior, plan, raw_size_bytes, resources.isa);
  if (!mixing.ok()) return mixing.error();
  ArithmeticDecoder coder(coded);
  Lockstep lockstep(model.transformer, plan, resources.threads, {}, kHeadLearns<Mixing>);
  const uint64_t tokens =
      code_tokens(coder, lockstep, model, plan, {}, **mixing, raw_size_bytes, resources, [](size_t) { return true; });
  if (tokens == 0 || (all_of_them && tokens != plan.tokens))
    return bad_input("text block: its tokens do not make " + std::to_string(raw_size_bytes) +
                     " bytes; the file is damaged");
  Bytes raw;
  raw.reserve(raw_size_bytes);
  for (uint32_t stream = 0; stream < plan.streams; ++stream) append_bytes(raw, (*mixing)->history(stream));
  return raw;
}

}  // namespace

Result<std::shared_ptr<const TextModel>> load_text_model(const ModelFile& file, Isa isa) {
  if (file.kind() != ModelKind::kTransformer) return bad_input("model " + file.name() + " is no language model");
  LMC_ASSIGN(auto tokenizer, Tokenizer::parse(file.section("tokenizer"), file.section("tokenizer.merges")));
  if (tokenizer.vocabulary_size() != size_t(file.config().vocab))
    return bad_input("model " + file.name() + ": its tokenizer has " + std::to_string(tokenizer.vocabulary_size()) +
                     " tokens, its network " + std::to_string(file.config().vocab));
  LMC_ASSIGN(auto transformer, Transformer::load(file, isa));
  auto model =
      std::make_shared<const TextModel>(std::move(tokenizer), std::move(transformer), file.section("mixing.tokens"));
  const auto probe = make_mixing(model->prior, {}, 0, isa);
  if (!probe.ok()) return probe.error();
  return model;
}

double tokens_per_byte(const TextModel& model, ByteSpan raw) {
  size_t bytes = 0;
  size_t tokens = 0;
  const size_t samples = std::clamp<size_t>(raw.size() / kSampleBytes, 1, kSamples);
  for (size_t i = 0; i < samples; ++i) {
    const size_t first = raw.size() * i / samples;
    const ByteSpan piece = raw.subspan(first, std::min(kSampleBytes, raw.size() - first));
    bytes += piece.size();
    tokens += model.tokenizer.encode(piece).size();
  }
  return double(tokens) / double(std::max<size_t>(bytes, 1));
}

TextProfile text_profile(const TextModel& model, const LevelRow& level) {
  if (level.model_alone) return TextProfile::kModelAlone;
  if (level.few_streams) return TextProfile::kDeepFewStreams;
  return model.transformer.is_large() ? TextProfile::kManyForLarge : TextProfile::kManyStreams;
}

Result<Bytes> encode_text_block(const TextModel& model, ByteSpan raw, TextProfile profile,
                                const BlockResources& resources) {
  return with_mixing(profile, [&]<typename Mixing>(Kind<Mixing>) -> Result<Bytes> {
    LMC_ASSIGN(const auto encoded,
               encode_with<Mixing>(model, {.prior = model.prior, .profile = profile}, raw, resources));
    return payload_of(encoded, profile);
  });
}

std::optional<Bytes> encode_text_block_while(const TextModel& model, ByteSpan raw, TextProfile profile,
                                             const GoOn& go_on, const BlockResources& resources) {
  return with_mixing(profile, [&]<typename Mixing>(Kind<Mixing>) -> std::optional<Bytes> {
    const auto encoded = encode_with<Mixing>(model, {.prior = model.prior, .profile = profile}, raw, resources, go_on);
    if (!encoded.ok() || (encoded->tokens == 0 && !raw.empty())) return {};
    return payload_of(*encoded, profile);
  });
}

Result<TextOutcome> try_text_block(const TextModel& model, ByteSpan raw, const TextExperiment& experiment,
                                   const BlockResources& resources) {
  const auto outcome_of = [&](const auto& encoded) -> Result<TextOutcome> {
    if (!encoded.ok()) return encoded.error();
    return TextOutcome{payload_of(*encoded, experiment.profile).size(), encoded->tokens, encoded->model_bits,
                       encoded->mixing->save_prior()};
  };
  if (experiment.without == 0)
    return with_mixing(experiment.profile, [&]<typename Mixing>(Kind<Mixing>) {
      return outcome_of(encode_with<Mixing>(model, experiment, raw, resources));
    });
  return outcome_of(encode_with<AblatedMixing>(model, experiment, raw, resources, {}, experiment.without));
}

ByteSpan text_prior(const TextModel& model) { return model.prior; }

Result<Bytes> decode_text_block(const TextModel& model, ByteSpan payload, size_t raw_size_bytes,
                                const BlockResources& resources) {
  ByteReader reader(payload);
  LMC_ASSIGN(const auto profile, reader.read_le<uint8_t>("text block: profile"));
  if (profile > uint8_t(kLastTextProfile))
    return bad_input("text block: unknown profile; the file was written by a newer lmc or is damaged", 0);
  LMC_ASSIGN(const auto tokens, reader.read_varint("text block: number of tokens"));
  if (tokens > raw_size_bytes || (tokens == 0) != (raw_size_bytes == 0))
    return bad_input("text block: " + std::to_string(tokens) + " tokens cannot make " + std::to_string(raw_size_bytes) +
                         " bytes; the file is damaged",
                     1);
  return with_mixing(TextProfile(profile), [&]<typename Mixing>(Kind<Mixing>) {
    return decode_tokens<Mixing>(model, StreamPlan::for_tokens(tokens, TextProfile(profile)), true,
                                 payload.subspan(reader.position()), raw_size_bytes, resources);
  });
}

Result<Bytes> encode_text_message(const TextModel& model, ByteSpan raw, const BlockResources& resources) {
  LMC_ASSIGN(auto encoded, encode_with(model, {.prior = model.prior}, raw, resources));
  return std::move(encoded.coded);
}

Result<Bytes> decode_text_message(const TextModel& model, ByteSpan coded, size_t raw_size_bytes,
                                  const BlockResources& resources) {
  return decode_tokens<MixingModel>(model, StreamPlan::for_tokens(raw_size_bytes, TextProfile::kFewStreams), false,
                                    coded, raw_size_bytes, resources);
}

std::shared_ptr<const TextModel> text_model_of(const BlockResources& resources) {
  const LoadedModel* const loaded = resources.model(ModelNeed::kText);
  if (loaded == nullptr) return nullptr;
  auto model = compile(resources.engine, loaded->file, resources.isa, load_text_model);
  return model.ok() ? std::move(*model) : nullptr;
}

Result<EncodedBlock> encode_text(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  const auto model = text_model_of(resources);
  if (model == nullptr) return environment_error("text needs a language model, and none is at hand");
  LMC_ASSIGN(auto payload, encode_text_block(*model, raw, text_profile(*model, level), resources));
  return EncodedBlock{kText, std::move(payload), {resources.model(ModelNeed::kText)}};
}

Result<Bytes> decode_text(ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  LMC_ASSIGN(const auto model,
             compile(resources.engine, resources.model(ModelNeed::kText)->file, resources.isa, load_text_model));
  return decode_text_block(*model, payload, raw_bytes, resources);
}

}  // namespace lmc
