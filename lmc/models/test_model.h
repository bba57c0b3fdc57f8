// A model with pseudo-random weights, for tests and benchmarks. The same weights on every machine: integers only.
#ifndef LMC_MODELS_TEST_MODEL_H_
#define LMC_MODELS_TEST_MODEL_H_

#include <cmath>
#include <string>
#include <vector>

#include "lmc/models/file/model_writer.h"

namespace lmc {

// splitmix64 (Steele, Lea, Flood)
class TestRandom {
 public:
  explicit TestRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t n) { return uint32_t((next() >> 32) * n >> 32); }

 private:
  uint64_t state_;
};

inline void add_random_matrix(ModelWriter& writer, TestRandom& random, const std::string& name, int rows, int columns,
                              float spread) {
  std::vector<int8_t> values(size_t(rows) * size_t(columns));
  for (int8_t& value : values)  // a sum of four: bell-shaped, most of it within +-60
    value = int8_t(int(random.below(64) + random.below(64) + random.below(64) + random.below(64)) - 126);
  std::vector<float> scales(static_cast<size_t>(rows));
  const float one = spread / 37.0f / std::sqrt(float(columns));
  for (float& scale : scales) scale = one * (0.75f + float(random.below(512)) / 1024.0f);
  writer.add_i8(name, {size_t(rows), size_t(columns)}, values);
  writer.add_f32(name + ".scale", {size_t(rows)}, scales);
}

inline std::vector<float> random_gains(TestRandom& random, int n, float middle) {
  std::vector<float> gains(static_cast<size_t>(n));
  for (float& gain : gains) gain = middle * (0.5f + float(random.below(1024)) / 1024.0f);
  return gains;
}

// What version 3 of the model file has beside: see docs/numerics.md, section 8.
struct TestExtras {
  bool biases = false;  // of every product and norm
  bool post_norms = false;
  bool head_gains = false;  // q_norm and k_norm
  int ropes = 0;            // every so many layers one has frequencies of its own
  bool head_bias = false;   // of the output layer; the last token but BOS never comes
};

inline void add_test_extras(ModelWriter& writer, TestRandom& random, const ModelConfig& c, int i,
                            const TestExtras& extras) {
  const std::string layer = "layer." + std::to_string(i) + ".";
  const auto add = [&](const std::string& name, int n, float middle) {
    writer.add_f32(layer + name, {size_t(n)}, random_gains(random, n, middle));
  };
  if (extras.biases) {
    add("wq.bias", c.heads * c.head_dim, 0.2f);
    add("wk.bias", c.kv_heads * c.head_dim, -0.3f);
    add("wv.bias", c.kv_heads * c.head_dim, 0.1f);
    add("wo.bias", c.width, 0.05f);
    add("w_up.bias", c.ffn, -0.1f);
    if (is_gated(c.activation)) add("w_gate.bias", c.ffn, 0.1f);
    add("w_down.bias", c.width, 0.05f);
    add("attn_norm.bias", c.width, 0.1f);
    add("ffn_norm.bias", c.width, -0.1f);
  }
  if (extras.post_norms) {
    add("attn_post_norm", c.width, 3.0f);
    add("ffn_post_norm", c.width, 2.0f);
  }
  if (extras.head_gains) {
    add("q_norm", c.head_dim, 1.5f);
    add("k_norm", c.head_dim, 0.8f);
  }
  if (extras.ropes == 0 || i % extras.ropes != 0) return;
  writer.add_produced(layer + "rope", TensorType::kU32, {size_t(c.head_dim / 2), 2}, [&c](Sink& sink) {
    Bytes out;  // a quarter turn a position, an eighth, and so on
    for (int k = 0; k < c.head_dim / 2; ++k) append_le(out, uint64_t(1) << (62 - k));
    return sink.write(out);
  });
}

// gains: with the optional norm gains. logit_spread: how peaked the distributions are (3 is like a trained model).
// tokenizer: a serialised one with c.vocab tokens, or empty for a model that cannot code text.
inline Bytes make_test_model(const ModelConfig& c, uint64_t seed, bool gains = false, float logit_spread = 3.0f,
                             ByteSpan tokenizer = {}, const TestExtras& extras = {}) {
  TestRandom random(seed);
  ModelWriter writer("test", c);
  add_random_matrix(writer, random, "embed", c.vocab, c.width, c.tied ? logit_spread : std::sqrt(float(c.width)));
  if (!c.tied) add_random_matrix(writer, random, "head", c.vocab, c.width, logit_spread);
  if (extras.head_bias) {
    std::vector<float> bias = random_gains(random, c.vocab, 0.5f);
    bias[size_t(c.vocab) - 2] = -65536.0f;
    writer.add_f32("head.bias", {size_t(c.vocab)}, bias);
  }
  if (gains) writer.add_f32("final_norm", {size_t(c.width)}, random_gains(random, c.width, 1.0f));
  for (int i = 0; i < c.layers; ++i) {
    const std::string layer = "layer." + std::to_string(i) + ".";
    add_random_matrix(writer, random, layer + "wq", c.heads * c.head_dim, c.width, 1.0f);
    add_random_matrix(writer, random, layer + "wk", c.kv_heads * c.head_dim, c.width, 1.0f);
    add_random_matrix(writer, random, layer + "wv", c.kv_heads * c.head_dim, c.width, 1.0f);
    add_random_matrix(writer, random, layer + "wo", c.width, c.heads * c.head_dim, 1.0f);
    add_random_matrix(writer, random, layer + "w_up", c.ffn, c.width, 1.0f);
    if (is_gated(c.activation)) add_random_matrix(writer, random, layer + "w_gate", c.ffn, c.width, 1.0f);
    add_random_matrix(writer, random, layer + "w_down", c.width, c.ffn, 1.0f);
    writer.add_f32(layer + "q_gain", {size_t(c.heads)},
                   random_gains(random, c.heads, 1.5f / std::sqrt(float(c.head_dim))));
    if (gains) {
      writer.add_f32(layer + "attn_norm", {size_t(c.width)}, random_gains(random, c.width, 1.0f));
      writer.add_f32(layer + "ffn_norm", {size_t(c.width)}, random_gains(random, c.width, 1.0f));
    }
    add_test_extras(writer, random, c, i, extras);
  }
  if (extras.biases) writer.add_f32("final_norm.bias", {size_t(c.width)}, random_gains(random, c.width, 0.1f));
  if (c.positions > 0) {
    const size_t positions = size_t(c.positions);
    writer.add_f32("positions", {positions, size_t(c.width)}, random_gains(random, c.positions * c.width, 0.3f));
  }
  if (!tokenizer.empty()) writer.add_section("tokenizer", tokenizer);
  auto bytes = writer.finish();
  return bytes.ok() ? std::move(*bytes) : Bytes();
}

}  // namespace lmc

#endif  // LMC_MODELS_TEST_MODEL_H_
