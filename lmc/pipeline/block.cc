#include "lmc/pipeline/block.h"

#include "lmc/pipeline/mixing_block.h"
#include "lmc/pipeline/text_block.h"

namespace lmc {
namespace {

// Tokens per byte (text_block.h) between which context mixing alone may be smaller (tables, logs, rare languages): a
// small block is then coded both ways, of a large one a piece. Below, the language model is sure to gain; above, the
// vocabulary does not know the bytes: slow, and hardly a gain.
struct Doubt {
  double from, to;
};
constexpr Doubt kSmallBlocks{0.38, 0.8};
constexpr Doubt kLargeBlocks{0.5, 0.6};
constexpr size_t kLargeBytes = 65536;
constexpr size_t kTrialBytes = 16384;

EncodedBlock mixing_block(ByteSpan raw, const BlockResources& resources) {
  return {BlockCodec::kMixing, encode_mixing_block(raw, resources)};
}
EncodedBlock text_block(const TextModel& model, ByteSpan raw, const BlockResources& resources) {
  return {BlockCodec::kText, encode_text_block(model, raw, resources)};
}
EncodedBlock smaller_block(const TextModel& model, ByteSpan raw, const BlockResources& resources) {
  EncodedBlock text = text_block(model, raw, resources);
  EncodedBlock mixing = mixing_block(raw, resources);
  return mixing.payload.size() < text.payload.size() ? std::move(mixing) : std::move(text);
}

EncodedBlock encode_best(ByteSpan raw, int level, const BlockResources& resources) {
  if (level < kFirstModelLevel || resources.model == nullptr) return mixing_block(raw, resources);
  const auto model = load_text_model(*resources.model, resources.isa);
  if (!model.ok()) return mixing_block(raw, resources);
  const double density = tokens_per_byte(**model, raw);
  const Doubt doubt = raw.size() > kLargeBytes ? kLargeBlocks : kSmallBlocks;
  if (density >= doubt.to) return mixing_block(raw, resources);
  if (density < doubt.from) return text_block(**model, raw, resources);
  if (raw.size() <= kLargeBytes) return smaller_block(**model, raw, resources);
  BlockResources quiet = resources;
  quiet.progress = {};
  const ByteSpan piece = raw.subspan((raw.size() - kTrialBytes) / 2, kTrialBytes);
  if (smaller_block(**model, piece, quiet).codec == BlockCodec::kMixing) return mixing_block(raw, resources);
  return text_block(**model, raw, resources);
}

}  // namespace

int useful_threads(ByteSpan raw, bool with_model) {
  constexpr size_t kStep = 61;  // every so many bytes are looked at
  size_t seen = 0;
  size_t control = 0;
  for (size_t i = 0; i < raw.size(); i += kStep, ++seen)
    control += raw[i] < 9 || (raw[i] > 13 && raw[i] < 32) || raw[i] == 127;
  return with_model && control * 100 <= seen ? kTextThreads : 1;
}

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
