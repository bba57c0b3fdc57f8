#include "lmc/pipeline/block.h"

#include "lmc/pipeline/mixing_block.h"
#include "lmc/pipeline/text_block.h"

namespace lmc {
namespace {

// Tokens per byte (text_block.h) from which the vocabulary does not know the bytes: slow, and hardly a gain; and from
// which context mixing alone may be smaller (tables, logs): both are tried.
constexpr double kUnknown = 0.6;
constexpr double kDoubtful = 0.38;

EncodedBlock encode_best(ByteSpan raw, int level, const BlockResources& resources) {
  if (level < kFirstModelLevel || resources.model == nullptr)
    return {BlockCodec::kMixing, encode_mixing_block(raw, resources)};
  const auto model = load_text_model(*resources.model, resources.isa);
  const double density = model.ok() ? tokens_per_byte(**model, raw) : kUnknown;
  if (density >= kUnknown) return {BlockCodec::kMixing, encode_mixing_block(raw, resources)};
  EncodedBlock text{BlockCodec::kText, encode_text_block(**model, raw, resources)};
  if (density < kDoubtful) return text;
  EncodedBlock mixing{BlockCodec::kMixing, encode_mixing_block(raw, resources)};
  return mixing.payload.size() < text.payload.size() ? std::move(mixing) : std::move(text);
}

}  // namespace

EncodedBlock encode_block(ByteSpan raw, int level, const BlockResources& resources) {
  if (level > 0 && !raw.empty()) {
    EncodedBlock best = encode_best(raw, level, resources);
    if (best.payload.size() < raw.size()) return best;
  }
  return {BlockCodec::kStored, Bytes(raw.begin(), raw.end())};
}

Result<Bytes> decode_block(BlockCodec codec, ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources) {
  switch (codec) {
    case BlockCodec::kStored:
      if (payload.size() != raw_size_bytes)
        return bad_input("stored block of " + std::to_string(payload.size()) + " bytes, expected " +
                         std::to_string(raw_size_bytes) + "; the file is damaged");
      return Bytes(payload.begin(), payload.end());
    case BlockCodec::kMixing:
      return decode_mixing_block(payload, raw_size_bytes, resources);
    case BlockCodec::kText: {
      if (resources.model == nullptr) return environment_error("the block needs a language model, and none is at hand");
      const auto model = load_text_model(*resources.model, resources.isa);
      if (!model.ok()) return model.error();
      return decode_text_block(**model, payload, raw_size_bytes, resources);
    }
  }
  return bad_input("unknown block codec " + std::to_string(int(codec)) + "; the file was written by a newer lmc");
}

}  // namespace lmc
