// Small Hugging Face folders of every architecture for the tests, with random weights. The same bytes on every machine:
// hugging_face_reference.py has computed their logits (lmc/models/import/testdata).
#ifndef LMC_MODELS_IMPORT_HUGGING_FACE_TEST_SUPPORT_H_
#define LMC_MODELS_IMPORT_HUGGING_FACE_TEST_SUPPORT_H_

#include <bit>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmc/models/import/gguf_test_support.h"
#include "lmc/models/import/hugging_face.h"

namespace lmc {

class SafetensorsWriter {
 public:
  // dtype: F32, F16 or BF16; F16: values of ordinary size.
  void add(const std::string& name, const std::string& dtype, const std::vector<size_t>& shape,
           const std::vector<float>& values) {
    const size_t begin = data_.size();
    for (const float value : values) {
      const uint32_t bits = std::bit_cast<uint32_t>(value);
      if (dtype == "F32") append_le(data_, bits);
      if (dtype == "BF16") append_le(data_, uint16_t(bits >> 16));
      if (dtype == "F16")
        append_le(data_,
                  uint16_t((bits & 0x7fffffff) < 0x38800000  // too small: zero
                               ? 0
                               : (bits >> 16 & 0x8000) | ((bits >> 23 & 255) - 112) << 10 | (bits >> 13 & 1023)));
    }
    header_[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
  }
  Bytes finish() const {
    const std::string header = header_.dump();
    Bytes out;
    append_le(out, uint64_t(header.size()));
    append_bytes(out, as_bytes(header));
    append_bytes(out, data_);
    return out;
  }

 private:
  nlohmann::ordered_json header_ = nlohmann::ordered_json::object();
  Bytes data_;
};

struct TinyFolder {
  std::string config, tokenizer;
  Bytes weights;
  std::string tokenizer_model = {}, tokenizer_config = {};  // the former for an empty tokenizer
  std::string preprocessor = {};
  HuggingFaceFiles files() const {
    return {as_bytes(config),          as_bytes(tokenizer),        {weights},
            as_bytes(tokenizer_model), as_bytes(tokenizer_config), as_bytes(preprocessor)};
  }
};

// Of "llama", "mistral", "qwen2", "qwen3", "gemma3_text", "gpt2" or "imagegpt". leave_out: a tensor or a member of
// config.json that is then missing.
class TinyFolderMaker {
 public:
  static constexpr size_t kLayers = 3, kWidth = 32, kHeads = 4, kFfn = 48, kTokens = 262;
  static constexpr const char* kTypes[] = {"llama", "mistral", "qwen2", "qwen3", "gemma3_text", "gpt2", "imagegpt"};

  explicit TinyFolderMaker(std::string type, std::string leave_out = "")
      : type_(std::move(type)), leave_out_(std::move(leave_out)) {}

  TinyFolder make() {
    if (is_gpt())
      add_gpt();
    else
      add_llama_like();
    TinyFolder out = {config(), is_image() ? "" : tokenizer(), writer_.finish()};
    if (is_image()) out.preprocessor = preprocessor();
    return out;
  }

 private:
  using Json = nlohmann::ordered_json;

  bool is_gemma() const { return type_ == "gemma3_text"; }
  bool is_image() const { return type_ == "imagegpt"; }
  bool is_gpt() const { return type_ == "gpt2" || is_image(); }
  size_t kv_heads() const { return type_ == "llama" ? 4 : 2; }
  size_t head_dim() const { return type_ == "qwen2" || is_gpt() ? kWidth / kHeads : 16; }

  std::string config() const {
    Json out = {{"model_type", type_}, {"vocab_size", kTokens}, {"bos_token_id", 0}, {"eos_token_id", 0}};
    if (is_gpt()) {
      out.update(Json{{"n_embd", kWidth}, {"n_layer", kLayers}, {"n_head", kHeads}, {"n_positions", 64}});
      out.update(Json{{"activation_function", is_image() ? "quick_gelu" : "gelu_new"}, {"layer_norm_epsilon", 1e-5}});
      if (is_image()) out.update(Json{{"bos_token_id", nullptr}, {"tie_word_embeddings", false}});
    } else {
      out.update(Json{{"hidden_size", kWidth}, {"num_hidden_layers", kLayers}, {"intermediate_size", kFfn}});
      out.update(Json{{"num_attention_heads", kHeads}, {"num_key_value_heads", kv_heads()}, {"rms_norm_eps", 1e-5}});
      out.update(Json{{"rope_theta", 5000.0}, {"tie_word_embeddings", type_ == "qwen2" || is_gemma()}});
      out.update(Json{{"max_position_embeddings", 512}});
      out.update(is_gemma() ? Json{{"hidden_activation", "gelu_pytorch_tanh"}} : Json{{"hidden_act", "silu"}});
    }
    if (head_dim() * kHeads != kWidth) out["head_dim"] = head_dim();
    if (type_ == "llama") {
      out["rope_scaling"] = {{"rope_type", "llama3"},
                             {"factor", 8.0},
                             {"low_freq_factor", 1.0},
                             {"high_freq_factor", 4.0},
                             {"original_max_position_embeddings", 64}};
    }
    if (type_ == "mistral") out["sliding_window"] = 5;
    if (is_gemma()) {
      out.update(Json{{"sliding_window", 4}, {"query_pre_attn_scalar", 24}, {"rope_local_base_freq", 100.0}});
      out["layer_types"] = {"sliding_attention", "full_attention", "sliding_attention"};
    }
    out.erase(leave_out_);
    return out.dump(1);
  }

  static std::string tokenizer() {
    const TinyLlama tiny;
    Json vocabulary = Json::object();
    for (size_t i = 0; i < tiny.tokens.size(); ++i) vocabulary[tiny.tokens[i]] = i;
    const Json special = {{"id", 0}, {"content", tiny.tokens[0]}, {"special", true}};
    Json out = {{"added_tokens", Json::array({special})}};
    out["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
    out["model"] = {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", tiny.merges}};
    return out.dump();
  }

  static std::string preprocessor() {
    Json clusters = Json::array();
    for (size_t i = 0; i + 1 < kTokens; ++i)
      clusters.push_back({double(i) / 131 - 1, double(i % 16) / 8 - 1, 1 - double(i) / 131});
    return Json{{"do_resize", true}, {"clusters", clusters}}.dump();
  }

  void add(const std::string& name, const std::vector<size_t>& shape, float spread, float middle = 0.0f) {
    size_t count = 1;
    for (const size_t size : shape) count *= size;
    std::vector<float> values(count);
    for (float& value : values) value = middle + spread * (float(random_.below(4001)) / 2000.0f - 1.0f);
    const char* const dtype = type_ == "mistral" ? "BF16" : type_ == "qwen2" ? "F16" : "F32";
    if (name != leave_out_) writer_.add(name, dtype, shape, values);
  }

  void add_llama_like() {
    const float middle = is_gemma() ? 0.0f : 1.0f;  // of gains
    const size_t dim = head_dim();
    add("model.embed_tokens.weight", {kTokens, kWidth}, 0.6f);
    if (type_ != "qwen2" && !is_gemma()) add("lm_head.weight", {kTokens, kWidth}, 0.6f);
    add("model.norm.weight", {kWidth}, 0.5f, middle);
    for (size_t i = 0; i < kLayers; ++i) {
      const std::string layer = "model.layers." + std::to_string(i) + ".", attention = layer + "self_attn.";
      add(layer + "input_layernorm.weight", {kWidth}, 0.5f, middle);
      add(layer + "post_attention_layernorm.weight", {kWidth}, 0.5f, middle);
      if (is_gemma()) {
        add(layer + "pre_feedforward_layernorm.weight", {kWidth}, 0.5f);
        add(layer + "post_feedforward_layernorm.weight", {kWidth}, 0.5f);
      }
      add(attention + "q_proj.weight", {kHeads * dim, kWidth}, 0.5f);
      add(attention + "k_proj.weight", {kv_heads() * dim, kWidth}, 0.5f);
      add(attention + "v_proj.weight", {kv_heads() * dim, kWidth}, 0.4f);
      add(attention + "o_proj.weight", {kWidth, kHeads * dim}, 0.3f);
      if (type_ == "qwen2") {
        add(attention + "q_proj.bias", {kHeads * dim}, 1.0f);
        add(attention + "k_proj.bias", {kv_heads() * dim}, 1.0f);
        add(attention + "v_proj.bias", {kv_heads() * dim}, 1.0f);
      }
      if (type_ == "qwen3" || is_gemma()) {
        add(attention + "q_norm.weight", {dim}, 0.5f, middle);
        add(attention + "k_norm.weight", {dim}, 0.5f, middle);
      }
      add(layer + "mlp.gate_proj.weight", {kFfn, kWidth}, 0.4f);
      add(layer + "mlp.up_proj.weight", {kFfn, kWidth}, 0.4f);
      add(layer + "mlp.down_proj.weight", {kWidth, kFfn}, 0.3f);
    }
  }

  void add_gpt() {
    add("transformer.wte.weight", {kTokens, kWidth}, 0.6f);
    add("transformer.wpe.weight", {64, kWidth}, 0.3f);
    add("transformer.ln_f.weight", {kWidth}, 0.5f, 1.0f);
    if (is_image())
      add("lm_head.weight", {kTokens - 1, kWidth}, 0.6f);
    else
      add("transformer.ln_f.bias", {kWidth}, 0.3f);
    for (size_t i = 0; i < kLayers; ++i) {
      const std::string layer = "transformer.h." + std::to_string(i) + ".";
      for (const char* norm : {"ln_1", "ln_2"}) {
        add(layer + norm + ".weight", {kWidth}, 0.5f, 1.0f);
        if (!is_image()) add(layer + norm + ".bias", {kWidth}, 0.3f);
      }
      const auto conv = [&](const std::string& name, size_t in, size_t out, float spread) {
        add(layer + name + ".weight", {in, out}, spread);
        add(layer + name + ".bias", {out}, 0.3f);
      };
      conv("attn.c_attn", kWidth, 3 * kWidth, 0.4f);
      conv("attn.c_proj", kWidth, kWidth, 0.4f);
      conv("mlp.c_fc", kWidth, 4 * kWidth, 0.4f);
      conv("mlp.c_proj", 4 * kWidth, kWidth, 0.2f);
    }
  }

  std::string type_, leave_out_;
  TestRandom random_{17};
  SafetensorsWriter writer_;
};

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_HUGGING_FACE_TEST_SUPPORT_H_
