#include "lmc/models/adapters/peft.h"

#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "lmc/models/adapters/adapter.h"
#include "lmc/models/file/json_value.h"
#include "lmc/models/import/safetensors_file.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kPrefix = "base_model.model.", kLayers = "model.layers.";

Error refused(const std::string& what) { return bad_input("PEFT adapter: " + what); }

// Neither absent nor null, false, or empty.
bool is_set(const JsonValue& config, const char* key) {
  const JsonValue* const value = config.find(key);
  if (value == nullptr) return false;
  switch (value->kind) {
    case Kind::kNull:
      return false;
    case Kind::kBoolean:
      return value->boolean;
    case Kind::kString:
      return !value->text.empty();
    case Kind::kArray:
      return !value->elements.empty();
    case Kind::kObject:
      return !value->members.empty();
    default:
      return true;
  }
}

std::string text_of(const JsonValue& config, const char* key) {
  const JsonValue* const value = config.find(key);
  return value != nullptr && value->is(Kind::kString) ? value->text : "";
}

Result<double> positive(const JsonValue& value, const std::string& what) {
  const bool is_number = value.is(Kind::kInteger) || value.is(Kind::kFloat);
  if (!is_number || !(value.number > 0 && value.number <= 1e6))
    return refused(what + " must be a number above 0, found " + value.dump());
  return value.number;
}

Status check_config(const JsonValue& config) {
  const std::string type = text_of(config, "peft_type");
  if (type != "LORA") return refused("peft_type is '" + type + "'; LORA is known");
  if (is_set(config, "use_dora")) return refused("use_dora: DoRA scales whole rows, which is not known here");
  if (const std::string bias = text_of(config, "bias"); !bias.empty() && bias != "none")
    return refused("bias is '" + bias + "': changed biases are not known here");
  constexpr struct {
    const char* key;
    const char* why;
  } kUnknown[] = {{"modules_to_save", "modules saved whole are no low-rank change"},
                  {"lora_bias", "biases are not known here"},
                  {"fan_in_fan_out", "matrices kept the other way round are not known here"},
                  {"layer_replication", "layers used several times are not known here"},
                  {"trainable_token_indices", "changed embeddings are not known here"},
                  {"target_parameters", "changes of bare parameters are not known here"},
                  {"use_qalora", "QALoRA groups its inputs, which is not known here"},
                  {"alora_invocation_tokens", "an adapter that begins in mid-text is not known here"}};
  for (const auto& [key, why] : kUnknown)
    if (is_set(config, key)) return refused(std::string(key) + ": " + why);
  const std::string start = text_of(config, "init_lora_weights");
  for (const char* const changing : {"pissa", "olora", "corda", "loftq", "lora_ga"})
    if (start.starts_with(changing))
      return refused("init_lora_weights is '" + start + "', which changes the base; convert it to a plain LoRA first");
  return Ok();
}

// The entry of rank_pattern or alpha_pattern for a module ("model.layers.0.self_attn.q_proj"), as PEFT finds it: the
// first key that is the module's name or what it ends with, behind a point. Null: none.
Result<const JsonValue*> pattern_of(const JsonValue& config, const char* key, const std::string& module) {
  const JsonValue* const patterns = config.find(key);
  if (patterns == nullptr || patterns->is(Kind::kNull)) return nullptr;
  if (!patterns->is(Kind::kObject)) return refused(std::string(key) + " must be an object");
  const JsonValue* found = nullptr;
  for (const JsonMember& member : patterns->members) {
    std::string name = member.name;
    if (name.starts_with('^')) name.erase(0, 1);
    if (name.empty() ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") != std::string::npos)
      return refused(std::string(key) + ": '" + member.name + "' is a regular expression; names are known");
    const bool whole = member.name.starts_with('^');
    if (module != name && (whole || !module.ends_with("." + name))) continue;
    if (found != nullptr && found->dump() != member.value.dump())
      return refused(std::string(key) + ": two entries with different values fit " + module);
    found = &member.value;
  }
  return found;
}

// "model.layers.3.self_attn.q_proj" to "layer.3.wq".
Result<std::string> matrix_of(const std::string& module) {
  const std::string_view rest = std::string_view(module).substr(std::min(kLayers.size(), module.size()));
  const size_t point = rest.find('.');
  if (module.starts_with(kLayers) && point != std::string_view::npos) {
    int layer = -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + point, layer);
    const std::string_view last = rest.substr(rest.rfind('.') + 1), part = rest.substr(point + 1);
    const AdapterTarget* const target = find_adapter_target(last);
    const bool is_mlp = target != nullptr && std::string_view(target->name).starts_with("w_");
    const bool is_known = target != nullptr && last == target->peft_name && last != "lm_head" &&
                          part == (is_mlp ? "mlp." : "self_attn.") + std::string(last);
    if (error == std::errc() && end == rest.data() + point && layer >= 0 && is_known)
      return "layer." + std::to_string(layer) + "." + target->name;
  }
  if (module == "lm_head") return refused("'lm_head': an imported vocabulary is in another order, so it cannot change");
  return refused("'" + module +
                 "' is changed, and unknown here; q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj and down_proj of "
                 "model.layers are known");
}

Result<double> factor_of(const JsonValue& config, const std::string& module, size_t rank) {
  LMC_ASSIGN(const JsonValue* const own_rank, pattern_of(config, "rank_pattern", module));
  LMC_ASSIGN(const JsonValue* const own_alpha, pattern_of(config, "alpha_pattern", module));
  const JsonValue* const r = own_rank != nullptr ? own_rank : config.find("r");
  const JsonValue* const alpha = own_alpha != nullptr ? own_alpha : config.find("lora_alpha");
  if (r == nullptr || alpha == nullptr) return refused("the configuration lacks 'r' or 'lora_alpha'");
  LMC_ASSIGN(const double stated, positive(*r, "r of " + module));
  LMC_ASSIGN(const double a, positive(*alpha, "lora_alpha of " + module));
  if (stated != double(rank))
    return refused("'" + module + "' has rank " + std::to_string(rank) + ", its configuration says " + r->dump());
  return a / (is_set(config, "use_rslora") ? std::sqrt(double(rank)) : double(rank));
}

std::vector<float> floats_of(const WeightTensor& tensor) {
  std::vector<float> out(size_t(tensor.rows() * tensor.columns()));
  for (uint64_t row = 0; row < tensor.rows(); ++row) tensor.read_row(row, out.data() + row * tensor.columns());
  return out;
}

}  // namespace

Result<Bytes> import_peft(ByteSpan config_text, ByteSpan tensors_file, const ModelFile& base, const std::string& name) {
  const auto config = parse_json(config_text);
  if (!config || !config->is(Kind::kObject)) return refused("adapter_config.json is not a JSON object");
  LMC_TRY(check_config(*config));
  std::map<std::string, WeightTensor> tensors;
  LMC_TRY(read_safetensors(tensors_file, tensors));
  if (tensors.empty()) return refused("adapter_model.safetensors holds no tensors");
  AdapterWriter writer(name, base);
  writer.set_dithered(true);  // it was trained without our rounding in view
  for (const auto& [tensor, a] : tensors) {
    constexpr std::string_view kEndA = ".lora_A.weight", kEndB = ".lora_B.weight";
    const bool is_a = tensor.ends_with(kEndA);
    if (!tensor.starts_with(kPrefix) || (!is_a && !tensor.ends_with(kEndB)))
      return refused("tensor '" + tensor + "' is neither a lora_A nor a lora_B of a linear layer");
    const std::string stem = tensor.substr(0, tensor.size() - kEndA.size());
    const auto other = tensors.find(stem + std::string(is_a ? kEndB : kEndA));
    if (other == tensors.end()) return refused("'" + tensor + "' has no counterpart");
    if (!is_a) continue;
    const WeightTensor& b = other->second;
    if (a.shape.size() != 2 || b.shape.size() != 2 || a.shape[0] != b.shape[1] || a.shape[0] < 1 ||
        a.shape[0] > size_t(kMaxAdapterRank))
      return refused("'" + stem + "': shapes that do not fit each other, or a rank above " +
                     std::to_string(kMaxAdapterRank));
    const std::string module = stem.substr(kPrefix.size());
    LMC_ASSIGN(const std::string matrix, matrix_of(module));
    const auto weights = base.tensor(matrix);
    if (!weights.ok()) return refused("'" + module + "': the base has no such matrix");
    if (weights->shape != std::vector<size_t>{b.shape[0], a.shape[1]})
      return refused("'" + module + "' is of another shape than in " + base.name() + ": it belongs to another model");
    LMC_ASSIGN(const double factor, factor_of(*config, module, a.shape[0]));
    std::vector<float> left = floats_of(b);
    for (float& x : left) x = float(double(x) * factor);
    const std::vector<float> right = floats_of(a);
    for (const std::span<const float> values : {std::span<const float>(left), std::span<const float>(right)})
      for (const float x : values)
        if (!std::isfinite(x)) return refused("'" + module + "' holds a value that is not finite");
    writer.add(matrix, right, left, int(a.shape[0]));
  }
  return writer.finish();
}

}  // namespace lmc
