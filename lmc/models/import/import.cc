#include "lmc/models/import/import.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lmc/models/file/model_writer.h"
#include "lmc/models/import/gguf_file.h"
#include "lmc/models/import/vocabulary.h"

namespace lmc {
namespace {

constexpr const char* kArchitecture = "llama";

Error unsupported(const std::string& what) { return bad_input("GGUF file: " + what); }

Result<ModelConfig> config_of(const GgufFile& file, const ImportOptions& options) {
  LMC_ASSIGN(const auto architecture, file.text("general.architecture"));
  if (architecture != kArchitecture)
    return unsupported("its architecture is '" + architecture + "'; '" + kArchitecture + "' is supported");
  const auto integer = [&file](const char* key, uint64_t low, uint64_t high) {
    return file.integer(std::string(kArchitecture) + "." + key, low, high);
  };
  ModelConfig c;
  LMC_ASSIGN(const auto layers, integer("block_count", 1, 256));
  LMC_ASSIGN(const auto width, integer("embedding_length", 4, 65536));
  LMC_ASSIGN(const auto ffn, integer("feed_forward_length", 4, 65536));
  LMC_ASSIGN(const auto heads, integer("attention.head_count", 1, 256));
  c.layers = int(layers);
  c.width = int(width);
  c.ffn = int(ffn);
  c.heads = c.kv_heads = int(heads);
  if (file.has("llama.attention.head_count_kv")) {
    LMC_ASSIGN(const auto kv_heads, integer("attention.head_count_kv", 1, 256));
    c.kv_heads = int(kv_heads);
  }
  c.head_dim = c.width / c.heads;
  if (file.has("llama.attention.key_length")) {
    LMC_ASSIGN(const auto key_length, integer("attention.key_length", 8, 512));
    LMC_TRY(integer("attention.value_length", key_length, key_length));
    c.head_dim = int(key_length);
  }
  if (file.has("llama.rope.dimension_count"))
    LMC_TRY(integer("rope.dimension_count", uint64_t(c.head_dim), uint64_t(c.head_dim)));
  if (file.has("llama.expert_count")) LMC_TRY(integer("expert_count", 0, 0));
  if (file.has("llama.rope.scaling.type")) {
    LMC_ASSIGN(const auto scaling, file.text("llama.rope.scaling.type"));
    if (scaling != "none") return unsupported("rope scaling '" + scaling + "' is not supported yet");
  }
  if (file.has("llama.rope.freq_base")) {
    LMC_ASSIGN(c.rope_theta, file.number("llama.rope.freq_base"));
  }
  LMC_ASSIGN(c.norm_eps, file.number("llama.attention.layer_norm_rms_epsilon"));
  c.windows.assign(size_t(c.layers), options.window);
  c.activation = Activation::kSwiglu;
  c.qk_norm = false;
  c.sinks = 1;
  c.head_rate = options.head_rate;
  c.tied = file.tensors().count("output.weight") == 0;
  c.act_bits = options.act_bits;
  return c;
}

// Rows of a tensor to int8 with a scale each: row `order[i]` of the file becomes row i; kNoRow: zeros.
class Matrix {
 public:
  Matrix(const GgufTensor& tensor, ModelWriter& writer) : tensor_(tensor), writer_(writer) {}

  Status add(const std::string& name, const std::vector<uint32_t>& order) {
    const size_t columns = size_t(tensor_.columns());
    std::vector<float> row(columns);
    std::vector<int8_t> values(order.size() * columns);
    std::vector<float> scales(order.size());
    for (size_t i = 0; i < order.size(); ++i) {
      if (order[i] == kNoRow) continue;
      tensor_.read_row(order[i], row.data());
      float peak = 0;
      for (float x : row) {
        if (!std::isfinite(x)) return unsupported("tensor for '" + name + "' holds what is no finite number");
        peak = std::max(peak, std::fabs(x));
      }
      scales[i] = peak / 127.0f;
      if (scales[i] < 0x1p-100f) {  // it counts as zeros
        scales[i] = 0;
        continue;
      }
      for (size_t k = 0; k < columns; ++k) values[i * columns + k] = int8_t(std::lrint(row[k] / scales[i]));
    }
    writer_.add_i8(name, {order.size(), columns}, values);
    writer_.add_f32(name + ".scale", {order.size()}, scales);
    return Ok();
  }

 private:
  const GgufTensor& tensor_;
  ModelWriter& writer_;
};

std::vector<uint32_t> in_order(size_t rows) {
  std::vector<uint32_t> order(rows);
  for (size_t i = 0; i < rows; ++i) order[i] = uint32_t(i);
  return order;
}

// GGUF turns neighbours of a head, we turn its halves (docs/numerics.md, section 2).
std::vector<uint32_t> halves_order(size_t heads, size_t head_dim) {
  std::vector<uint32_t> order(heads * head_dim);
  for (size_t h = 0; h < heads; ++h)
    for (size_t i = 0; i < head_dim; ++i)
      order[h * head_dim + i] = uint32_t(h * head_dim + (i < head_dim / 2 ? 2 * i : 2 * (i - head_dim / 2) + 1));
  return order;
}

class Importer {
 public:
  Importer(const GgufFile& file, const ModelConfig& config, const ImportedVocabulary& vocabulary, ModelWriter& writer)
      : file_(file), c_(config), vocabulary_(vocabulary), writer_(writer) {}

  Status run(const ImportOptions& options) {
    const uint64_t width = uint64_t(c_.width);
    LMC_TRY(matrix("embed", "token_embd.weight", vocabulary_.file_tokens, width, vocabulary_.rows));
    if (!c_.tied) LMC_TRY(matrix("head", "output.weight", vocabulary_.file_tokens, width, vocabulary_.rows));
    LMC_TRY(gains("final_norm", "output_norm.weight"));
    for (int i = 0; i < c_.layers; ++i) {
      LMC_TRY(layer(i));
      if (options.progress) options.progress(i + 1, c_.layers);
    }
    writer_.add_section("tokenizer", vocabulary_.tokenizer.serialize());
    writer_.add_section("tokenizer.merges", vocabulary_.tokenizer.serialize_merges());
    return Ok();
  }

 private:
  Status matrix(const std::string& name, const std::string& from, uint64_t rows, uint64_t columns,
                const std::vector<uint32_t>& order) {
    LMC_ASSIGN(const GgufTensor* const tensor, file_.tensor(from, {rows, columns}));
    return Matrix(*tensor, writer_).add(name, order);
  }

  Status gains(const std::string& name, const std::string& from) {
    LMC_ASSIGN(const GgufTensor* const tensor, file_.tensor(from, {uint64_t(c_.width)}));
    std::vector<float> values(size_t(c_.width));
    tensor->read_row(0, values.data());
    writer_.add_f32(name, {values.size()}, values);
    return Ok();
  }

  Status layer(int i) {
    const std::string to = "layer." + std::to_string(i) + ".", from = "blk." + std::to_string(i) + ".";
    for (const char* bias : {"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias"})
      if (file_.tensors().contains(from + bias)) return unsupported("biases ('" + from + bias + "') are not supported");
    const auto dim = size_t(c_.head_dim), heads = size_t(c_.heads), kv_heads = size_t(c_.kv_heads);
    const auto width = size_t(c_.width), ffn = size_t(c_.ffn);
    LMC_TRY(matrix(to + "wq", from + "attn_q.weight", heads * dim, width, halves_order(heads, dim)));
    LMC_TRY(matrix(to + "wk", from + "attn_k.weight", kv_heads * dim, width, halves_order(kv_heads, dim)));
    LMC_TRY(matrix(to + "wv", from + "attn_v.weight", kv_heads * dim, width, in_order(kv_heads * dim)));
    LMC_TRY(matrix(to + "wo", from + "attn_output.weight", width, heads * dim, in_order(width)));
    LMC_TRY(matrix(to + "w_up", from + "ffn_up.weight", ffn, width, in_order(ffn)));
    LMC_TRY(matrix(to + "w_gate", from + "ffn_gate.weight", ffn, width, in_order(ffn)));
    LMC_TRY(matrix(to + "w_down", from + "ffn_down.weight", width, ffn, in_order(width)));
    LMC_TRY(gains(to + "attn_norm", from + "attn_norm.weight"));
    LMC_TRY(gains(to + "ffn_norm", from + "ffn_norm.weight"));
    const std::vector<float> q_gain(heads, 1.0f / std::sqrt(float(dim)));
    writer_.add_f32(to + "q_gain", {heads}, q_gain);
    return Ok();
  }

  const GgufFile& file_;
  const ModelConfig& c_;
  const ImportedVocabulary& vocabulary_;
  ModelWriter& writer_;
};

// Where it comes from, as far as the file says.
std::string origin(const GgufFile& file, ByteSpan bytes) {
  nlohmann::ordered_json out = {{"imported", "GGUF"}, {"source_sha256", hex(sha256(bytes))}};
  for (const char* key : {"general.name", "general.license"})
    if (const auto text = file.text(key); text.ok()) out[std::string(key).substr(8)] = *text;
  return out.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Result<Bytes> import_gguf(ByteSpan bytes, const ImportOptions& options) {
  LMC_ASSIGN(const auto file, GgufFile::parse(bytes));
  LMC_ASSIGN(auto config, config_of(file, options));
  if (file.tensors().contains("rope_freqs.weight")) return unsupported("rope scaling by factors is not supported yet");
  LMC_ASSIGN(const auto vocabulary, import_vocabulary(file));
  config.vocab = int(vocabulary.rows.size());
  ModelWriter writer(options.name, config);
  LMC_TRY(Importer(file, config, vocabulary, writer).run(options));
  writer.set_training(origin(file, bytes));
  return writer.finish();
}

}  // namespace lmc
