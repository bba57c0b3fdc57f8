#include "lmc/pipeline/block.h"

#include "lmc/pipeline/grouped_block.h"
#include "lmc/pipeline/mixing_block.h"
#include "lmc/pipeline/segments.h"
#include "lmc/pipeline/text_block.h"

namespace lmc {
namespace {

// Tokens per byte (text_block.h): below the first the language model is sure to gain; from the second on the vocabulary
// does not know the bytes. Between them (logs, tables, data in text form, rare languages) it is tried out.
constexpr double kSurelyText = 0.35, kSurelyNoText = 0.6, kSurelyNoTextSmall = 0.8;
constexpr double kGroupedText = 0.42;       // what is grouped as text, at most
constexpr double kFastText = 0.55;          // both at the levels that try nothing out
constexpr size_t kSmallBytes = 65536;       // coded both ways in doubt at every level
constexpr size_t kTrialBytes = 24576;       // of a larger block: what these cost after as many others
constexpr double kDeepFrom = 0.98;          // deep mixing, which goes on to learn, must cost less than this of the text
constexpr size_t kStoredFromBytes = 32768;  // a larger block is first looked at for whether it is noise
constexpr size_t kGroupedFromBytes = 65536;

EncodedBlock mixing_block(ByteSpan raw, MixingProfile profile, const BlockResources& resources) {
  return {BlockCodec::kMixing, encode_mixing_block(raw, profile, resources)};
}
EncodedBlock deep_block(ByteSpan raw, const BlockResources& resources) {
  return mixing_block(raw, deep_profile(raw, resources), resources);
}
EncodedBlock text_block(const TextModel& model, ByteSpan raw, int level, const BlockResources& resources) {
  const TextProfile profile = level < kFewStreamsLevel ? TextProfile::kManyStreams : TextProfile::kFewStreams;
  return {BlockCodec::kText, encode_text_block(model, raw, profile, resources), true};
}
EncodedBlock smaller_block(const TextModel& model, ByteSpan raw, int level, const BlockResources& resources) {
  EncodedBlock text = text_block(model, raw, level, resources);
  EncodedBlock deep = deep_block(raw, resources);
  return deep.payload.size() < text.payload.size() ? std::move(deep) : std::move(text);
}

BlockResources quietly(const BlockResources& resources) {
  BlockResources quiet = resources;
  quiet.progress = {};
  return quiet;
}

// Whether deep mixing will make less of the block than the language model, by the second half of a piece.
bool deep_wins(const TextModel& model, ByteSpan raw, const BlockResources& resources) {
  const BlockResources quiet = quietly(resources);
  const ByteSpan whole = raw.first(2 * kTrialBytes), half = raw.first(kTrialBytes);
  const auto cost = [&](auto encode) { return double(encode(whole).size()) - double(encode(half).size()); };
  const double text =
      cost([&](ByteSpan piece) { return encode_text_block(model, piece, TextProfile::kManyStreams, quiet); });
  const double deep = cost([&](ByteSpan piece) { return encode_mixing_block(piece, MixingProfile::kDeep, quiet); });
  return deep < kDeepFrom * text;
}

// Compressed or encrypted data: none of sixteen pieces gets smaller. At the ends of a large block a little may be of
// another kind (segments.h).
bool is_noise(ByteSpan raw, const BlockResources& resources) {
  constexpr size_t kPieces = 16, kPieceBytes = 2048;
  if (raw.size() < kStoredFromBytes) return false;
  const BlockResources quiet = quietly(resources);
  const size_t left_out = raw.size() >= 4 * kStoredFromBytes ? kPieceBytes : 0;
  const ByteSpan inner = raw.subspan(left_out, raw.size() - 2 * left_out);
  for (size_t i = 0; i < kPieces; ++i) {
    const ByteSpan piece = inner.subspan((inner.size() - kPieceBytes) / (kPieces - 1) * i, kPieceBytes);
    if (encode_mixing_block(piece, MixingProfile::kFast, quiet).size() < kPieceBytes) return false;
  }
  return true;
}

// Bytes of one kind. model may be null.
EncodedBlock encode_best(const TextModel* model, ByteSpan raw, int level, const BlockResources& resources) {
  if (model == nullptr)
    return level < kFirstDeepLevel ? mixing_block(raw, MixingProfile::kFast, resources) : deep_block(raw, resources);
  const double density = tokens_per_byte(*model, raw);
  if (level < kFirstDeepLevel)
    return density < kFastText ? text_block(*model, raw, level, resources)
                               : mixing_block(raw, MixingProfile::kFast, resources);
  const bool small = raw.size() <= kSmallBytes;
  if (density < kSurelyText) return text_block(*model, raw, level, resources);
  if (density >= (small ? kSurelyNoTextSmall : kSurelyNoText)) return deep_block(raw, resources);
  if (small || level >= kThoroughLevel) return smaller_block(*model, raw, level, resources);
  return deep_wins(*model, raw, resources) ? deep_block(raw, resources) : text_block(*model, raw, level, resources);
}

EncodedBlock encode_or_store(const TextModel* model, ByteSpan raw, int level, const BlockResources& resources) {
  if (!is_noise(raw, resources)) {
    EncodedBlock best = encode_best(model, raw, level, resources);
    if (best.payload.size() < raw.size()) return best;
  }
  return {BlockCodec::kStored, Bytes(raw.begin(), raw.end())};
}

}  // namespace

int useful_threads(ByteSpan raw, bool with_model) { return with_model && looks_like_text(raw) ? kTextThreads : 1; }

int decoding_threads(BlockCodec codec) {
  return codec == BlockCodec::kText || codec == BlockCodec::kGrouped ? kTextThreads : 1;
}

EncodedBlock encode_block(ByteSpan raw, int level, const BlockResources& resources) {
  if (level == 0 || raw.empty()) return {BlockCodec::kStored, Bytes(raw.begin(), raw.end())};
  std::shared_ptr<const TextModel> model;
  if (level >= kFirstModelLevel && resources.model != nullptr) {
    auto loaded = load_text_model(*resources.model, resources.isa);
    if (loaded.ok()) model = std::move(*loaded);
  }
  const auto encode = [&](ByteSpan group, const BlockResources& with) {
    return encode_or_store(model.get(), group, level, with);
  };
  if (raw.size() < kGroupedFromBytes) return encode(raw, resources);
  const double most = level < kFirstDeepLevel ? kFastText : kGroupedText;
  const KnownText known = [&](ByteSpan piece) { return tokens_per_byte(*model, piece) < most; };
  const auto segments = find_segments(raw, model ? known : KnownText());
  if (segments.size() < 2) return encode(raw, resources);
  EncodedBlock grouped = encode_grouped_block(raw, segments, encode, resources);
  if (grouped.payload.size() < raw.size()) return grouped;
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
    case BlockCodec::kGrouped:
      return decode_grouped_block(payload, raw_size_bytes, resources);
  }
  return bad_input("unknown block codec " + std::to_string(int(codec)) + "; the file was written by a newer lmc");
}

}  // namespace lmc
