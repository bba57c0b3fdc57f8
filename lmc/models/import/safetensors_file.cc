#include "lmc/models/import/safetensors_file.h"

#include <string_view>

#include "lmc/models/file/json_value.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;

constexpr size_t kLengthBytes = 8;
constexpr size_t kMostDimensions = 4;

Error broken(const std::string& what, std::optional<uint64_t> offset = std::nullopt) {
  return bad_input("safetensors file: " + what, offset);
}

// What older versions of transformers saved beside the weights.
bool is_buffer(std::string_view name) {
  for (const std::string_view end : {".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"})
    if (name.ends_with(end)) return true;
  return false;
}

const WeightType* type_of(std::string_view dtype) {
  if (dtype == "F32") return find_weight_type(0);
  if (dtype == "F16") return find_weight_type(1);
  if (dtype == "BF16") return find_weight_type(30);
  return nullptr;
}

Result<WeightTensor> read_tensor(const std::string& prefix, const JsonValue& entry, ByteSpan data) {
  const JsonValue* const dtype = entry.find("dtype");
  const JsonValue* const shape = entry.find("shape");
  const JsonValue* const offsets = entry.find("data_offsets");
  if (!entry.is(Kind::kObject) || dtype == nullptr || shape == nullptr || offsets == nullptr)
    return broken(prefix + "it lacks dtype, shape or data_offsets");
  WeightTensor out;
  out.type = type_of(dtype->text);
  if (!dtype->is(Kind::kString) || out.type == nullptr)
    return broken(prefix + "weights of the type " + dtype->dump() + " are not supported; F32, F16 and BF16 are");
  if (!shape->is(Kind::kArray) || shape->elements.empty() || shape->elements.size() > kMostDimensions)
    return broken(prefix + "'shape' must be an array of 1 to 4 sizes");
  uint64_t bytes = out.type->block_bytes;
  for (const JsonValue& size : shape->elements) {
    if (!size.integer || *size.integer <= 0 || uint64_t(*size.integer) > (uint64_t(1) << 46) / bytes)
      return broken(prefix + "its size is no size");
    bytes *= uint64_t(*size.integer);
    out.shape.push_back(uint64_t(*size.integer));
  }
  if (!offsets->is(Kind::kArray) || offsets->elements.size() != 2 || !offsets->elements[0].integer ||
      !offsets->elements[1].integer)
    return broken(prefix + "'data_offsets' must be two numbers");
  const int64_t begin = *offsets->elements[0].integer, end = *offsets->elements[1].integer;
  if (begin < 0 || end < begin || uint64_t(end) > data.size())
    return broken(prefix + "it lies beyond the end of the file (cut short?)");
  if (uint64_t(end - begin) != bytes)
    return broken(prefix + "its shape needs " + std::to_string(bytes) + " bytes, it has " +
                  std::to_string(end - begin));
  out.bytes = data.subspan(size_t(begin), size_t(bytes));
  return out;
}

}  // namespace

Status read_safetensors(ByteSpan file, std::map<std::string, WeightTensor>& tensors) {
  ByteReader reader(file);
  LMC_ASSIGN(const auto size, reader.read_le<uint64_t>("safetensors file: length of the header"));
  if (size > reader.remaining())
    return broken("a header of " + std::to_string(size) + " bytes is longer than the file (cut short?)", 0);
  LMC_ASSIGN(const auto text, reader.read_bytes(size_t(size), "safetensors file: header"));
  const auto header = parse_json(text);
  if (!header || !header->is(Kind::kObject)) return broken("its header is no JSON object", kLengthBytes);
  for (const auto& [name, entry] : header->members) {
    if (name == "__metadata__" || is_buffer(name)) continue;
    const std::string prefix = "tensor '" + name + "': ";
    LMC_ASSIGN(auto tensor, read_tensor(prefix, entry, reader.rest()));
    if (!tensors.emplace(name, std::move(tensor)).second) return broken(prefix + "there are two of that name");
  }
  return Ok();
}

}  // namespace lmc
