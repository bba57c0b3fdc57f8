// The engine against itself (instruction sets, batch shapes, threads: the same bits) and against a binary64 reference.
#include "lmc/models/arch/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <thread>

#include "lmc/base/workers.h"
#include "lmc/models/arch/head.h"
#include "lmc/models/test_model.h"
#include "lmc/numerics/isa_test_support.h"

namespace lmc {
namespace {

ModelConfig small_config() {
  return {.layers = 3,
          .width = 32,
          .heads = 4,
          .kv_heads = 2,
          .head_dim = 16,
          .ffn = 48,
          .vocab = 150,
          .windows = {8, 33, 16}};
}

ModelConfig swiglu_config() {
  ModelConfig config = small_config();
  config.heads = 3;
  config.kv_heads = 1;
  config.head_dim = 12;
  config.width = 36;
  config.vocab = 97;
  config.activation = Activation::kSwiglu;
  config.qk_norm = false;
  config.tied = true;
  config.rope_theta = 500000.0;
  config.act_bits = {.qkv = 16, .o = 16, .up = 16, .down = 16, .head = 16};
  return config;
}

// As imported models are: the first position stays, however far the window has gone.
ModelConfig sinks_config() {
  ModelConfig config = swiglu_config();
  config.sinks = {1, 1, 1};
  return config;
}

// As Gemma 3 is.
ModelConfig gemma_config() {
  ModelConfig config = swiglu_config();
  config.activation = Activation::kGeglu;
  config.qk_norm = true;
  config.embed_factor = 6.0;
  config.sinks = {0, 1, 0};
  return config;
}

// As GPT-2 is; a stream begins anew after 50 tokens.
ModelConfig gpt2_config() {
  ModelConfig config = small_config();
  config.activation = Activation::kGelu;
  config.norm = NormKind::kLayer;
  config.qk_norm = false;
  config.positions = 50;
  config.windows = {50, 33, 50};
  config.act_bits = {.qkv = 16, .o = 16, .up = 16, .down = 16, .head = 16};
  return config;
}

// As image-GPT is.
ModelConfig image_gpt_config() {
  ModelConfig config = gpt2_config();
  config.activation = Activation::kQuickGelu;
  config.norm = NormKind::kRms;
  config.bos_anew = true;
  return config;
}

TestExtras extras_of(const ModelConfig& config) {
  if (config.activation == Activation::kGeglu) return {.post_norms = true, .head_gains = true, .ropes = 2};
  if (config.activation == Activation::kGelu) return {.biases = true, .ropes = 2};
  if (config.activation == Activation::kQuickGelu) return {.biases = true, .head_bias = true};
  return {};
}

Bytes test_model(const ModelConfig& config, bool gains) {
  return make_test_model(config, 42, gains, 3.0f, {}, extras_of(config));
}

Transformer load(const ModelConfig& config, Isa isa, bool gains = false) {
  const auto file = ModelFile::from_bytes(test_model(config, gains));
  EXPECT_TRUE(file.ok());
  auto model = Transformer::load(*file, isa);
  EXPECT_TRUE(model.ok());
  return *model;
}

// tokens[stream][step]
using Texts = std::vector<std::vector<uint32_t>>;

Texts random_texts(int streams, int length, int vocab) {
  TestRandom random(9);
  Texts texts(static_cast<size_t>(streams));
  for (auto& text : texts) {
    text.push_back(uint32_t(vocab - 1));
    while (int(text.size()) < length) text.push_back(uint32_t(random.below(uint32_t(vocab - 1))));
  }
  return texts;
}

// Everything that a coder sees of one stream: hidden rows, their scales, cumulative frequencies.
struct Trace {
  std::vector<int16_t> values;
  std::vector<float> scales;
  std::vector<uint32_t> cumulative;
  bool operator==(const Trace&) const = default;
};

void append(Trace& trace, const Head& head, const Hidden& hidden, int row, HeadScratch& scratch) {
  const auto begin = hidden.values.begin() + row * hidden.width;
  trace.values.insert(trace.values.end(), begin, begin + hidden.width);
  trace.scales.push_back(hidden.scales[size_t(row)]);
  const size_t size = size_t(head.vocab() + 1);
  trace.cumulative.resize(trace.cumulative.size() + size);
  head.cumulative(hidden, row, 1, &*(trace.cumulative.end() - std::ptrdiff_t(size)), scratch);
}

// Feeds all texts in lockstep, the streams in groups of `batch`, each step in two parts cut at a layer that changes.
std::vector<Trace> run(const Transformer& model, const Texts& texts, size_t batch) {
  TransformerState state = model.make_state(uint32_t(texts.size()));
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  const Head head = model.make_head();
  std::vector<Trace> traces(texts.size());
  for (size_t step = 0; step < texts[0].size(); ++step) {
    for (size_t first = 0; first < texts.size(); first += batch) {
      std::vector<uint32_t> streams;
      std::vector<uint32_t> tokens;
      for (size_t s = first; s < std::min(first + batch, texts.size()); ++s) {
        streams.push_back(uint32_t(s));
        tokens.push_back(texts[s][step]);
      }
      const int cut = 1 + int(step % size_t(model.config().layers));
      model.step_layers(state, streams, tokens, 0, cut, hidden, scratch);
      if (cut < model.config().layers)
        model.step_layers(state, streams, tokens, cut, model.config().layers, hidden, scratch);
      for (size_t i = 0; i < streams.size(); ++i) append(traces[streams[i]], head, hidden, int(i), head_scratch);
    }
  }
  return traces;
}

class Engine : public testing::TestWithParam<int> {
 protected:
  ModelConfig config() const {
    const ModelConfig configs[] = {small_config(), swiglu_config(), swiglu_config(),   sinks_config(),
                                   gemma_config(), gpt2_config(),   image_gpt_config()};
    return configs[GetParam()];
  }
  bool gains() const { return GetParam() == 1 || GetParam() > 3; }
};

TEST_P(Engine, InstructionSetsAndBatchShapesAgree) {
  const Texts texts = random_texts(9, 110, config().vocab);
  const auto expected = run(load(config(), Isa::kScalar, gains()), texts, 1);
  for (Isa isa : isas())
    for (size_t batch = 1; batch <= 9; ++batch)
      ASSERT_TRUE(run(load(config(), isa, gains()), texts, batch) == expected) << isa_name(isa) << " " << batch;
}

TEST_P(Engine, PrefillIsTheSameAsSteps) {
  const Texts texts = random_texts(2, 120, config().vocab);
  for (Isa isa : isas()) {
    const Transformer model = load(config(), isa, gains());
    const auto expected = run(model, texts, 2);
    TransformerState state = model.make_state(2);
    TransformerScratch scratch;
    HeadScratch head_scratch;
    Hidden hidden;
    const Head head = model.make_head();
    std::vector<Trace> traces(2);
    TestRandom random(3);
    size_t done[2] = {0, 0};
    while (done[0] + done[1] < 240) {  // chunks of random length, of both streams in one call
      std::vector<uint32_t> streams;
      std::vector<uint32_t> tokens;
      for (uint32_t s = 0; s < 2; ++s)
        for (uint32_t n = random.below(50); n > 0 && done[s] < 120; --n) {
          streams.push_back(s);
          tokens.push_back(texts[s][done[s]++]);
        }
      if (streams.empty()) continue;
      model.step(state, streams, tokens, hidden, scratch);
      for (size_t i = 0; i < streams.size(); ++i) append(traces[streams[i]], head, hidden, int(i), head_scratch);
    }
    EXPECT_TRUE(traces == expected) << isa_name(isa);
  }
}

TEST_P(Engine, ThreadsAgree) {
  const Texts texts = random_texts(6, 60, config().vocab);
  const Transformer model = load(config(), best_isa(), gains());
  const auto expected = run(model, texts, 6);
  TransformerState state = model.make_state(6);
  const Head head = model.make_head();
  std::vector<Trace> traces(6);
  std::vector<std::thread> threads;
  for (uint32_t part = 0; part < 3; ++part)
    threads.emplace_back([&, part] {
      TransformerScratch scratch;
      HeadScratch head_scratch;
      Hidden hidden;
      const uint32_t streams[2] = {5 - part, part};
      for (size_t step = 0; step < 60; ++step) {
        const uint32_t tokens[2] = {texts[streams[0]][step], texts[streams[1]][step]};
        model.step(state, streams, tokens, hidden, scratch);
        for (int i = 0; i < 2; ++i) append(traces[streams[i]], head, hidden, i, head_scratch);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(traces == expected);
}

TEST_P(Engine, SharedWorkIsTheSame) {
  const Texts texts = random_texts(3, 60, config().vocab);
  const Transformer model = load(config(), best_isa(), gains());
  const auto expected = run(model, texts, 3);
  Workers workers(3);
  TransformerState state = model.make_state(3);
  TransformerScratch scratch(&workers);
  HeadScratch head_scratch;
  head_scratch.workers = &workers;
  Hidden hidden;
  const Head head = model.make_head();
  std::vector<Trace> traces(3);
  const uint32_t streams[3] = {0, 1, 2};
  for (size_t step = 0; step < 60; ++step) {
    const uint32_t tokens[3] = {texts[0][step], texts[1][step], texts[2][step]};
    model.step(state, streams, tokens, hidden, scratch);
    for (int i = 0; i < 3; ++i) append(traces[size_t(i)], head, hidden, i, head_scratch);
  }
  EXPECT_TRUE(traces == expected);
}

TEST_P(Engine, AResetStreamBeginsAnew) {
  const Transformer model = load(config(), best_isa(), gains());
  TransformerState state = model.make_state(2);
  TransformerScratch scratch;
  Hidden first, again;
  const uint32_t stream[1] = {1};
  const auto feed = [&](Hidden& hidden) {
    for (uint32_t token : {5, 6, 7, 8}) model.step(state, stream, std::span(&token, 1), hidden, scratch);
  };
  feed(first);
  for (int i = 0; i < 30; ++i) feed(again);
  EXPECT_NE(first.values, again.values);
  EXPECT_EQ(state.position(1), 124u);
  state.reset_stream(1);
  feed(again);
  EXPECT_EQ(first.values, again.values);
  EXPECT_EQ(first.scales, again.scales);
  EXPECT_EQ(state.position(0), 0u);
}

TEST_P(Engine, AdaptingHeadsAgree) {
  const Texts texts = random_texts(1, 80, config().vocab);
  std::vector<std::vector<uint32_t>> results;
  double bits_before = 0, bits_after = 0;
  for (Isa isa : isas()) {
    const Transformer model = load(config(), isa, gains());
    TransformerState state = model.make_state(1);
    TransformerScratch scratch;
    HeadScratch head_scratch;
    Hidden hidden;
    const Head fixed = model.make_head();
    Head head = fixed;
    const size_t size = size_t(head.vocab() + 1);
    std::vector<uint32_t> row(size), all;
    bits_before = bits_after = 0;
    const uint32_t stream[1] = {0};
    for (size_t step = 0; step + 1 < 80; ++step) {
      const uint32_t token = texts[0][step], next = uint32_t(step % 3 == 0 ? 11 : texts[0][step + 1]);
      model.step(state, stream, std::span(&token, 1), hidden, scratch);
      const auto bits = [&](const Head& h) {
        h.cumulative(hidden, 0, 1, row.data(), head_scratch);
        return -std::log2(double(row[next + 1u] - row[next]) / double(row[size - 1]));
      };
      bits_before += bits(fixed);
      bits_after += bits(head);
      all.insert(all.end(), row.begin(), row.end());
      head.adapt(hidden, 0, next, row.data(), 0.05f);
    }
    results.push_back(std::move(all));
  }
  for (const auto& result : results) EXPECT_TRUE(result == results[0]);
  EXPECT_LT(bits_after, bits_before - 20);  // a third of the tokens is always the same
}

// Logits that are taken ahead, by weights of up to two settle() before, are put right where they are used.
TEST_P(Engine, LearningDeferredPredictsTheSame) {
  constexpr int kRows = 90, kAhead = 7;
  const Texts texts = random_texts(1, kRows, config().vocab);
  for (Isa isa : isas()) {
    const Transformer model = load(config(), isa, gains());
    TransformerState state = model.make_state(1);
    TransformerScratch scratch;
    Hidden hidden;
    model.step(state, std::vector<uint32_t>(kRows, 0), texts[0], hidden, scratch);
    Head at_once = model.make_head(), deferred = at_once;
    deferred.defer();
    HeadScratch head_scratch;
    const size_t stride = deferred.logits_stride(), size = size_t(at_once.vocab()) + 1;
    std::vector<float> logits(size_t(kRows) * stride);
    const auto look_ahead = [&](int first) {
      const int count = std::min(kAhead, kRows - first);
      if (count > 0) deferred.logits(hidden, first, count, logits.data() + size_t(first) * stride, head_scratch);
    };
    std::vector<uint32_t> wanted(size), got(size);
    look_ahead(0);
    for (int row = 0; row < kRows; ++row) {
      if (row % kAhead == 0) {
        deferred.settle();
        look_ahead(row + kAhead);
      }
      at_once.cumulative(hidden, row, 1, wanted.data(), head_scratch);
      deferred.cumulative(hidden, row, 1, logits.data() + size_t(row) * stride, got.data(), head_scratch);
      ASSERT_TRUE(got == wanted) << isa_name(isa) << ", row " << row;
      const auto next = uint32_t(row % 3 == 0 ? 11 : row % 5);
      at_once.adapt(hidden, row, next, wanted.data(), 0.05f);
      deferred.adapt(hidden, row, next, got.data(), 0.05f);
    }
  }
}

// The float reference of the engine's semantics, in binary64 and without quantised activations.
class Reference {
 public:
  explicit Reference(const ModelFile& file) : file_(file), c_(file.config()) {
    keys_.resize(size_t(c_.layers));
    values_.resize(size_t(c_.layers));
  }

  std::vector<double> logits(uint32_t token) {
    if (c_.bos_anew && position_ % uint64_t(c_.positions) == 0) token = uint32_t(c_.vocab) - 1;
    Row x = matrix_row("embed", token);
    for (double& v : x) v *= c_.embed_factor;
    if (c_.positions > 0) {
      position_ %= uint64_t(c_.positions);
      if (position_ == 0) {
        for (auto& keys : keys_) keys.clear();
        for (auto& values : values_) values.clear();
      }
      const auto learned = file_.tensor("positions");
      for (size_t i = 0; i < x.size(); ++i) x[i] += double(learned->as<float>()[position_ * x.size() + i]);
    }
    for (int l = 0; l < c_.layers; ++l) {
      const std::string layer = "layer." + std::to_string(l) + ".";
      const Row n = norm(x, layer + "attn_norm");
      Row q = times(layer + "wq", n), k = times(layer + "wk", n);
      for (int h = 0; h < c_.heads; ++h) rotate(&q[size_t(h * c_.head_dim)], layer, "q_norm");
      for (int h = 0; h < c_.kv_heads; ++h) rotate(&k[size_t(h * c_.head_dim)], layer, "k_norm");
      keys_[size_t(l)].push_back(k);
      values_[size_t(l)].push_back(times(layer + "wv", n));
      add(x, post_norm(times(layer + "wo", attend(l, q)), layer + "attn_post_norm"));
      const Row m = norm(x, layer + "ffn_norm");
      Row up = times(layer + "w_up", m);
      if (c_.activation == Activation::kRelu2) {
        for (double& u : up) u = u > 0 ? u * u : 0;
      } else if (c_.activation == Activation::kGelu) {
        for (double& u : up) u = gelu(u);
      } else if (c_.activation == Activation::kQuickGelu) {
        for (double& u : up) u = u / (1 + std::exp(-1.702 * u));
      } else {
        const Row gate = times(layer + "w_gate", m);
        for (size_t i = 0; i < up.size(); ++i)
          up[i] *= c_.activation == Activation::kGeglu ? gelu(gate[i]) : gate[i] / (1 + std::exp(-gate[i]));
      }
      add(x, post_norm(times(layer + "w_down", up), layer + "ffn_post_norm"));
    }
    ++position_;
    Row out = times(c_.tied ? "embed" : "head", norm(x, "final_norm"));
    if (!c_.tied || !file_.has("head.bias")) return out;  // else it is added there
    for (size_t v = 0; v < out.size(); ++v) out[v] += double(file_.tensor("head.bias")->as<float>()[v]);
    return out;
  }

 private:
  using Row = std::vector<double>;

  Row matrix_row(const std::string& name, size_t row) const {
    const auto view = file_.tensor(name);
    const size_t columns = view->shape[1];
    const double scale = double(file_.tensor(name + ".scale")->as<float>()[row]);
    Row out(columns);
    for (size_t k = 0; k < columns; ++k) out[k] = view->as<int8_t>()[row * columns + k] * scale;
    return out;
  }

  Row times(const std::string& name, const Row& x) const {
    const size_t rows = file_.tensor(name)->shape[0];
    Row out(rows);
    for (size_t o = 0; o < rows; ++o) {
      const Row w = matrix_row(name, o);
      out[o] = std::inner_product(w.begin(), w.end(), x.begin(), 0.0);
      if (file_.has(name + ".bias")) out[o] += double(file_.tensor(name + ".bias")->as<float>()[o]);
    }
    return out;
  }

  static void add(Row& x, const Row& y) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  static double gelu(double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

  Row post_norm(const Row& x, const std::string& gain) const { return file_.has(gain) ? norm(x, gain) : x; }

  Row norm(const Row& x, const std::string& gain) const {
    Row out = x;
    if (c_.norm == NormKind::kLayer) {
      const double mean = std::accumulate(x.begin(), x.end(), 0.0) / double(x.size());
      for (double& v : out) v -= mean;
    }
    double sum = 0;
    for (double v : out) sum += v * v;
    for (double& v : out) v /= std::sqrt(sum / double(x.size()) + c_.norm_eps);
    if (file_.has(gain))
      for (size_t i = 0; i < x.size(); ++i) out[i] *= double(file_.tensor(gain)->as<float>()[i]);
    if (file_.has(gain + ".bias"))
      for (size_t i = 0; i < x.size(); ++i) out[i] += double(file_.tensor(gain + ".bias")->as<float>()[i]);
    return out;
  }

  void rotate(double* head, const std::string& layer, const char* gain) const {
    if (c_.qk_norm) {
      const Row normed = norm(Row(head, head + c_.head_dim), layer + gain);
      std::copy(normed.begin(), normed.end(), head);
    }
    turn(head, position_, layer);
  }

  void turn(double* head, uint64_t position, const std::string& layer) const {
    const int half = c_.head_dim / 2;
    for (int i = 0; i < half; ++i) {
      double angle = double(position) * std::pow(c_.rope_theta, -2.0 * i / c_.head_dim);
      if (file_.has(layer + "rope")) {
        const auto words = file_.tensor(layer + "rope");
        angle = double(position) * (double(words->as<uint32_t>()[size_t(2 * i + 1)]) * 0x1p-32) * 2 * M_PI;
      }
      const double a = head[i], b = head[i + half];
      head[i] = a * std::cos(angle) - b * std::sin(angle);
      head[i + half] = b * std::cos(angle) + a * std::sin(angle);
    }
  }

  Row attend(int l, const Row& q) const {
    Row out(q.size());
    const size_t end = keys_[size_t(l)].size(), window = size_t(c_.windows[size_t(l)]);
    const auto gains = file_.tensor("layer." + std::to_string(l) + ".q_gain");
    for (int h = 0; h < c_.heads; ++h) {
      const size_t kv = size_t(h / (c_.heads / c_.kv_heads) * c_.head_dim), at = size_t(h * c_.head_dim);
      Row weights;
      const size_t begin = end > window ? end - window : 0;
      std::vector<Row> keys(keys_[size_t(l)].begin() + std::ptrdiff_t(begin), keys_[size_t(l)].end());
      std::vector<Row> values(values_[size_t(l)].begin() + std::ptrdiff_t(begin), values_[size_t(l)].end());
      if (!c_.sinks.empty() && c_.sinks[size_t(l)] > 0 &&
          begin > 0) {  // the first position in place of the oldest one in the window
        keys[0] = keys_[size_t(l)][0];
        values[0] = values_[size_t(l)][0];
        for (int g = 0; g < c_.kv_heads; ++g)
          turn(&keys[0][size_t(g * c_.head_dim)], begin, "layer." + std::to_string(l) + ".");
      }
      double sum = 0;
      for (size_t j = begin; j < end; ++j) {
        double dot = 0;
        for (size_t d = 0; d < size_t(c_.head_dim); ++d) dot += q[at + d] * keys[j - begin][kv + d];
        weights.push_back(std::exp(dot * double(gains->as<float>()[size_t(h)])));
        sum += weights.back();
      }
      for (size_t j = begin; j < end; ++j)
        for (size_t d = 0; d < size_t(c_.head_dim); ++d)
          out[at + d] += weights[j - begin] / sum * values[j - begin][kv + d];
    }
    return out;
  }

  const ModelFile& file_;
  const ModelConfig& c_;
  uint64_t position_ = 0;
  std::vector<std::vector<Row>> keys_, values_;  // (L, T)
};

// Mean Kullback-Leibler divergence, in bits a token, of the engine's distribution from the reference's.
double divergence(const ModelConfig& config, bool gains) {
  const auto file = ModelFile::from_bytes(test_model(config, gains));
  const auto model = Transformer::load(*file, best_isa());
  const Head head = model->make_head();
  TransformerState state = model->make_state(1);
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  Reference reference(*file);
  const Texts texts = random_texts(1, 100, config.vocab);
  std::vector<uint32_t> row(size_t(config.vocab) + 1);
  const uint32_t stream[1] = {0};
  double sum = 0;
  for (uint32_t token : texts[0]) {
    model->step(state, stream, std::span(&token, 1), hidden, scratch);
    head.cumulative(hidden, 0, 1, row.data(), head_scratch);
    auto logits = reference.logits(token);
    logits.pop_back();  // BOS never comes
    double top = *std::max_element(logits.begin(), logits.end()), total = 0;
    for (double logit : logits) total += std::exp(logit - top);
    for (size_t v = 0; v < logits.size(); ++v) {
      const double p = std::exp(logits[v] - top) / total;
      if (p > 0) sum += p * std::log2(p * double(row.back()) / double(row[v + 1] - row[v]));
    }
  }
  return sum / double(texts[0].size());
}

TEST(Accuracy, NearTheFloatReference) {
  // Random weights are a hard case: nothing was trained to bear the rounding.
  ModelConfig config = small_config();
  const double eight = divergence(config, false);
  config.act_bits = {.qkv = 16, .o = 16, .up = 16, .down = 16, .head = 16};
  const double sixteen = divergence(config, true);
  const double swiglu = divergence(swiglu_config(), true);
  const double sinks = divergence(sinks_config(), true);
  const double gemma = divergence(gemma_config(), true);
  const double gpt2 = divergence(gpt2_config(), true);
  const double image_gpt = divergence(image_gpt_config(), true);
  RecordProperty("bits_per_token_8", std::to_string(eight));
  std::printf(
      "divergence, bits a token: %.6f with 8 bits, %.6f with 16, %.6f swiglu with 16, %.6f with a sink, %.6f as Gemma "
      "3, %.6f as GPT-2, %.6f as image-GPT\n",
      eight, sixteen, swiglu, sinks, gemma, gpt2, image_gpt);
  EXPECT_LT(gemma, 0.002);
  EXPECT_LT(gpt2, 0.002);
  EXPECT_LT(image_gpt, 0.002);
  EXPECT_LT(eight, 0.01);
  EXPECT_LT(sixteen, 0.002);
  EXPECT_LT(swiglu, 0.002);
  EXPECT_LT(sinks, 0.002);
}

TEST(Frequencies, SumBelowTheLimitAndNoneForBos) {
  const Transformer model = load(small_config(), best_isa());
  TransformerState state = model.make_state(1);
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  const Head head = model.make_head();
  const uint32_t stream[1] = {0};
  std::vector<uint32_t> row(151);
  for (uint32_t token : {149, 0, 1, 2, 3}) {
    model.step(state, stream, std::span(&token, 1), hidden, scratch);
    head.cumulative(hidden, 0, 1, row.data(), head_scratch);
    EXPECT_EQ(row[0], 0u);
    for (size_t v = 0; v < 149; ++v) EXPECT_GT(row[v + 1], row[v]);
    EXPECT_EQ(row[150], row[149]);
  }
}

constexpr const char* kConfigNames[] = {"Relu2", "Swiglu16Gains", "Swiglu16", "Sinks", "Gemma3", "Gpt2", "ImageGpt"};

INSTANTIATE_TEST_SUITE_P(Configs, Engine, testing::Values(0, 1, 2, 3, 4, 5, 6),
                         [](const auto& info) { return std::string(kConfigNames[info.param]); });

}  // namespace
}  // namespace lmc
