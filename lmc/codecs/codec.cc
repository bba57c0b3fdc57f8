#include "lmc/codecs/codec.h"

#include "lmc/codecs/mixing.h"
#include "lmc/codecs/stored.h"

namespace lmc {

const CodecRow* find_codec(uint8_t id) {
  for (const CodecRow& row : codec_table())
    if (row.id == id) return &row;
  return nullptr;
}

std::string codec_name(uint8_t id) {
  const CodecRow* const row = find_codec(id);
  return row != nullptr ? row->name : "codec-" + std::to_string(id);
}

Status check_codec(uint8_t id, bool names_model) {
  const CodecRow* const row = find_codec(id);
  if (row == nullptr)
    return bad_input("codec " + std::to_string(id) +
                     " is unknown to this program: the file is damaged, or was written by a newer lmc");
  const bool needs = row->model != ModelNeed::kNone;
  if (needs != names_model)
    return bad_input(std::string("codec ") + row->name +
                     (needs ? " without a model; the file is damaged" : " with a model; the file is damaged"));
  return Ok();
}

Result<Bytes> decode_block(uint8_t codec, ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  const CodecRow* const row = find_codec(codec);
  if (row == nullptr) return check_codec(codec, false).error();
  if (row->model != ModelNeed::kNone && resources.model(row->model) == nullptr)
    return environment_error(std::string("codec ") + row->name + " needs a model, and none is at hand");
  return row->decode(payload, raw_bytes, resources);
}

EncodedBlock encode_reconstruction_data(ByteSpan data, const BlockResources& resources) {
  // Few bytes are not worth the time that the models take to begin.
  constexpr size_t kTooFewBytes = 24, kFewBytes = 512;
  if (data.size() <= kTooFewBytes) return stored_block(data);
  const auto profile = data.size() <= kFewBytes ? MixingProfile::kFast : MixingProfile::kDeep;
  auto mixed = encode_mixing_block(data, profile, resources.quietly());
  return mixed.ok() && mixed->size() < data.size() ? EncodedBlock{kMixing, std::move(*mixed)} : stored_block(data);
}

Result<Bytes> decode_reconstruction_data(uint8_t codec, ByteSpan payload, size_t data_bytes, const char* what,
                                         const BlockResources& resources) {
  if (codec == kStored) return decode_stored(payload, data_bytes, resources);
  if (codec == kMixing) return decode_mixing_block(payload, data_bytes, resources.quietly());
  return bad_input(std::string(what) + ": unknown codec of the reconstruction data; the file is damaged");
}

}  // namespace lmc
