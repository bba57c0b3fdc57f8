#include "lmc/models/import/hugging_face.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lmc/base/hash.h"
#include "lmc/models/file/json_value.h"
#include "lmc/models/import/colours.h"
#include "lmc/models/import/safetensors_file.h"
#include "lmc/models/import/tokenizer_files.h"
#include "lmc/numerics/elementwise.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;

Error unsupported(const std::string& what) { return bad_input("config.json: " + what); }

// Reads the hyperparameters of one architecture.
class Config {
 public:
  Config(const JsonValue& json, const Architecture& architecture) : json_(json), architecture_(architecture) {}

  Result<Hyperparameters> read() {
    Hyperparameters out;
    ModelConfig& c = out.config;
    if (architecture_.learned_positions) {
      LMC_TRY(gpt2(out));
    } else {
      LMC_TRY(sizes(c));
      LMC_TRY(windows(c));
      LMC_TRY(rope(out));
      LMC_TRY(query_scale(out));
    }
    LMC_TRY(activation());
    for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping", "num_local_experts"})
      if (is_given(json_, key)) return unsupported(std::string("'") + key + "' is not supported");
    return out;
  }

 private:
  // There, and not null.
  static bool is_given(const JsonValue& object, const char* key) {
    const JsonValue* const value = object.find(key);
    return value != nullptr && !value->is(Kind::kNull);
  }

  Result<int> integer(const char* key, int64_t low, int64_t high) const {
    const JsonValue* const value = json_.find(key);
    if (value == nullptr) return unsupported(std::string("it lacks '") + key + "'");
    if (!value->integer || *value->integer < low || *value->integer > high)
      return unsupported(std::string("'") + key + "' is " + value->dump() + "; " + std::to_string(low) + " to " +
                         std::to_string(high) + " are supported");
    return int(*value->integer);
  }
  Result<int> integer_or(const char* key, int absent, int64_t low, int64_t high) const {
    return is_given(json_, key) ? integer(key, low, high) : Result<int>(absent);
  }

  static Result<double> number_or(const JsonValue& object, const char* key, double absent) {
    if (!is_given(object, key)) return absent;
    const JsonValue& value = *object.find(key);
    if (!value.is(Kind::kInteger) && !value.is(Kind::kFloat))
      return unsupported(std::string("'") + key + "' is no number");
    return value.number;
  }

  bool is_true(const char* key) const {
    const JsonValue* const value = json_.find(key);
    return value != nullptr && value->is(Kind::kBoolean) && value->boolean;
  }

  static std::string text(const JsonValue& object, const char* key) {
    const JsonValue* const value = object.find(key);
    return value != nullptr && value->is(Kind::kString) ? value->text : std::string();
  }

  Status sizes(ModelConfig& c) const {
    LMC_ASSIGN(c.layers, integer("num_hidden_layers", 1, 256));
    LMC_ASSIGN(c.width, integer("hidden_size", 4, 65536));
    LMC_ASSIGN(c.ffn, integer("intermediate_size", 4, 65536));
    LMC_ASSIGN(c.heads, integer("num_attention_heads", 1, 256));
    LMC_ASSIGN(c.kv_heads, integer_or("num_key_value_heads", c.heads, 1, 256));
    LMC_ASSIGN(c.head_dim, integer_or("head_dim", c.width / c.heads, 8, 512));
    LMC_ASSIGN(c.norm_eps, number_or(json_, "rms_norm_eps", 1e-6));
    return Ok();
  }

  Status gpt2(Hyperparameters& out) const {
    ModelConfig& c = out.config;
    LMC_ASSIGN(c.layers, integer("n_layer", 1, 256));
    LMC_ASSIGN(c.width, integer("n_embd", 4, 65536));
    LMC_ASSIGN(c.heads, integer("n_head", 1, 256));
    LMC_ASSIGN(c.ffn, integer_or("n_inner", 4 * c.width, 4, 65536));
    LMC_ASSIGN(c.positions, integer("n_positions", 1, 1 << 20));
    LMC_ASSIGN(c.norm_eps, number_or(json_, "layer_norm_epsilon", 1e-5));
    c.kv_heads = c.heads;
    c.head_dim = c.width / c.heads;
    c.windows.assign(size_t(c.layers), 0);
    if (is_true("scale_attn_by_inverse_layer_idx"))
      return unsupported("'scale_attn_by_inverse_layer_idx' is not supported");
    const JsonValue* const scaled = json_.find("scale_attn_weights");
    if (scaled != nullptr && scaled->is(Kind::kBoolean) && !scaled->boolean) out.query_scale = 1.0;
    return Ok();
  }

  Status activation() const {
    constexpr const char* kNames[] = {"", "silu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu"};  // by Activation
    const char* const key = is_given(json_, "activation_function") ? "activation_function"
                            : is_given(json_, "hidden_activation") ? "hidden_activation"
                                                                   : "hidden_act";
    const std::string found = text(json_, key), wanted = kNames[size_t(architecture_.activation)];
    if (is_given(json_, key) && found != wanted)
      return unsupported(std::string("'") + key + "' is '" + found + "'; '" + wanted + "' is supported");
    return Ok();
  }

  Status windows(ModelConfig& c) const {
    c.windows.assign(size_t(c.layers), 0);
    if (!is_given(json_, "sliding_window")) return Ok();
    const JsonValue* const switched = json_.find("use_sliding_window");
    if (switched != nullptr && switched->is(Kind::kBoolean) && !switched->boolean) return Ok();
    LMC_ASSIGN(const int window, integer("sliding_window", 1, 1 << 24));
    LMC_ASSIGN(const int first, integer_or("max_window_layers", 0, 0, 1 << 24));
    LMC_ASSIGN(const int pattern, integer_or("sliding_window_pattern", is_gemma() ? 6 : 0, 0, 1 << 24));
    const JsonValue* const types = json_.find("layer_types");
    const bool typed = types != nullptr && types->is(Kind::kArray);
    if (typed && types->elements.size() != c.windows.size())
      return unsupported("'layer_types' is not one for each layer");
    for (int i = 0; i < c.layers; ++i) {
      const bool local = typed         ? types->elements[size_t(i)].text == "sliding_attention"
                         : pattern > 0 ? (i + 1) % pattern != 0
                                       : i >= first;
      if (local) c.windows[size_t(i)] = window;
    }
    return Ok();
  }

  bool is_gemma() const { return architecture_.scaled_embedding; }

  // Theta and scaling stand in config.json itself, in "rope_scaling", or in "rope_parameters", there perhaps by the
  // kind of layer.
  Status rope(Hyperparameters& out) const {
    const auto layers = size_t(out.config.layers);
    const JsonValue none;
    const JsonValue* const all = json_.find("rope_parameters");
    const JsonValue* full = all != nullptr ? all : json_.find("rope_scaling");
    const JsonValue* local = nullptr;
    if (full != nullptr && full->find("full_attention") != nullptr) {
      local = full->find("sliding_attention");
      full = full->find("full_attention");
    }
    if (full == nullptr || !full->is(Kind::kObject)) full = &none;
    LMC_ASSIGN(const double theta, number_or(json_, "rope_theta", is_gemma() ? 1e6 : 1e4));
    LMC_ASSIGN(const double theta_full, number_or(*full, "rope_theta", theta));
    LMC_ASSIGN(const double theta_local, number_or(json_, "rope_local_base_freq", is_gemma() ? 1e4 : theta_full));
    LMC_ASSIGN(const double theta_given, number_or(local != nullptr ? *local : none, "rope_theta", theta_local));
    for (size_t i = 0; i < layers; ++i) out.rope_theta.push_back(out.config.windows[i] > 0 ? theta_given : theta_full);
    LMC_ASSIGN(const double partial, number_or(json_, "partial_rotary_factor", 1.0));
    if (partial != 1.0) return unsupported("'partial_rotary_factor' is not supported");
    std::string type = text(*full, "rope_type");
    if (type.empty()) type = text(*full, "type");
    if (type.empty() || type == "default") return Ok();
    if (theta_full < 2.0 || theta_full > 1e9) return unsupported("'rope_theta' is out of range");
    LMC_ASSIGN(const double factor, number_or(*full, "factor", 1.0));
    if (!(factor >= 1.0 && factor <= 1e6)) return unsupported("the factor of the rope scaling is out of range");
    if (type == "linear") {
      out.rope_divisors.assign(size_t(out.config.head_dim / 2), factor);
      return Ok();
    }
    if (type != "llama3") return unsupported("rope scaling '" + type + "' is not supported; 'linear' and 'llama3' are");
    return llama3_divisors(out, *full, theta_full, factor);
  }

  // Frequencies of long wavelengths are divided by the factor, those of short ones are kept; between the two it goes
  // over, linearly in the number of turns.
  Status llama3_divisors(Hyperparameters& out, const JsonValue& scaling, double theta, double factor) const {
    LMC_ASSIGN(const double low, number_or(scaling, "low_freq_factor", 1.0));
    LMC_ASSIGN(const double high, number_or(scaling, "high_freq_factor", 4.0));
    LMC_ASSIGN(const double positions, number_or(scaling, "original_max_position_embeddings", 8192.0));
    if (!(high > low && low > 0 && positions > 0)) return unsupported("the bounds of the rope scaling are no bounds");
    std::vector<uint64_t> frequencies(size_t(out.config.head_dim / 2));
    rotary_frequencies(theta, out.config.head_dim, frequencies.data());
    for (const uint64_t frequency : frequencies) {
      const double turns = double(frequency) * 0x1p-64 * positions;  // within the original positions
      const double kept = std::clamp((turns - low) / (high - low), 0.0, 1.0);
      out.rope_divisors.push_back(1.0 / ((1.0 - kept) / factor + kept));
    }
    return Ok();
  }

  Status query_scale(Hyperparameters& out) const {
    if (!is_given(json_, "query_pre_attn_scalar")) return Ok();
    LMC_ASSIGN(const double scalar, number_or(json_, "query_pre_attn_scalar", 1.0));
    if (!(scalar >= 1e-3 && scalar <= 1e9)) return unsupported("'query_pre_attn_scalar' is out of range");
    out.query_scale = 1.0 / std::sqrt(scalar);
    return Ok();
  }

  const JsonValue& json_;
  const Architecture& architecture_;
};

std::string origin(const HuggingFaceFiles& files, const std::string& model_type, const std::string& clusters) {
  nlohmann::ordered_json out = {{"imported", "safetensors"}, {"model_type", model_type}};
  if (!clusters.empty()) out["clusters"] = nlohmann::ordered_json::parse(clusters);
  for (const ByteSpan file : files.weights) out["source_sha256"].push_back(hex(sha256(file)));
  return out.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

// GPT-2 is saved with and without this before its names.
void drop_prefix(std::map<std::string, WeightTensor>& tensors, const std::string& prefix) {
  std::map<std::string, WeightTensor> out;
  for (auto& [name, tensor] : tensors)
    out.emplace(name.starts_with(prefix) ? name.substr(prefix.size()) : name, std::move(tensor));
  tensors = std::move(out);
}

Result<CheckpointVocabulary> read_vocabulary(const HuggingFaceFiles& files, std::optional<int64_t> bos) {
  if (!files.tokenizer.empty()) return read_tokenizer_json(files.tokenizer, bos);
  if (files.tokenizer_model.empty())
    return bad_input(
        "no tokenizer: neither tokenizer.json nor tokenizer.model nor *.tiktoken is there, or it is empty");
  LMC_ASSIGN(const auto config, read_tokenizer_config(files.tokenizer_config));
  const auto read = is_sentence_piece(files.tokenizer_model) ? read_sentence_piece : read_tiktoken;
  return read(files.tokenizer_model, config, bos);
}

}  // namespace

Result<Checkpoint> read_hugging_face_checkpoint(const HuggingFaceFiles& files) {
  const auto json = parse_json(files.config);
  if (!json || !json->is(Kind::kObject)) return unsupported("it is no JSON object");
  const JsonValue* const type = json->find("model_type");
  if (type == nullptr || !type->is(Kind::kString)) return unsupported("it lacks 'model_type'");
  Checkpoint out;
  out.format = "Hugging Face folder";
  out.source = TensorSource::kHuggingFace;
  out.architecture = find_model_type(type->text);
  if (out.architecture == nullptr)
    return unsupported("'model_type' is '" + type->text + "'; " + model_types() + " are supported");
  if (json->find("quantization_config") != nullptr)
    return unsupported("quantised weights ('quantization_config') are not supported");
  LMC_ASSIGN(out.parameters, Config(*json, *out.architecture).read());
  for (const ByteSpan file : files.weights) LMC_TRY(read_safetensors(file, out.tensors));
  drop_prefix(out.tensors, "transformer.");
  const JsonValue* const tied = json->find("tie_word_embeddings");
  if (tied != nullptr && tied->is(Kind::kBoolean) && tied->boolean) out.tensors.erase("lm_head.weight");
  const JsonValue* const bos = json->find("bos_token_id");
  LMC_ASSIGN(out.vocabulary, out.architecture->colours
                                 ? colour_vocabulary(*json)
                                 : read_vocabulary(files, bos != nullptr ? bos->integer : std::nullopt));
  std::string clusters;
  if (out.architecture->colours) {
    LMC_ASSIGN(clusters, read_clusters(files.preprocessor, out.vocabulary.tokens.size()));
  }
  out.origin = origin(files, type->text, clusters);
  return out;
}

Result<std::vector<std::string>> read_weight_index(ByteSpan text) {
  const auto broken = [](const std::string& what) { return bad_input("model.safetensors.index.json: " + what); };
  const auto json = parse_json(text);
  const JsonValue* const names = json && json->is(Kind::kObject) ? json->find("weight_map") : nullptr;
  if (names == nullptr || !names->is(Kind::kObject)) return broken("it has no object 'weight_map'");
  std::vector<std::string> out;
  for (const auto& [tensor, file] : names->members) {
    if (!file.is(Kind::kString) || !file.text.ends_with(".safetensors") ||
        file.text.find_first_of(std::string("/\\\0", 3)) != std::string::npos)
      return broken("the file of tensor '" + tensor + "' is " + file.dump() + ", no name of a safetensors file");
    out.push_back(file.text);
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace lmc
