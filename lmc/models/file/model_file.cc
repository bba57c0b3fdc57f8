#include "lmc/models/file/model_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "lmc/base/io.h"
#include "lmc/models/file/json_value.h"
#include "lmc/models/file/model_format.h"
#include "lmc/numerics/matmul.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;

constexpr float kMaxScale = 1.0f;         // with these limits no binary32 value of the engine can overflow:
constexpr float kMaxGain = 1024.0f;       // docs/numerics.md, section 7
constexpr float kMaxPostGain = 65536.0f;  // of norms after a product, and of biases
constexpr double kMaxEmbedFactor = 1024.0;

Error broken(const std::string& what, std::optional<uint64_t> offset = std::nullopt) {
  return bad_input("model file: " + what + "; fetch or export the file again", offset);
}

// Integer within [low, high]; key: of what.
Result<int64_t> integer_of(const JsonValue& value, const char* key, int64_t low, int64_t high) {
  if (!value.integer || *value.integer < low || *value.integer > high)
    return broken(std::string("'") + key + "' must be an integer from " + std::to_string(low) + " to " +
                  std::to_string(high) + ", found " + value.dump());
  return *value.integer;
}

// The same, a member of an object.
Result<int64_t> integer(const JsonValue& object, const char* key, int64_t low, int64_t high) {
  const JsonValue* const value = object.find(key);
  if (value == nullptr) return broken(std::string("header lacks '") + key + "'");
  return integer_of(*value, key, low, high);
}

Result<double> number(const JsonValue& object, const char* key, double low, double high) {
  const JsonValue* const value = object.find(key);
  if (value == nullptr) return broken(std::string("header lacks '") + key + "'");
  const bool is_number = value->is(Kind::kInteger) || value->is(Kind::kFloat);
  if (!is_number || !(value->number >= low && value->number <= high))
    return broken(std::string("'") + key + "' is not a number in its range");
  return value->number;
}

Result<bool> boolean(const JsonValue& object, const char* key) {
  const JsonValue* const value = object.find(key);
  if (value == nullptr || !value->is(Kind::kBoolean)) return broken(std::string("'") + key + "' must be true or false");
  return value->boolean;
}

Result<std::string> text(const JsonValue& object, const char* key) {
  const JsonValue* const value = object.find(key);
  if (value == nullptr || !value->is(Kind::kString)) return broken(std::string("'") + key + "' must be a string");
  return value->text;
}

struct IntegerField {
  const char* key;
  int ModelConfig::*member;
  int64_t low, high;
};

constexpr IntegerField kIntegerFields[] = {
    {"layers", &ModelConfig::layers, 1, 256},     {"width", &ModelConfig::width, 4, 65536},
    {"heads", &ModelConfig::heads, 1, 256},       {"kv_heads", &ModelConfig::kv_heads, 1, 256},
    {"head_dim", &ModelConfig::head_dim, 8, 512}, {"ffn", &ModelConfig::ffn, 4, 65536},
    {"vocab", &ModelConfig::vocab, 2, 1 << 20},
};

struct BitsField {
  const char* key;
  int ActivationBits::*member;
};

constexpr BitsField kBitsFields[] = {{"qkv", &ActivationBits::qkv},
                                     {"o", &ActivationBits::o},
                                     {"up", &ActivationBits::up},
                                     {"down", &ActivationBits::down},
                                     {"head", &ActivationBits::head}};

// What each layer has of its own: windows and sinks.
Status parse_layers(const JsonValue& json, ModelConfig& config) {
  const JsonValue* const windows = json.find("windows");
  if (windows == nullptr || !windows->is(Kind::kArray) || windows->elements.size() != size_t(config.layers))
    return broken("'windows' must be an array of one integer per layer");
  for (const JsonValue& window : windows->elements) {
    const auto value = integer_of(window, "window", 1, 32768);
    if (!value.ok()) return value.error();
    config.windows.push_back(int(*value));
  }

  if (const JsonValue* const sinks = json.find("sinks"); sinks != nullptr) {
    const bool is_array = sinks->is(Kind::kArray);
    if (is_array && sinks->elements.size() != size_t(config.layers))
      return broken("'sinks' must be a number or an array of one per layer");
    for (size_t i = 0; i < size_t(config.layers); ++i) {
      const auto value = integer_of(is_array ? sinks->elements[i] : *sinks, "sinks", 0, 1);
      if (!value.ok()) return value.error();
      config.sinks.push_back(int(*value));
    }
  }
  return Ok();
}

// Which functions the network is made of.
Status parse_functions(const JsonValue& json, ModelConfig& config) {
  LMC_ASSIGN(const auto activation, text(json, "activation"));
  const auto known = std::ranges::find(kActivationNames, activation);
  if (known == std::end(kActivationNames))
    return broken("'activation' must be relu2, swiglu, gelu, geglu or quick_gelu; another one needs a newer lmc");
  config.activation = Activation(known - std::begin(kActivationNames));
  if (json.find("norm") != nullptr) {
    LMC_ASSIGN(const auto norm, text(json, "norm"));
    if (norm != "rms" && norm != "layer") return broken("'norm' must be rms or layer; another one needs a newer lmc");
    config.norm = norm == "rms" ? NormKind::kRms : NormKind::kLayer;
  }
  if (json.find("embed_factor") != nullptr) {
    LMC_ASSIGN(config.embed_factor, number(json, "embed_factor", 0.0, kMaxEmbedFactor));
  }
  if (json.find("positions") != nullptr) {
    LMC_ASSIGN(const auto positions, integer(json, "positions", 0, 1 << 20));
    config.positions = int(positions);
    if (positions > 0 && std::ranges::count(config.sinks, 1) > 0)
      return broken("a model with learned positions has no sinks");
  }
  if (const JsonValue* const anew = json.find("bos_anew"); anew != nullptr) {
    if (!anew->is(Kind::kBoolean)) return broken("'bos_anew' must be true or false");
    config.bos_anew = anew->boolean;
  }
  return Ok();
}

Result<ModelConfig> parse_config(const JsonValue& json) {
  ModelConfig config;
  for (const IntegerField& field : kIntegerFields) {
    LMC_ASSIGN(const auto value, integer(json, field.key, field.low, field.high));
    config.*field.member = int(value);
  }
  if (config.width % 4 != 0 || config.ffn % 4 != 0 || config.head_dim % 4 != 0)
    return broken("width, ffn and head_dim must be multiples of 4");
  if (config.heads % config.kv_heads != 0) return broken("heads must be a multiple of kv_heads");
  if (config.heads * config.head_dim > 65536) return broken("heads * head_dim must not exceed 65536");

  LMC_TRY(parse_layers(json, config));
  if (json.find("head_rate") != nullptr) {
    LMC_ASSIGN(config.head_rate, number(json, "head_rate", 0.0, 16.0));
  }

  LMC_TRY(parse_functions(json, config));

  const auto qk_norm = boolean(json, "qk_norm");
  const auto tied = boolean(json, "tied");
  const auto theta = number(json, "rope_theta", 2.0, 1e9);
  const auto eps = number(json, "norm_eps", 1e-30, 1.0);
  if (!qk_norm.ok()) return qk_norm.error();
  if (!tied.ok()) return tied.error();
  if (!theta.ok()) return theta.error();
  if (!eps.ok()) return eps.error();
  config.qk_norm = *qk_norm;
  config.tied = *tied;
  config.rope_theta = *theta;
  config.norm_eps = *eps;

  const JsonValue* const bits = json.find("act_bits");
  if (bits == nullptr || !bits->is(Kind::kObject)) return broken("header lacks 'act_bits'");
  for (const BitsField& field : kBitsFields) {
    LMC_ASSIGN(const auto value, integer(*bits, field.key, 8, 16));
    if (value != 8 && value != 16) return broken(std::string("act_bits.") + field.key + " must be 8 or 16");
    config.act_bits.*field.member = int(value);
  }
  return config;
}

Result<AdapterBase> parse_adapter_base(const JsonValue& json) {
  const JsonValue* const base = json.find("base");
  if (base == nullptr || !base->is(Kind::kObject)) return broken("header lacks 'base'");
  LMC_ASSIGN(const auto digits, text(*base, "sha256"));
  AdapterBase out;
  LMC_ASSIGN(out.name, text(*base, "name"));
  const auto sha256 = sha256_from_hex(digits);
  if (!sha256) return broken("'sha256' must be 64 hexadecimal digits");
  out.sha256 = *sha256;
  if (base->find("rounding") == nullptr) return out;
  LMC_ASSIGN(const auto rounding, text(*base, "rounding"));
  if (rounding != "nearest" && rounding != "dithered")
    return broken("'rounding' must be nearest or dithered; another one needs a newer lmc");
  out.dithered = rounding == "dithered";
  return out;
}

constexpr TensorType kTypes[] = {TensorType::kI8, TensorType::kI16, TensorType::kF32, TensorType::kU8,
                                 TensorType::kU32};

// One entry of "tensors": type, shape and place, all within [data_begin, data_end) of the file.
Result<TensorView> parse_tensor(const std::string& name, const JsonValue& json, ByteSpan file, size_t data_begin,
                                size_t data_end) {
  const std::string prefix = "tensor '" + name + "': ";
  if (!json.is(Kind::kObject)) return broken(prefix + "not an object");
  const auto dtype = text(json, "dtype");
  if (!dtype.ok()) return broken(prefix + dtype.error().message);
  TensorView view;
  bool known = false;
  for (TensorType type : kTypes) {
    if (*dtype != type_name(type)) continue;
    view.type = type;
    known = true;
  }
  if (!known) return broken(prefix + "unknown dtype");

  const JsonValue* const shape = json.find("shape");
  if (shape == nullptr || !shape->is(Kind::kArray) || shape->elements.empty() || shape->elements.size() > 4)
    return broken(prefix + "'shape' must be an array of 1 to 4 sizes");
  uint64_t bytes = type_bytes(view.type);
  for (const JsonValue& size : shape->elements) {
    const auto value = integer_of(size, "size", 0, int64_t(1) << 40);
    if (!value.ok()) return broken(prefix + value.error().message);
    if (*value > 0 && bytes > (uint64_t(1) << 50) / uint64_t(*value)) return broken(prefix + "too large");
    bytes *= uint64_t(*value);
    view.shape.push_back(size_t(*value));
  }

  const auto offset = integer(json, "offset", 0, int64_t(file.size()));
  const auto stated = integer(json, "bytes", 0, int64_t(file.size()));
  if (!offset.ok()) return broken(prefix + offset.error().message);
  if (!stated.ok()) return broken(prefix + stated.error().message);
  if (uint64_t(*stated) != bytes)
    return broken(prefix + "its shape needs " + std::to_string(bytes) + " bytes, the header states " +
                  std::to_string(*stated));
  const size_t begin = size_t(*offset);
  if (begin % kModelAlignment != 0 || begin < data_begin || begin > data_end || bytes > data_end - begin)
    return broken(prefix + "lies outside the data or is not aligned to 64", begin);
  view.bytes = file.subspan(begin, size_t(bytes));
  return view;
}

}  // namespace

size_t type_bytes(TensorType type) {
  switch (type) {
    case TensorType::kI16:
      return 2;
    case TensorType::kF32:
    case TensorType::kU32:
      return 4;
    default:
      return 1;
  }
}

const char* type_name(TensorType type) {
  constexpr const char* names[] = {"i8", "i16", "f32", "u8", "u32"};
  return names[size_t(type)];
}

struct ModelFile::Contents {
  std::optional<MappedFile> mapped;
  AlignedBytes owned;
  ByteSpan bytes;
  std::string name;
  std::string training = "{}";
  ModelKind kind = ModelKind::kTransformer;
  ModelConfig config;
  AdapterBase adapter_base;
  Sha256 sha256{};
  std::map<std::string, TensorView> tensors;
  std::shared_ptr<const Contents> base;  // that other tensors lie in
  std::map<std::string, AlignedBytes> replaced;

  // What an architecture needs of a tensor.
  Status expect(const std::string& tensor, TensorType type, const std::vector<size_t>& shape) const {
    const auto it = tensors.find(tensor);
    if (it == tensors.end()) return broken("tensor '" + tensor + "' is missing");
    if (it->second.type != type || it->second.shape != shape)
      return broken("tensor '" + tensor + "' has not the type and shape that the architecture asks for",
                    uint64_t(it->second.bytes.data() - bytes.data()));
    return Ok();
  }

  Status expect_floats(const std::string& tensor, size_t size, float low, float high) const {
    LMC_TRY(expect(tensor, TensorType::kF32, {size}));
    const TensorView& view = tensors.at(tensor);
    for (float value : view.as<float>())
      if (!(value >= low && value <= high))
        return broken("tensor '" + tensor + "' holds a value that is not a number from " + std::to_string(low) +
                          " to " + std::to_string(high),
                      uint64_t(view.bytes.data() - bytes.data()));
    return Ok();
  }

  Status expect_matrix(const std::string& tensor, int rows, int columns) const {
    LMC_TRY(expect(tensor, TensorType::kI8, {size_t(rows), size_t(columns)}));
    return expect_floats(tensor + ".scale", size_t(rows), 0.0f, kMaxScale);
  }

  Status expect_optional(const std::string& tensor, int size, float limit) const {
    if (tensors.count(tensor) == 0) return Ok();
    return expect_floats(tensor, size_t(size), -limit, limit);
  }

  // With a bias for each row, or none.
  Status expect_product(const std::string& tensor, int rows, int columns) const {
    LMC_TRY(expect_matrix(tensor, rows, columns));
    return expect_optional(tensor + ".bias", rows, kMaxPostGain);
  }

  Status expect_optional_norm(const std::string& tensor) const {
    if (tensors.count(tensor) == 0 && tensors.count(tensor + ".bias") != 0)
      return broken("tensor '" + tensor + "' is missing, but has a bias");
    LMC_TRY(expect_optional(tensor, config.width, kMaxGain));
    return expect_optional(tensor + ".bias", config.width, kMaxGain);
  }

  Status expect_layer(const std::string& layer) const {
    const ModelConfig& c = config;
    LMC_TRY(expect_product(layer + "wq", c.heads * c.head_dim, c.width));
    LMC_TRY(expect_product(layer + "wk", c.kv_heads * c.head_dim, c.width));
    LMC_TRY(expect_product(layer + "wv", c.kv_heads * c.head_dim, c.width));
    LMC_TRY(expect_product(layer + "wo", c.width, c.heads * c.head_dim));
    LMC_TRY(expect_product(layer + "w_up", c.ffn, c.width));
    if (is_gated(c.activation)) LMC_TRY(expect_product(layer + "w_gate", c.ffn, c.width));
    LMC_TRY(expect_product(layer + "w_down", c.width, c.ffn));
    LMC_TRY(expect_floats(layer + "q_gain", size_t(c.heads), -kMaxGain, kMaxGain));
    LMC_TRY(expect_optional_norm(layer + "attn_norm"));
    LMC_TRY(expect_optional_norm(layer + "ffn_norm"));
    LMC_TRY(expect_optional(layer + "attn_post_norm", c.width, kMaxPostGain));
    LMC_TRY(expect_optional(layer + "ffn_post_norm", c.width, kMaxPostGain));
    for (const char* gain : {"q_norm", "k_norm"}) {
      LMC_TRY(expect_optional(layer + gain, c.head_dim, kMaxGain));
      if (tensors.count(layer + gain) != 0 && !c.qk_norm) return broken("'" + layer + gain + "' without 'qk_norm'");
    }
    if (tensors.count(layer + "rope") == 0) return Ok();
    return expect(layer + "rope", TensorType::kU32, {size_t(c.head_dim / 2), 2});
  }

  Status expect_architecture() const {
    if (kind != ModelKind::kTransformer) return Ok();  // whoever loads it checks the shapes
    const ModelConfig& c = config;
    LMC_TRY(expect_matrix("embed", c.vocab, c.width));
    if (!c.tied) LMC_TRY(expect_matrix("head", c.vocab, c.width));
    LMC_TRY(expect_optional(kHeadBias, c.vocab, kMaxPostGain));
    if (c.positions > 0) {
      LMC_TRY(expect("positions", TensorType::kF32, {size_t(c.positions), size_t(c.width)}));
      for (float value : tensors.at("positions").as<float>())
        if (!(std::fabs(value) <= kMaxGain)) return broken("tensor 'positions' holds a value that is out of range");
    }
    LMC_TRY(expect_optional_norm("final_norm"));
    for (int i = 0; i < c.layers; ++i) LMC_TRY(expect_layer("layer." + std::to_string(i) + "."));
    for (const auto& [tensor, view] : tensors)
      if (tensor == "tokenizer" && view.type != TensorType::kU8) return broken("'tokenizer' must be u8");
    return Ok();
  }
};

Result<ModelFile> ModelFile::open(const std::string& path) {
  auto contents = std::make_shared<Contents>();
  LMC_ASSIGN(auto mapped, MappedFile::open(path));
  contents->mapped.emplace(std::move(mapped));
  contents->bytes = contents->mapped->bytes();
  return parse(std::move(contents));
}

Result<ModelFile> ModelFile::from_bytes(ByteSpan bytes) {
  auto contents = std::make_shared<Contents>();
  contents->owned = AlignedBytes(bytes.size(), 0);
  if (!bytes.empty()) std::memcpy(contents->owned.data(), bytes.data(), bytes.size());
  contents->bytes = {contents->owned.data(), bytes.size()};
  return parse(std::move(contents));
}

ModelFile ModelFile::replaced(const ModelFile& base, const ModelFile& as, std::map<std::string, AlignedBytes> tensors) {
  auto contents = std::make_shared<Contents>();
  contents->base = base.contents_;
  contents->name = as.name();
  contents->training = as.training();
  contents->kind = base.kind();
  contents->config = base.config();
  contents->sha256 = as.sha256();
  contents->tensors = base.tensors();
  contents->replaced = std::move(tensors);
  for (const auto& [name, bytes] : contents->replaced) {
    TensorView& view = contents->tensors[name];  // a new one is a section
    view.bytes = {bytes.data(), bytes.size()};
    if (view.type == TensorType::kU8) view.shape = {bytes.size()};
  }
  return ModelFile(std::move(contents));
}

namespace {

Result<ModelKind> parse_kind(const JsonValue& json) {
  LMC_ASSIGN(const auto kind, text(json, "kind"));
  if (kind == "transformer") return ModelKind::kTransformer;
  if (kind == "pixels") return ModelKind::kPixels;
  if (kind == "adapter") return ModelKind::kAdapter;
  return broken("its kind is neither 'transformer' nor 'pixels' nor 'adapter': a newer lmc may be needed");
}

}  // namespace

Result<ModelFile> ModelFile::parse(std::shared_ptr<Contents> contents) {
  const ByteSpan file = contents->bytes;
  ByteReader reader(file);
  LMC_ASSIGN(const auto magic, reader.read_bytes(sizeof kModelMagic, "magic of the model file"));
  if (std::memcmp(magic.data(), kModelMagic, sizeof kModelMagic) != 0)
    return bad_input("not a model file (.lmcm): it does not begin with LMCM", 0);
  LMC_ASSIGN(const auto version, reader.read_le<uint32_t>("version of the model file"));
  if (version < kModelVersion || version > kModelVersionHeadBias)
    return bad_input("model file has version " + std::to_string(version) + ", this program reads versions " +
                         std::to_string(kModelVersion) + " to " + std::to_string(kModelVersionHeadBias) +
                         "; a newer lmc may be needed",
                     4);
  LMC_ASSIGN(const auto header_bytes, reader.read_le<uint64_t>("header length of the model file"));
  if (header_bytes > kMaxHeaderBytes || header_bytes + contents->sha256.size() > reader.remaining())
    return broken("header length " + std::to_string(header_bytes) + " does not fit the file (cut short?)", 8);
  LMC_ASSIGN(const auto header, reader.read_bytes(size_t(header_bytes), "header of the model file"));

  const size_t data_end = file.size() - contents->sha256.size();
  contents->sha256 = lmc::sha256(file.first(data_end));
  if (std::memcmp(contents->sha256.data(), file.data() + data_end, contents->sha256.size()) != 0)
    return broken("its SHA-256 does not match its contents: damaged or cut short", data_end);

  const auto parsed = parse_json(header);
  if (!parsed || !parsed->is(Kind::kObject)) return broken("the header is not a JSON object", kModelPrefixBytes);
  const JsonValue& json = *parsed;
  LMC_ASSIGN(contents->kind, parse_kind(json));
  LMC_ASSIGN(const auto name, text(json, "name"));
  contents->name = name;
  if (const JsonValue* const training = json.find("training"); training != nullptr)
    contents->training = training->dump();

  if (contents->kind == ModelKind::kTransformer) {
    const JsonValue* const architecture = json.find("architecture");
    if (architecture == nullptr || !architecture->is(Kind::kObject)) return broken("header lacks 'architecture'");
    LMC_ASSIGN(auto config, parse_config(*architecture));
    contents->config = std::move(config);
  }

  if (contents->kind == ModelKind::kAdapter) {
    LMC_ASSIGN(contents->adapter_base, parse_adapter_base(json));
  }

  const JsonValue* const tensors = json.find("tensors");
  if (tensors == nullptr || !tensors->is(Kind::kObject)) return broken("header lacks 'tensors'");
  for (const auto& [tensor, entry] : tensors->members) {
    LMC_ASSIGN(auto view, parse_tensor(tensor, entry, file, reader.position(), data_end));
    contents->tensors.emplace(tensor, std::move(view));
  }
  if (contents->kind == ModelKind::kTransformer) {
    const uint32_t needed = version_of(contents->config, contents->tensors);
    if (needed > version)
      return broken(
          "it has version " + std::to_string(version) + ", but members or tensors of version " + std::to_string(needed),
          4);
  }
  LMC_TRY(contents->expect_architecture());
  return ModelFile(std::move(contents));
}

ModelKind ModelFile::kind() const { return contents_->kind; }
const ModelConfig& ModelFile::config() const { return contents_->config; }
const AdapterBase& ModelFile::adapter_base() const { return contents_->adapter_base; }
const std::string& ModelFile::name() const { return contents_->name; }
const Sha256& ModelFile::sha256() const { return contents_->sha256; }
ByteSpan ModelFile::bytes() const { return contents_->bytes; }
void ModelFile::release_pages() const {
  for (const Contents* each = contents_.get(); each != nullptr; each = each->base.get())
    if (each->mapped) each->mapped->release_pages();
}
std::string ModelFile::training() const { return contents_->training; }
bool ModelFile::has(const std::string& tensor) const { return contents_->tensors.count(tensor) != 0; }
const std::map<std::string, TensorView>& ModelFile::tensors() const { return contents_->tensors; }

Result<TensorView> ModelFile::tensor(const std::string& name) const {
  const auto it = contents_->tensors.find(name);
  if (it == contents_->tensors.end()) return broken("tensor '" + name + "' is missing");
  return it->second;
}

ByteSpan ModelFile::section(const std::string& name) const {
  const auto it = contents_->tensors.find(name);
  return it == contents_->tensors.end() || it->second.type != TensorType::kU8 ? ByteSpan() : it->second.bytes;
}

}  // namespace lmc
