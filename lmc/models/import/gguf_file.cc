#include "lmc/models/import/gguf_file.h"

#include <bit>
#include <cmath>

namespace lmc {
namespace {

enum ValueType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12
};
constexpr size_t kValueBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};  // 0: not fixed

constexpr uint64_t kMostNameBytes = 65535;
constexpr uint64_t kMostDimensions = 4;
constexpr uint64_t kMostWeights = uint64_t(1) << 40;  // of one tensor

Error broken(const std::string& what, std::optional<uint64_t> offset = std::nullopt) {
  return bad_input("GGUF file: " + what, offset);
}

Result<std::string_view> read_string(ByteReader& reader, uint64_t most_bytes = UINT64_MAX) {
  LMC_ASSIGN(const auto size, reader.read_le<uint64_t>("GGUF file: length of a string"));
  if (size > reader.remaining() || size > most_bytes)
    return broken("a string of " + std::to_string(size) + " bytes is longer than the file has room for (cut short?)",
                  reader.position());
  LMC_ASSIGN(const auto bytes, reader.read_bytes(size_t(size), "GGUF file: string"));
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Bytes of one element, little-endian, widened.
int64_t read_integer(const uint8_t* at, uint32_t type) {
  uint64_t value = 0;
  const size_t size = kValueBytes[type];
  for (size_t i = 0; i < size; ++i) value |= uint64_t(at[i]) << (8 * i);
  const bool is_signed = type == kI8 || type == kI16 || type == kI32;
  const unsigned unused = unsigned(64 - 8 * size);
  return is_signed ? int64_t(value << unused) >> unused : int64_t(value);
}

bool is_integer(uint32_t type) { return type != kF32 && type != kF64 && type != kString && type != kArray; }

double read_number(const uint8_t* at, uint32_t type) {
  if (is_integer(type)) return double(read_integer(at, type));
  uint64_t bits = 0;
  for (size_t i = 0; i < kValueBytes[type]; ++i) bits |= uint64_t(at[i]) << (8 * i);
  return type == kF32 ? double(std::bit_cast<float>(uint32_t(bits))) : std::bit_cast<double>(bits);
}

}  // namespace

class GgufFile::Parser {
 public:
  explicit Parser(ByteSpan file) : file_(file), reader_(file) {}

  Result<GgufFile> run() {
    LMC_ASSIGN(const auto magic, reader_.read_bytes(4, "magic of the GGUF file"));
    if (std::memcmp(magic.data(), "GGUF", 4) != 0) return broken("it does not begin with GGUF", 0);
    LMC_ASSIGN(const auto version, reader_.read_le<uint32_t>("version of the GGUF file"));
    if (version != 2 && version != 3)
      return broken("version " + std::to_string(version) + "; 2 and 3 are known (big-endian files are not)", 4);
    LMC_ASSIGN(const auto tensors, reader_.read_le<uint64_t>("GGUF file: number of tensors"));
    LMC_ASSIGN(const auto values, reader_.read_le<uint64_t>("GGUF file: number of values"));
    for (uint64_t i = 0; i < values; ++i) LMC_TRY(read_value());
    for (uint64_t i = 0; i < tensors; ++i) LMC_TRY(read_info());
    LMC_TRY(place_tensors());
    return std::move(out_);
  }

 private:
  Status read_value() {
    LMC_ASSIGN(const auto name, read_string(reader_, kMostNameBytes));
    LMC_ASSIGN(const auto type, reader_.read_le<uint32_t>("GGUF file: type of a value"));
    Value value;
    value.type = type;
    if (type == kArray) {
      value.is_array = true;
      LMC_ASSIGN(const auto inner, reader_.read_le<uint32_t>("GGUF file: type of an array"));
      LMC_ASSIGN(const auto count, reader_.read_le<uint64_t>("GGUF file: length of an array"));
      value.type = inner;
      value.count = count;
    }
    if (value.type > kF64 || value.type == kArray)
      return broken("value '" + std::string(name) + "' is of the unknown type " + std::to_string(value.type),
                    reader_.position());
    const ByteSpan from = reader_.rest();
    const size_t begin = reader_.position();
    if (value.type == kString) {
      for (uint64_t i = 0; i < value.count; ++i) LMC_TRY(read_string(reader_));
    } else {
      if (value.count > reader_.remaining() / kValueBytes[value.type])
        return broken("value '" + std::string(name) + "' is longer than the file", begin);
      LMC_TRY(reader_.read_bytes(size_t(value.count) * kValueBytes[value.type], "GGUF file: value"));
    }
    value.bytes = from.first(reader_.position() - begin);
    out_.values_.insert_or_assign(std::string(name), value);
    return Ok();
  }

  Status read_info() {
    LMC_ASSIGN(const auto name, read_string(reader_, kMostNameBytes));
    const std::string prefix = "tensor '" + std::string(name) + "': ";
    LMC_ASSIGN(const auto dimensions, reader_.read_le<uint32_t>("GGUF file: dimensions of a tensor"));
    if (dimensions == 0 || dimensions > kMostDimensions)
      return broken(prefix + std::to_string(dimensions) + " dimensions; 1 to 4 are known", reader_.position());
    WeightTensor tensor;
    uint64_t weights = 1;
    for (uint32_t i = 0; i < dimensions; ++i) {
      LMC_ASSIGN(const auto size, reader_.read_le<uint64_t>("GGUF file: size of a tensor"));
      if (size == 0 || size > kMostWeights / weights) return broken(prefix + "its size is no size", reader_.position());
      weights *= size;
      tensor.shape.insert(tensor.shape.begin(), size);
    }
    LMC_ASSIGN(const auto type, reader_.read_le<uint32_t>("GGUF file: type of a tensor"));
    tensor.type = find_weight_type(type);
    if (tensor.type == nullptr)
      return broken(prefix + "type " + std::to_string(type) +
                        " is not supported; F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K are",
                    reader_.position());
    if (tensor.columns() % tensor.type->block_weights != 0)
      return broken(prefix + "rows of " + std::to_string(tensor.columns()) + " weights are no whole blocks of " +
                        tensor.type->name,
                    reader_.position());
    LMC_ASSIGN(const auto offset, reader_.read_le<uint64_t>("GGUF file: place of a tensor"));
    if (!out_.tensors_.emplace(std::string(name), std::move(tensor)).second)
      return broken(prefix + "there are two of that name", reader_.position());
    places_.push_back({std::string(name), offset, weights});
    return Ok();
  }

  Status place_tensors() {
    uint64_t alignment = 32;
    if (out_.has("general.alignment")) {
      LMC_ASSIGN(const auto given, out_.integer("general.alignment", 1, 1 << 20));
      alignment = given;
    }
    const uint64_t begin = (reader_.position() + alignment - 1) / alignment * alignment;
    for (const Place& place : places_) {
      WeightTensor& tensor = out_.tensors_.at(place.name);
      const uint64_t bytes = place.weights / tensor.type->block_weights * tensor.type->block_bytes;
      if (begin > file_.size() || place.offset > file_.size() - begin || bytes > file_.size() - begin - place.offset)
        return broken("tensor '" + place.name + "' of " + std::to_string(bytes) + " bytes at " +
                          std::to_string(place.offset) + " of the data lies beyond the end of the file (cut short?)",
                      file_.size());
      tensor.bytes = file_.subspan(size_t(begin + place.offset), size_t(bytes));
    }
    return Ok();
  }

  struct Place {
    std::string name;
    uint64_t offset, weights;
  };

  ByteSpan file_;
  ByteReader reader_;
  GgufFile out_;
  std::vector<Place> places_;
};

Result<GgufFile> GgufFile::parse(ByteSpan file) { return Parser(file).run(); }

Result<const GgufFile::Value*> GgufFile::find(const std::string& key, bool is_array) const {
  const auto it = values_.find(key);
  if (it == values_.end()) return broken("it lacks the value '" + key + "'");
  if (it->second.is_array != is_array)
    return broken("the value '" + key + "' is " + (is_array ? "no array" : "an array"));
  return &it->second;
}

Result<uint64_t> GgufFile::integer(const std::string& key, uint64_t low, uint64_t high) const {
  LMC_ASSIGN(const Value* const value, find(key, false));
  if (!is_integer(value->type)) return broken("the value '" + key + "' is no integer");
  const int64_t found = read_integer(value->bytes.data(), value->type);
  if (found < 0 || uint64_t(found) < low || uint64_t(found) > high)
    return broken("the value '" + key + "' is " + std::to_string(found) + "; " + std::to_string(low) + " to " +
                  std::to_string(high) + " are supported");
  return uint64_t(found);
}

Result<double> GgufFile::number(const std::string& key) const {
  LMC_ASSIGN(const Value* const value, find(key, false));
  if (value->type == kString) return broken("the value '" + key + "' is no number");
  return read_number(value->bytes.data(), value->type);
}

Result<std::vector<double>> GgufFile::numbers(const std::string& key) const {
  LMC_ASSIGN(const Value* const value, find(key, true));
  if (value->type != kF32 && value->type != kF64) return broken("the value '" + key + "' is no array of floats");
  std::vector<double> out;
  for (uint64_t i = 0; i < value->count; ++i)
    out.push_back(read_number(value->bytes.data() + i * kValueBytes[value->type], value->type));
  return out;
}

Result<std::string> GgufFile::text(const std::string& key) const {
  LMC_ASSIGN(const Value* const value, find(key, false));
  if (value->type != kString) return broken("the value '" + key + "' is no string");
  ByteReader reader(value->bytes);
  LMC_ASSIGN(const auto string, read_string(reader));
  return std::string(string);
}

Result<std::vector<std::string_view>> GgufFile::texts(const std::string& key) const {
  LMC_ASSIGN(const Value* const value, find(key, true));
  if (value->type != kString) return broken("the value '" + key + "' is no array of strings");
  ByteReader reader(value->bytes);
  std::vector<std::string_view> out;
  for (uint64_t i = 0; i < value->count; ++i) {
    LMC_ASSIGN(const auto string, read_string(reader));
    out.push_back(string);
  }
  return out;
}

Result<std::vector<int64_t>> GgufFile::integers(const std::string& key) const {
  LMC_ASSIGN(const Value* const value, find(key, true));
  if (!is_integer(value->type)) return broken("the value '" + key + "' is no array of integers");
  std::vector<int64_t> out;
  for (uint64_t i = 0; i < value->count; ++i)
    out.push_back(read_integer(value->bytes.data() + i * kValueBytes[value->type], value->type));
  return out;
}

Result<const WeightTensor*> GgufFile::tensor(const std::string& name, const std::vector<uint64_t>& shape) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end()) return broken("it lacks the tensor '" + name + "'");
  if (it->second.shape == shape) return &it->second;
  const auto shown = [](const std::vector<uint64_t>& sizes) {
    std::string out;
    for (uint64_t size : sizes) out += (out.empty() ? "" : " x ") + std::to_string(size);
    return out;
  };
  return broken("the tensor '" + name + "' is " + shown(it->second.shape) + ", expected " + shown(shape));
}

}  // namespace lmc
