#include "lmc/models/file/model_writer.h"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lmc/models/file/model_format.h"

namespace lmc {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKindNames[] = {"transformer", "pixels", "adapter"};

size_t aligned(size_t offset) { return (offset + kModelAlignment - 1) / kModelAlignment * kModelAlignment; }

Json architecture_json(const ModelConfig& c) {
  Json json = {{"layers", c.layers},
               {"width", c.width},
               {"heads", c.heads},
               {"kv_heads", c.kv_heads},
               {"head_dim", c.head_dim},
               {"ffn", c.ffn},
               {"vocab", c.vocab},
               {"windows", c.windows},
               {"activation", kActivationNames[size_t(c.activation)]},
               {"qk_norm", c.qk_norm},
               {"tied", c.tied},
               {"rope_theta", c.rope_theta},
               {"norm_eps", c.norm_eps},
               {"act_bits",
                {{"qkv", c.act_bits.qkv},
                 {"o", c.act_bits.o},
                 {"up", c.act_bits.up},
                 {"down", c.act_bits.down},
                 {"head", c.act_bits.head}}}};
  const auto sinks = std::ranges::count(c.sinks, 1);
  if (sinks == c.layers)
    json["sinks"] = 1;
  else if (sinks > 0)
    json["sinks"] = c.sinks;
  if (c.head_rate != 1.0) json["head_rate"] = c.head_rate;
  if (c.norm != NormKind::kRms) json["norm"] = kNormNames[size_t(c.norm)];
  if (c.embed_factor != 1.0) json["embed_factor"] = c.embed_factor;
  if (c.positions > 0) json["positions"] = c.positions;
  if (c.bos_anew) json["bos_anew"] = true;
  return json;
}

// Hashes and counts what goes through.
class HashingSink : public Sink {
 public:
  explicit HashingSink(Sink& to) : to_(to) {}
  Status write(ByteSpan bytes) override {
    hash_.update(bytes);
    position_ += bytes.size();
    return to_.write(bytes);
  }
  Status pad_to(uint64_t position) { return write(Bytes(size_t(position - position_))); }
  uint64_t position() const { return position_; }
  Sha256 finish() { return hash_.finish(); }

 private:
  Sink& to_;
  Sha256Stream hash_;
  uint64_t position_ = 0;
};

}  // namespace

void ModelWriter::add(const std::string& name, TensorType type, const std::vector<size_t>& shape, const void* data,
                      size_t bytes) {
  const auto* begin = static_cast<const uint8_t*>(data);
  entries_[name] = {type, shape, bytes, bytes == 0 ? Bytes() : Bytes(begin, begin + bytes)};
}

void ModelWriter::add_produced(const std::string& name, TensorType type, const std::vector<size_t>& shape,
                               Produce produce) {
  uint64_t bytes = type_bytes(type);
  for (const size_t size : shape) bytes *= size;
  entries_[name] = {type, shape, bytes, {}, std::move(produce)};
}

void ModelWriter::add_i8(const std::string& name, const std::vector<size_t>& shape, std::span<const int8_t> values) {
  add(name, TensorType::kI8, shape, values.data(), values.size_bytes());
}

void ModelWriter::add_f32(const std::string& name, const std::vector<size_t>& shape, std::span<const float> values) {
  add(name, TensorType::kF32, shape, values.data(), values.size_bytes());
}

void ModelWriter::add_section(const std::string& name, ByteSpan bytes) {
  add(name, TensorType::kU8, {bytes.size()}, bytes.data(), bytes.size());
}

void ModelWriter::add_matrix(const std::string& name, size_t rows, size_t columns, std::span<const float> values) {
  std::vector<int8_t> quantised(values.size());
  std::vector<float> scales(rows);
  for (size_t row = 0; row < rows; ++row) {
    const auto in = values.subspan(row * columns, columns);
    float peak = 0;
    for (float x : in) peak = std::max(peak, std::fabs(x));
    scales[row] = peak / 127.0f;
    for (size_t k = 0; k < columns && peak > 0; ++k)
      quantised[row * columns + k] = int8_t(std::lrint(in[k] / scales[row]));
  }
  add_i8(name, {rows, columns}, quantised);
  add_f32(name + ".scale", {rows}, scales);
}

Result<Bytes> ModelWriter::finish() const {
  MemorySink sink;
  LMC_TRY(write(sink));
  if (auto check = ModelFile::from_bytes(sink.bytes); !check.ok()) return check.error();
  return std::move(sink.bytes);
}

Result<Sha256> ModelWriter::write(Sink& sink) const {
  Json tensors = Json::object();
  size_t offset = 0;  // from the begin of the data: made absolute below
  std::map<std::string, size_t> offsets;
  for (const auto& [name, entry] : entries_) {
    offsets[name] = offset;
    offset = aligned(offset + size_t(entry.size_bytes));
  }
  const Json training = Json::parse(training_, nullptr, /*allow_exceptions=*/false);
  if (!training.is_object()) return usage_error("model writer: the training metadata is not a JSON object");

  // Offsets are absolute, and their digits count in the header's length: begin where a generous header would end.
  std::string header;
  size_t data_begin = 0;
  for (size_t guess = kModelAlignment; data_begin == 0; guess *= 2) {
    for (const auto& [name, entry] : entries_)
      tensors[name] = {{"dtype", type_name(entry.type)},
                       {"shape", entry.shape},
                       {"offset", guess + offsets[name]},
                       {"bytes", entry.size_bytes}};
    Json json = {{"kind", kKindNames[size_t(kind_)]}, {"name", name_}};
    if (kind_ == ModelKind::kAdapter)
      json["base"] = {
          {"sha256", hex(base_.sha256)}, {"name", base_.name}, {"rounding", base_.dithered ? "dithered" : "nearest"}};
    if (kind_ == ModelKind::kTransformer) json["architecture"] = architecture_json(config_);
    json["tensors"] = tensors;
    json["training"] = training;
    header = json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
    if (kModelPrefixBytes + header.size() <= guess) data_begin = guess;
  }

  Bytes out(kModelMagic, kModelMagic + sizeof kModelMagic);
  append_le(out, kind_ == ModelKind::kTransformer ? version_of(config_, entries_) : kModelVersion);
  append_le(out, uint64_t(header.size()));
  append_bytes(out, as_bytes(header));
  HashingSink hashing(sink);
  LMC_TRY(hashing.write(out));
  for (const auto& [name, entry] : entries_) {
    const uint64_t begin = data_begin + offsets[name];
    LMC_TRY(hashing.pad_to(begin));
    LMC_TRY(entry.produce ? entry.produce(hashing) : hashing.write(entry.bytes));
    if (hashing.position() != begin + entry.size_bytes)
      return Error{ErrorFamily::kBug, "model writer: tensor '" + name + "' was produced in another size than declared"};
  }
  LMC_TRY(hashing.pad_to(std::max(aligned(size_t(hashing.position())), data_begin)));
  const Sha256 hash = hashing.finish();
  LMC_TRY(sink.write(hash));
  return hash;
}

}  // namespace lmc
