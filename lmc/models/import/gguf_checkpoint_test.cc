// GGUF files of every architecture: the weights of the small Hugging Face folders under GGUF's names, in its order and
// with its keys, against the same golden logits.
#include <gtest/gtest.h>

#include <cmath>
#include <string_view>

#include "lmc/models/import/gguf_file.h"
#include "lmc/models/import/golden_test_support.h"
#include "lmc/models/import/import.h"
#include "lmc/models/import/vocabulary.h"

namespace lmc {
namespace {

using Kind = TensorNames::Kind;

std::string numbered(std::string name, int layer) {
  const size_t at = name.find('%');
  return at == std::string::npos ? name : name.replace(at, 1, std::to_string(layer));
}

std::string bias_of(const std::string& weight) { return weight.substr(0, weight.rfind("weight")) + "bias"; }

class GgufMaker {
 public:
  explicit GgufMaker(const Checkpoint& from) : from_(from), row_(*from.architecture) {}

  Bytes make() {
    keys();
    tokens();
    for (const TensorNames& names : row_.once) add(names, 0);
    for (int i = 0; i < from_.parameters.config.layers; ++i) {
      for (const TensorNames& names : row_.matrices)
        if (!row_.fused_qkv || (names.ours != std::string_view("wk") && names.ours != std::string_view("wv")))
          add(names, i);
      for (const TensorNames& names : row_.norms) add(names, i);
    }
    const std::vector<double>& divisors = from_.parameters.rope_divisors;
    if (!divisors.empty()) add_floats("rope_freqs.weight", {divisors.size()}, {divisors.begin(), divisors.end()});
    return writer_.finish();
  }

 private:
  void keys() {
    const ModelConfig& c = from_.parameters.config;
    const auto u32 = [&](const char* key, int value) {
      writer_.add_u32(std::string(row_.gguf) + key, uint32_t(value));
    };
    const auto f32 = [&](const char* key, double value) {
      writer_.add_f32(std::string(row_.gguf) + key, float(value));
    };
    writer_.add_text("general.architecture", row_.gguf);
    u32(".block_count", c.layers);
    u32(".embedding_length", c.width);
    u32(".feed_forward_length", c.ffn);
    u32(".attention.head_count", c.heads);
    u32(".attention.head_count_kv", c.kv_heads);
    if (c.positions > 0) {
      u32(".context_length", c.positions);
      f32(".attention.layer_norm_epsilon", c.norm_eps);
      return;
    }
    u32(".attention.key_length", c.head_dim);
    u32(".attention.value_length", c.head_dim);
    f32(".attention.layer_norm_rms_epsilon", c.norm_eps);
    f32(".rope.freq_base", from_.parameters.rope_theta.back());
    if (c.windows[0] > 0) u32(".attention.sliding_window", c.windows[0]);
  }

  void tokens() {
    const TinyLlama tiny;
    std::vector<int32_t> types(tiny.tokens.size(), 1);
    types[0] = 3;
    writer_.add_text("tokenizer.ggml.model", "gpt2");
    writer_.add_text("tokenizer.ggml.pre", "gpt-2");
    writer_.add_texts("tokenizer.ggml.tokens", tiny.tokens);
    writer_.add_i32s("tokenizer.ggml.token_type", types);
    writer_.add_texts("tokenizer.ggml.merges", tiny.merges);
  }

  void add(const TensorNames& names, int layer) {
    const std::string from = numbered(names.hugging_face, layer), to = numbered(names.gguf, layer);
    const auto found = from_.tensors.find(from);
    if (found == from_.tensors.end()) return;  // a tied head
    const bool matrix = names.kind == Kind::kMatrix;
    const std::string_view ours = names.ours;
    const bool turned = row_.gguf_turns_neighbours && (ours == "wq" || ours == "wk");
    add_rows(to, found->second, matrix && row_.transposed, turned);
    if (const auto bias = from_.tensors.find(bias_of(from)); bias != from_.tensors.end())
      add_rows(bias_of(to), bias->second, false, false);
  }

  // turned: halves of a head become neighbours.
  void add_rows(const std::string& to, const WeightTensor& tensor, bool transposed, bool turned) {
    const size_t rows = size_t(tensor.rows()), columns = size_t(tensor.columns());
    std::vector<float> values(rows * columns);
    for (size_t row = 0; row < rows; ++row) tensor.read_row(row, &values[row * columns]);
    std::vector<float> out = values;
    if (transposed)
      for (size_t i = 0; i < out.size(); ++i) out[i] = values[i % rows * columns + i / rows];
    const size_t dim = size_t(from_.parameters.config.head_dim);
    for (size_t row = 0; row < rows && turned; ++row) {
      const size_t head = row / dim * dim, in_head = row % dim;
      const size_t half = in_head % 2 * (dim / 2) + in_head / 2;
      std::copy_n(&values[(head + half) * columns], columns, &out[row * columns]);
    }
    std::vector<uint64_t> shape = tensor.shape;
    if (transposed) std::swap(shape[0], shape[1]);
    add_floats(to, shape, out);
  }

  void add_floats(const std::string& to, const std::vector<uint64_t>& shape, const std::vector<float>& values) {
    Bytes data;
    for (const float value : values) append_le(data, std::bit_cast<uint32_t>(value));
    writer_.add_tensor(to, 0, shape, data);
  }

  const Checkpoint& from_;
  const Architecture& row_;
  GgufWriter writer_;
};

class GgufFiles : public testing::TestWithParam<const char*> {};

TEST_P(GgufFiles, LogitsAreThoseOfTransformers) {
  const TinyFolder folder = TinyFolderMaker(GetParam()).make();
  const auto from = read_hugging_face_checkpoint(folder.files());
  ASSERT_TRUE(from.ok()) << from.error().message;
  const Bytes gguf = GgufMaker(*from).make();
  const auto made = import_gguf(gguf, {.name = "tiny", .act_bits = ActivationBits{16, 16, 16, 16, 16}});
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto vocabulary = import_vocabulary(*from);
  const auto worst = divergence(GetParam(), ModelFile::from_bytes(*made), vocabulary->rows);
  ASSERT_TRUE(worst.has_value());
  EXPECT_LT(*worst, 0.01);
}

// Not Gemma 3: GGUF files do not say which layers have a window.
INSTANTIATE_TEST_SUITE_P(Types, GgufFiles, testing::Values("llama", "mistral", "qwen2", "qwen3", "gpt2"),
                         [](const auto& info) { return std::string(info.param); });

TEST(GgufCheckpoint, Gemma3AndSentencePiece) {
  GgufWriter writer;
  writer.add_text("general.architecture", "gemma3");
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, uint32_t>>{{"block_count", 7},
                                                               {"embedding_length", 32},
                                                               {"feed_forward_length", 48},
                                                               {"attention.head_count", 2},
                                                               {"attention.head_count_kv", 1},
                                                               {"attention.key_length", 16},
                                                               {"attention.value_length", 16},
                                                               {"attention.sliding_window", 512}})
    writer.add_u32("gemma3." + std::string(key), value);
  writer.add_f32("gemma3.attention.layer_norm_rms_epsilon", 1e-6f);
  writer.add_f32("gemma3.rope.freq_base", 1e6f);
  writer.add_text("tokenizer.ggml.model", "llama");
  writer.add_u32("tokenizer.ggml.bos_token_id", 1);
  const std::vector<std::string> tokens = {"<unk>",
                                           "<bos>",
                                           "<0x61>",
                                           "\xE2\x96\x81",
                                           "a",
                                           "\xE2\x96\x81"
                                           "a",
                                           "  ",
                                           "<0xC3>",
                                           "b"};
  writer.add_texts("tokenizer.ggml.tokens", tokens);
  writer.add_i32s("tokenizer.ggml.token_type", {2, 3, 6, 1, 1, 1, 4, 6, 5});
  writer.add_f32s("tokenizer.ggml.scores", {0, 0, 0, -3, -2, -1, -1000, 0, 0});
  const Bytes bytes = writer.finish();
  const auto file = GgufFile::parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto checkpoint = read_gguf_checkpoint(*file, bytes);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  const Hyperparameters& parameters = checkpoint->parameters;
  EXPECT_EQ(parameters.config.windows, (std::vector<int>{512, 512, 512, 512, 512, 0, 512}));
  EXPECT_EQ(parameters.rope_theta, (std::vector<double>{1e4, 1e4, 1e4, 1e4, 1e4, 1e6, 1e4}));
  const auto vocabulary = import_vocabulary(*checkpoint);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  const auto row_of = [&](const std::string& bytes_of_token) {
    const auto& strings = vocabulary->tokenizer.vocabulary();
    const auto at = std::ranges::find(strings, bytes_of_token);
    return at == strings.end() ? kNoRow : vocabulary->rows[size_t(at - strings.begin())];
  };
  EXPECT_EQ(row_of("a"), 4u);  // the normal one, not the byte
  EXPECT_EQ(row_of(" "), 3u);
  EXPECT_EQ(row_of(" a"), 5u);
  EXPECT_EQ(row_of("  "), 6u);
  EXPECT_EQ(row_of("\xC3"), 7u);
  EXPECT_EQ(row_of("b"), kNoRow);  // unused
  EXPECT_EQ(vocabulary->rows.back(), 1u);
  const auto ids = vocabulary->tokenizer.encode(as_bytes("a a  a"));
  std::vector<std::string> shown;
  for (const uint32_t id : ids) shown.push_back(vocabulary->tokenizer.vocabulary()[id]);
  EXPECT_EQ(shown, (std::vector<std::string>{"a", " a", "  ", "a"}));
}

}  // namespace
}  // namespace lmc
