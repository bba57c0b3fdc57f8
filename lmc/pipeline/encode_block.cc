#include "lmc/pipeline/block.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lmc/media/image/image_file.h"
#include "lmc/media/jpeg/jpeg_file.h"
#include "lmc/pipeline/embedded_images.h"
#include "lmc/pipeline/grouped_block.h"
#include "lmc/pipeline/image_block.h"
#include "lmc/pipeline/jpeg_block.h"
#include "lmc/pipeline/mixing_block.h"
#include "lmc/pipeline/segments.h"
#include "lmc/pipeline/text_block.h"

namespace lmc {
namespace {

// Tokens per byte (text_block.h): below the first the language model is sure to gain; from the second on the vocabulary
// does not know the bytes. Between them (logs, tables, data in text form, rare languages) it is tried out.
constexpr double kSurelyText = 0.35, kSurelyNoText = 0.6, kSurelyNoTextSmall = 0.8;
constexpr double kGroupedText = 0.42;       // what is grouped as text, at most; behind a table this much less,
constexpr double kGroupedGap = 0.06;        // so that a file in between is not cut to pieces
constexpr double kFastText = 0.55;          // both at the levels that try nothing out
constexpr size_t kSmallBytes = 65536;       // coded both ways in doubt at every level
constexpr size_t kTrialBytes = 24576;       // of a larger block: what these cost after as many others
constexpr double kDeepFrom = 0.98;          // deep mixing, which goes on to learn, must cost less than this of the text
constexpr size_t kStoredFromBytes = 32768;  // a larger block is first looked at for whether it is noise
// Between groups a share this far below and above it decides nothing: a group by itself learns everything anew, which
// costs deep mixing more.
constexpr double kLittleBelow = 0.04, kLittleAbove = 0.12;
constexpr size_t kSmallestTrialBytes = 8192;
constexpr size_t kGroupedFromBytes = 65536;

EncodedBlock mixing_block(ByteSpan raw, MixingProfile profile, const BlockResources& resources) {
  return {BlockCodec::kMixing, encode_mixing_block(raw, profile, resources)};
}
EncodedBlock deep_block(ByteSpan raw, const BlockResources& resources) {
  return mixing_block(raw, deep_profile(raw, resources), resources);
}
EncodedBlock text_block(const TextModel& model, ByteSpan raw, int level, const BlockResources& resources) {
  const TextProfile profile = level < kFewStreamsLevel ? TextProfile::kManyStreams : TextProfile::kFewStreams;
  return {BlockCodec::kText, encode_text_block(model, raw, profile, resources), BlockModel::kText};
}
EncodedBlock smaller_block(const TextModel& model, ByteSpan raw, int level, const BlockResources& resources) {
  EncodedBlock text = text_block(model, raw, level, resources);
  EncodedBlock deep = deep_block(raw, resources);
  return deep.payload.size() < text.payload.size() ? std::move(deep) : std::move(text);
}

enum class Way { kModel, kDeep, kDoubt };

// By how well the vocabulary knows the bytes.
Way way_by_density(const TextModel& model, ByteSpan raw) {
  const double density = tokens_per_byte(model, raw);
  if (density < kSurelyText) return Way::kModel;
  return density >= (raw.size() <= kSmallBytes ? kSurelyNoTextSmall : kSurelyNoText) ? Way::kDeep : Way::kDoubt;
}

// What deep mixing makes of the text, as a share of what the language model makes of it, by the second half of a piece.
double deep_share(const TextModel& model, ByteSpan raw, const BlockResources& resources) {
  const BlockResources quiet = resources.quietly();
  const size_t half_bytes = std::min(kTrialBytes, raw.size() / 2);
  const ByteSpan whole = raw.first(2 * half_bytes), half = raw.first(half_bytes);
  const auto cost = [&](auto encode) { return double(encode(whole).size()) - double(encode(half).size()); };
  const double text =
      cost([&](ByteSpan piece) { return encode_text_block(model, piece, TextProfile::kManyStreams, quiet); });
  const double deep = cost([&](ByteSpan piece) { return encode_mixing_block(piece, MixingProfile::kDeep, quiet); });
  return deep / std::max(text, 1.0);
}

Way way_by_trial(const TextModel& model, ByteSpan raw, const BlockResources& resources) {
  const Way way = way_by_density(model, raw);
  if (way != Way::kDoubt) return way;
  return deep_share(model, raw, resources) < kDeepFrom ? Way::kDeep : Way::kModel;
}

// Compressed or encrypted data: none of sixteen pieces gets smaller. At the ends of a large block a little may be of
// another kind (segments.h).
bool is_noise(ByteSpan raw, const BlockResources& resources) {
  constexpr size_t kPieces = 16, kPieceBytes = 2048;
  if (raw.size() < kStoredFromBytes) return false;
  const BlockResources quiet = resources.quietly();
  const size_t left_out = raw.size() >= 4 * kStoredFromBytes ? kPieceBytes : 0;
  const ByteSpan inner = raw.subspan(left_out, raw.size() - 2 * left_out);
  for (size_t i = 0; i < kPieces; ++i) {
    const ByteSpan piece = inner.subspan((inner.size() - kPieceBytes) / (kPieces - 1) * i, kPieceBytes);
    if (encode_mixing_block(piece, MixingProfile::kFast, quiet).size() < kPieceBytes) return false;
  }
  return true;
}

// Bytes of one kind. model may be null. tried: what way_by_trial has said of them, if it was asked.
EncodedBlock encode_best(const TextModel* model, ByteSpan raw, int level, std::optional<Way> tried,
                         const BlockResources& resources) {
  if (level < kFirstDeepLevel) {
    if (model == nullptr || tokens_per_byte(*model, raw) >= kFastText)
      return mixing_block(raw, MixingProfile::kFast, resources);
    return text_block(*model, raw, level, resources);
  }
  if (model == nullptr) return deep_block(raw, resources);
  Way way = way_by_density(*model, raw);
  if (way == Way::kDoubt) {
    const bool both = level >= kThoroughLevel || (raw.size() <= kSmallBytes && !tried);
    if (both) return smaller_block(*model, raw, level, resources);
    way = tried ? *tried : way_by_trial(*model, raw, resources);
  }
  return way == Way::kDeep ? deep_block(raw, resources) : text_block(*model, raw, level, resources);
}

EncodedBlock stored_block(ByteSpan raw) { return {BlockCodec::kStored, Bytes(raw.begin(), raw.end())}; }

EncodedBlock encode_or_store(const TextModel* model, ByteSpan raw, int level, std::optional<Way> tried,
                             const BlockResources& resources) {
  if (!is_noise(raw, resources)) {
    EncodedBlock best = encode_best(model, raw, level, tried, resources);
    if (best.payload.size() < raw.size()) return best;
  }
  return stored_block(raw);
}

constexpr SegmentKind kTexts[] = {SegmentKind::kText, SegmentKind::kTable, SegmentKind::kForeign};
using Ways = std::array<std::optional<Way>, kSegmentKinds>;

// How to code each kind of text. Where it makes little difference, as one of the others that are there.
Ways choose_ways(const TextModel& model, ByteSpan raw, const std::vector<Segment>& segments,
                 const BlockResources& resources) {
  Ways ways;
  std::array<double, kSegmentKinds> shares{};
  bool some_deep = false, some_model = false;
  for (SegmentKind kind : kTexts) {
    const Bytes content = content_of(raw, segments, kind);
    if (content.empty()) continue;
    Way way = way_by_density(model, content);
    if (way == Way::kDoubt && content.size() >= kSmallestTrialBytes) {
      const double share = shares[size_t(kind)] = deep_share(model, content, resources);
      if (share < kDeepFrom - kLittleBelow || share > kDeepFrom + kLittleAbove)
        way = share < kDeepFrom ? Way::kDeep : Way::kModel;
    }
    some_deep = some_deep || way == Way::kDeep;
    some_model = some_model || way == Way::kModel;
    ways[size_t(kind)] = way;
  }
  for (SegmentKind kind : kTexts) {
    if (ways[size_t(kind)] != Way::kDoubt) continue;
    const double share = shares[size_t(kind)];  // 0: too short to try
    const bool deep = some_deep != some_model ? some_deep : share > 0 && share < kDeepFrom;
    ways[size_t(kind)] = deep ? Way::kDeep : Way::kModel;
  }
  return ways;
}

// The kinds of text that are coded the same way become one: apart they would not learn from each other.
std::vector<Segment> merge_texts(const std::vector<Segment>& segments, const Ways& ways) {
  std::vector<Segment> merged;
  for (const Segment& segment : segments) {
    SegmentKind kind = segment.kind;
    for (SegmentKind other : kTexts)
      if (other < kind && ways[size_t(kind)] && ways[size_t(other)] == ways[size_t(kind)]) kind = other;
    if (!merged.empty() && merged.back().kind == kind && kind != SegmentKind::kImage)
      merged.back().bytes += segment.bytes;
    else
      merged.push_back({kind, segment.bytes});
  }
  return merged;
}

// Whether an image's payload can stand for it; says why not.
bool gains(const Result<Bytes>& payload, ByteSpan raw, const BlockResources& resources) {
  const bool smaller = payload.ok() && payload->size() < raw.size();
  if (!smaller && resources.note)
    resources.note(payload.ok() ? "an image that would not become smaller" : payload.error().message);
  return smaller;
}

}  // namespace

int useful_threads(ByteSpan raw, bool with_model) {
  return (with_model && looks_like_text(raw)) || begins_like_image(raw) ? kTextThreads : 1;
}

int decoding_threads(BlockCodec codec) {
  return codec == BlockCodec::kText || codec == BlockCodec::kGrouped || codec >= BlockCodec::kImage ? kTextThreads : 1;
}

EncodedBlock encode_side_bytes(ByteSpan side, const BlockResources& resources) {
  // Few bytes are not worth the time that the models take to begin.
  constexpr size_t kTooFewBytes = 24, kFewBytes = 512;
  if (side.size() <= kTooFewBytes) return stored_block(side);
  const auto profile = side.size() <= kFewBytes ? MixingProfile::kFast : MixingProfile::kDeep;
  EncodedBlock mixed = mixing_block(side, profile, resources.quietly());
  return mixed.payload.size() < side.size() ? std::move(mixed) : stored_block(side);
}

bool begins_like_image(ByteSpan start) { return begins_like_jpeg(start) || guess_image_format(start).has_value(); }

std::optional<EncodedBlock> encode_image(ByteSpan raw, int level, const BlockResources& resources) {
  if (level < kFirstPixelLevel || more_images_follow(raw)) return {};
  if (begins_like_jpeg(raw)) {
    auto payload = encode_jpeg_block(raw, level, resources);
    if (!gains(payload, raw, resources)) return {};
    return EncodedBlock{BlockCodec::kJpeg, std::move(*payload)};
  }
  const auto format = guess_image_format(raw);
  if (!format || resources.pixel_model == nullptr) return {};
  auto payload = encode_image_block(*format, raw, level, resources);
  if (!gains(payload, raw, resources)) return {};
  return EncodedBlock{BlockCodec::kImage, std::move(*payload), BlockModel::kPixels};
}

std::string why_not_taken_apart(ByteSpan file) {
  constexpr const char* kCould = "it could be, but a low level or no pixel network was given, or nothing was gained";
  if (begins_like_jpeg(file)) {
    const auto jpeg = parse_jpeg(file);
    return jpeg.ok() ? kCould : jpeg.error().message;
  }
  const auto format = guess_image_format(file);
  if (!format) return "its content is no image";
  const auto parsed = parse_image(*format, file);
  return parsed.ok() ? kCould : parsed.error().message;
}

EncodedBlock encode_data(ByteSpan raw, int level, const BlockResources& resources) {
  if (level == 0 || raw.empty()) return stored_block(raw);
  std::shared_ptr<const TextModel> model;
  if (level >= kFirstModelLevel && resources.model != nullptr) {
    auto loaded = load_text_model(*resources.model, resources.isa);
    if (loaded.ok()) model = std::move(*loaded);
  }
  CodedImages images = encode_embedded_images(raw, level, resources);
  if (raw.size() < kGroupedFromBytes && images.places.empty())
    return encode_or_store(model.get(), raw, level, {}, resources);
  const double most = level < kFirstDeepLevel ? kFastText : kGroupedText;
  const KnownText known = [&](ByteSpan piece, bool known_before) {
    return tokens_per_byte(*model, piece) < (known_before ? most : most - kGroupedGap);
  };
  std::vector<Segment> segments = find_segments(raw, model ? known : KnownText(), images.places);
  Ways ways;
  if (model && level >= kFirstDeepLevel && segments.size() > 1) {
    ways = choose_ways(*model, raw, segments, resources);
    segments = merge_texts(segments, ways);
  }
  if (segments.size() < 2 && images.coded.empty())
    return encode_or_store(model.get(), raw, level, ways[size_t(segments.front().kind)], resources);
  const auto encode = [&](SegmentKind kind, ByteSpan group, const BlockResources& with) {
    return encode_or_store(model.get(), group, level, ways[size_t(kind)], with);
  };
  EncodedBlock grouped = encode_grouped_block(raw, segments, std::move(images.coded), encode, resources);
  return grouped.payload.size() < raw.size() ? std::move(grouped) : stored_block(raw);
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
    case BlockCodec::kImage:
      return decode_image_block(payload, raw_size_bytes, resources);
    case BlockCodec::kJpeg:
      return decode_jpeg_block(payload, raw_size_bytes, resources);
  }
  return bad_input("unknown block codec " + std::to_string(int(codec)) + "; the file was written by a newer lmc");
}

}  // namespace lmc
