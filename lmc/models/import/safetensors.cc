#include "lmc/models/import/safetensors.h"

#include <bit>

#include "lmc/models/file/json_value.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;

constexpr size_t kPrefixBytes = 8;  // length of the header
constexpr size_t kMostDimensions = 8;

Error broken(const std::string& what, std::optional<uint64_t> offset = std::nullopt) {
  return bad_input("safetensors file: " + what, offset);
}

size_t bytes_of(SafetensorsType type) { return type == SafetensorsType::kF32 ? 4 : 2; }

Result<SafetensorsType> type_of(const std::string& name, const JsonValue& entry) {
  const JsonValue* const dtype = entry.find("dtype");
  if (dtype != nullptr && dtype->is(Kind::kString)) {
    if (dtype->text == "F32") return SafetensorsType::kF32;
    if (dtype->text == "F16") return SafetensorsType::kF16;
    if (dtype->text == "BF16") return SafetensorsType::kBF16;
  }
  return broken("tensor '" + name + "': its dtype is not F32, F16 or BF16");
}

// A number that is a size; nothing: it is none, or above most.
std::optional<uint64_t> size_of(const JsonValue& value, uint64_t most) {
  if (!value.is(Kind::kInteger) || !value.integer || *value.integer < 0 || uint64_t(*value.integer) > most) return {};
  return uint64_t(*value.integer);
}

Result<SafetensorsView> read_entry(const std::string& name, const JsonValue& entry, ByteSpan data) {
  if (!entry.is(Kind::kObject)) return broken("tensor '" + name + "': not an object");
  SafetensorsView view;
  LMC_ASSIGN(view.type, type_of(name, entry));
  const JsonValue* const shape = entry.find("shape");
  if (shape == nullptr || !shape->is(Kind::kArray) || shape->elements.size() > kMostDimensions)
    return broken("tensor '" + name + "': 'shape' must be an array of at most 8 sizes");
  uint64_t bytes = bytes_of(view.type);
  for (const JsonValue& element : shape->elements) {
    const auto size = size_of(element, uint64_t(1) << 40);
    if (!size || (*size > 0 && bytes > (uint64_t(1) << 50) / *size))
      return broken("tensor '" + name + "': impossible shape");
    bytes *= *size;
    view.shape.push_back(size_t(*size));
  }
  const JsonValue* const offsets = entry.find("data_offsets");
  if (offsets == nullptr || !offsets->is(Kind::kArray) || offsets->elements.size() != 2)
    return broken("tensor '" + name + "': 'data_offsets' must be two numbers");
  const auto begin = size_of(offsets->elements[0], data.size()), end = size_of(offsets->elements[1], data.size());
  if (!begin || !end || *end < *begin || *end - *begin != bytes)
    return broken("tensor '" + name + "': its place lies outside the file or has not the size of its shape");
  view.bytes = data.subspan(size_t(*begin), size_t(bytes));
  return view;
}

// binary16 to binary32, exactly.
float from_half(uint32_t bits) {
  const uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float tiny = float(fraction) * 0x1p-24f;
  return sign != 0 ? -tiny : tiny;
}

}  // namespace

Result<std::map<std::string, SafetensorsView>> read_safetensors(ByteSpan file) {
  ByteReader reader(file);
  LMC_ASSIGN(const auto header_bytes, reader.read_le<uint64_t>("length of the header of the safetensors file"));
  if (header_bytes > kMaxSafetensorsHeaderBytes || header_bytes > reader.remaining())
    return broken("header length " + std::to_string(header_bytes) + " does not fit the file (cut short?)", 0);
  LMC_ASSIGN(const auto header, reader.read_bytes(size_t(header_bytes), "header of the safetensors file"));
  const auto json = parse_json(header);
  if (!json || !json->is(Kind::kObject)) return broken("the header is not a JSON object", kPrefixBytes);
  std::map<std::string, SafetensorsView> tensors;
  for (const JsonMember& member : json->members) {
    if (member.name == "__metadata__") continue;
    LMC_ASSIGN(tensors[member.name], read_entry(member.name, member.value, reader.rest()));
  }
  return tensors;
}

std::vector<float> to_floats(const SafetensorsView& view) {
  const size_t step = bytes_of(view.type);
  std::vector<float> out(view.bytes.size() / step);
  for (size_t i = 0; i < out.size(); ++i) {
    const uint8_t* const at = view.bytes.data() + i * step;
    const uint32_t low = uint32_t(at[0]) | uint32_t(at[1]) << 8;
    switch (view.type) {
      case SafetensorsType::kF32:
        out[i] = std::bit_cast<float>(low | uint32_t(at[2]) << 16 | uint32_t(at[3]) << 24);
        break;
      case SafetensorsType::kF16:
        out[i] = from_half(low);
        break;
      case SafetensorsType::kBF16:
        out[i] = std::bit_cast<float>(low << 16);
        break;
    }
  }
  return out;
}

}  // namespace lmc
