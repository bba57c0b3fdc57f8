#include "lmc/pipeline/encode_block.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <optional>

#include "lmc/codecs/group_jobs.h"
#include "lmc/codecs/grouped.h"
#include "lmc/codecs/mixing.h"
#include "lmc/codecs/text.h"
#include "lmc/pipeline/embedded_files.h"
#include "lmc/pipeline/noise.h"
#include "lmc/pipeline/segments.h"

namespace lmc {
namespace {

// Tokens per byte (text_block.h): below the first the language model is sure to gain; from the second on the vocabulary
// does not know the bytes. Between them (logs, tables, data in text form, rare languages) it is tried out.
constexpr double kSurelyText = 0.35, kSurelyNoText = 0.6, kSurelyNoTextSmall = 0.8;
constexpr double kGroupedText = 0.42;  // what is grouped as text, at most; behind a table this much less,
constexpr double kGroupedGap = 0.06;   // so that a file in between is not cut to pieces
constexpr double kFastText = 0.55;     // both at the levels that try nothing out
constexpr size_t kSmallBytes = 65536;
constexpr size_t kRaceBytes = 1 << 20;      // in doubt coded by deep mixing, then as text until that is seen to lose
constexpr size_t kTrialBytes = 24576;       // of a larger block: what these cost after as many others
constexpr double kDeepFrom = 0.98;          // deep mixing, which goes on to learn, must cost less than this of the text
constexpr size_t kStoredFromBytes = 32768;  // a larger block is first looked at for whether it is noise
// Between groups a share this far below and above it decides nothing: a group by itself learns everything anew, which
// costs deep mixing more.
constexpr double kLittleBelow = 0.04, kLittleAbove = 0.12;
constexpr size_t kSmallestTrialBytes = 8192;
constexpr size_t kGroupedFromBytes = 65536;

// The block, contents of groups, their codes and all of these together while they grow; what searches take.
uint64_t kept_memory(size_t raw_bytes) {
  constexpr uint64_t kCopies = 5, kSearchedBytes = uint64_t(2) << 20;
  return kCopies * raw_bytes + kSearchedBytes;
}

// Takes any bytes; stored where other blocks have left no memory.
EncodedBlock mixed_block(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  auto mixed = encode_mixing(raw, level, resources);
  return mixed.ok() ? std::move(*mixed) : stored_block(raw);
}
// The model is there: its TextModel is. Mixed where text needs too much memory.
EncodedBlock text_block(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  auto text = encode_text(raw, level, resources);
  return text.ok() ? std::move(*text) : mixed_block(raw, level, resources);
}
EncodedBlock smaller_block(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  EncodedBlock text = text_block(raw, level, resources);
  EncodedBlock deep = mixed_block(raw, level, resources);
  return deep.payload.size() < text.payload.size() ? std::move(deep) : std::move(text);
}

// The language model takes two to ten times as long as deep mixing, so that goes first, and tells what is to be
// beaten. The model is given up when it is behind early (it knows much from the start, and so is ahead then if ever; in
// short content the less it has coded, the further behind it may be), or later when it would be in the end, if the rest
// went as the second half of what was coded so far.
class Race {
 public:
  // costs: of deep mixing (encode_mixing_block), the whole last.
  Race(size_t raw_bytes, std::vector<size_t> costs) : raw_bytes_(raw_bytes), costs_(std::move(costs)) {}

  bool go_on(size_t raw, size_t coded) {
    seen_.push_back({raw, coded});
    const bool is_short = raw_bytes_ < 10 * kLeastTried;
    if (raw < (is_short ? kLeastTried / 4 : std::max(raw_bytes_ / 25, kLeastTried))) return true;
    const double all = double(costs_.back()), share = double(raw) / double(raw_bytes_);
    const double text = double(coded), deep = deep_cost(raw);
    // Several streams do not code the first bytes first: these may be easier than the others.
    const double fair = std::max(deep, all * share);
    if (is_short && text >= (1 + kFirstBytes / double(raw)) * fair) return false;
    if (raw < kLeastTried) return true;
    if (raw < raw_bytes_ / 10) return raw_bytes_ <= kSmallBytes || text < kBehind * fair;
    if (raw < 2 * kLeastTried) return true;
    while (seen_[half_].raw < raw / 2) ++half_;
    const double late = text - double(seen_[half_].coded);
    const double as_deep = (all - deep) * late / std::max(deep - deep_cost(seen_[half_].raw), 1.0);
    const double as_bytes = (1 / share - 1) * late * double(raw) / double(raw - seen_[half_].raw + 1);
    const double behind = text < kFarAhead * fair ? kSurelyBehind : 1 + kDoubtful * std::max(0.5 - share, 0.0);
    return text + std::min(as_deep, as_bytes) < behind * all;
  }

 private:
  static constexpr double kBehind = 0.95, kFarAhead = 0.85, kSurelyBehind = 1.5, kDoubtful = 0.4, kFirstBytes = 220;
  static constexpr size_t kLeastTried = 1024;
  struct Seen {
    size_t raw, coded;
  };
  double deep_cost(size_t raw) const { return double(costs_[std::min(raw / kWatchBytes, costs_.size() - 1)]); }

  size_t raw_bytes_;
  std::vector<size_t> costs_;
  std::vector<Seen> seen_;
  size_t half_ = 0;  // of seen_: where half of what is coded was
};

EncodedBlock winner_of_race(const TextModel& model, ByteSpan raw, const LevelRow& level,
                            const BlockResources& resources) {
  std::vector<size_t> costs;
  auto payload = encode_mixing_block(raw, deep_profile(raw, resources), resources, &costs);
  if (!payload.ok()) return text_block(raw, level, resources);
  EncodedBlock deep{kMixing, std::move(*payload)};
  costs.push_back(deep.payload.size());
  Race race(raw.size(), std::move(costs));
  auto text = encode_text_block_while(
      model, raw, text_profile(model, level), [&](size_t bytes, size_t coded) { return race.go_on(bytes, coded); },
      resources.quietly());
  if (!text || text->size() > deep.payload.size()) return deep;
  return {kText, std::move(*text), {resources.model(ModelNeed::kText)}};
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
  const size_t half_bytes = std::min({kTrialBytes, raw.size() / 2, std::max(raw.size() / 16, kSmallestTrialBytes / 2)});
  const ByteSpan whole = raw.first(2 * half_bytes), half = raw.first(half_bytes);
  const auto cost = [&](auto encode) {
    const auto of_whole = encode(whole), of_half = encode(half);
    return of_whole.ok() && of_half.ok() ? double(of_whole->size()) - double(of_half->size()) : double(whole.size());
  };
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

// Bytes of one kind. model may be null. tried: what way_by_trial has said of them, if it was asked.
EncodedBlock encode_best(const TextModel* model, ByteSpan raw, const LevelRow& level, std::optional<Way> tried,
                         const BlockResources& resources) {
  if (model == nullptr) return mixed_block(raw, level, resources);
  if (level.model_alone) return text_block(raw, level, resources);
  if (level.doubt == Doubt::kByVocabulary)
    return tokens_per_byte(*model, raw) >= kFastText ? mixed_block(raw, level, resources)
                                                     : text_block(raw, level, resources);
  Way way = way_by_density(*model, raw);
  if (way == Way::kDoubt) {
    if (level.doubt == Doubt::kBothWays) return smaller_block(raw, level, resources);
    if (raw.size() <= kRaceBytes && !tried) return winner_of_race(*model, raw, level, resources);
    way = tried ? *tried : way_by_trial(*model, raw, resources);
  }
  return way == Way::kDeep ? mixed_block(raw, level, resources) : text_block(raw, level, resources);
}

EncodedBlock encode_or_store(const TextModel* model, ByteSpan raw, const LevelRow& level, std::optional<Way> tried,
                             const BlockResources& resources) {
  if (raw.size() < kStoredFromBytes || !gains_nothing(raw)) {
    EncodedBlock best = encode_best(model, raw, level, tried, resources);
    if (best.payload.size() < raw.size()) return best;
  }
  return stored_block(raw);
}

// What is of one kind, put together.
Bytes content_of(ByteSpan raw, const std::vector<Segment>& segments, SegmentKind kind) {
  Bytes content;
  size_t begin = 0;
  for (const Segment& segment : segments) {
    if (segment.kind == kind) append_bytes(content, raw.subspan(begin, segment.bytes));
    begin += segment.bytes;
  }
  return content;
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
    if (!merged.empty() && merged.back().kind == kind && joins(kind))
      merged.back().bytes += segment.bytes;
    else
      merged.push_back({kind, segment.bytes, segment.distance});
  }
  return merged;
}

// Text that was there before costs the models next to nothing, and what follows is better known than behind a copy.
std::vector<Copy> useful_copies(ByteSpan raw) {
  constexpr size_t kShortestOfText = 32768;
  std::vector<Copy> copies = find_copies(raw);
  std::erase_if(copies, [&](const Copy& copy) {
    return copy.bytes < kShortestOfText && looks_like_text(raw.subspan(copy.begin, copy.bytes));
  });
  return copies;
}

}  // namespace

EncodedBlock encode_by_kind(ByteSpan raw, const std::vector<Segment>& segments, std::vector<EncodedBlock> files,
                            const EncodeKind& encode, const BlockResources& resources) {
  std::vector<SegmentKind> kinds;  // of the groups that are no whole files, as they come; behind them the files
  for (const Segment& segment : segments)
    if (joins(segment.kind) && std::ranges::find(kinds, segment.kind) == kinds.end()) kinds.push_back(segment.kind);
  std::vector<GroupPlace> places;
  size_t files_before = 0;
  for (const Segment& segment : segments) {
    if (segment.kind == SegmentKind::kCopy) {
      places.push_back({0, uint32_t(segment.bytes), uint32_t(segment.distance)});
      continue;
    }
    const size_t kind = size_t(std::ranges::find(kinds, segment.kind) - kinds.begin());
    places.push_back({uint32_t(kind < kinds.size() ? kind : kinds.size() + files_before++), uint32_t(segment.bytes)});
  }
  assert(files_before == files.size());
  std::vector<Bytes> contents;
  for (SegmentKind kind : kinds) contents.push_back(content_of(raw, segments, kind));
  const bool text_model = resources.model(ModelNeed::kText) != nullptr;
  auto coded = for_groups<EncodedBlock>(
      contents.size(), [&](size_t g) { return useful_threads(contents[g], text_model); },
      [&](size_t g, const BlockResources& with) { return encode(kinds[g], contents[g], with); }, resources);
  std::ranges::move(files, std::back_inserter(coded));
  if (resources.progress) resources.progress(raw.size());  // what is copied is done too
  return encode_grouped(coded, places);
}

uint64_t least_memory(size_t raw_bytes) {
  return kept_memory(raw_bytes) + encode_mixing_memory(raw_bytes, MixingProfile::kFast);
}

int useful_threads(ByteSpan raw, bool text_model) {
  return (text_model && looks_like_text(raw)) || begins_like_file(raw) ? kTextThreads : 1;
}

namespace {

// The level's own language model, if another one was asked for and there is time to try both. Null: none.
const LoadedModel* own_model(const EncodedBlock& block, const LevelRow& level, const BlockResources& resources) {
  const LoadedModel* const asked = resources.model(ModelNeed::kText);
  const bool may_be_text = block.codec == kText || block.codec == kMixing || block.codec == kGrouped;
  if (level.doubt != Doubt::kBothWays || asked == nullptr || resources.engine == nullptr || !may_be_text)
    return nullptr;
  const auto own = resources.engine->registry().find_builtin(level.text_model);
  return own.ok() && (*own)->sha256 != asked->sha256 ? *own : nullptr;
}

Result<EncodedBlock> encode_with_model(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  if (!level.models || raw.empty()) return stored_block(raw);
  // The least that does, looked for first, so that there always is a way.
  LMC_ASSIGN(auto memory, Budget::take(resources.budget, least_memory(raw.size()),
                                       "compressing a block of " + std::to_string(raw.size()) + " bytes"));
  memory.shrink_to(kept_memory(raw.size()));
  const std::shared_ptr<const TextModel> model = level.text_model > 0 ? text_model_of(resources) : nullptr;
  if (auto container = encode_container(raw, level, resources)) return std::move(*container);
  const std::vector<Copy> repeats = useful_copies(raw);
  CodedFiles files = encode_embedded_files(raw, repeats, level, resources);
  const std::vector<Copy> copies = copies_outside(repeats, files.places);
  const bool small = raw.size() < kGroupedFromBytes && files.places.empty();
  const bool try_out = level.doubt != Doubt::kByVocabulary;
  const double most = try_out ? kGroupedText : kFastText;
  const KnownText known = [&](ByteSpan piece, bool known_before) {
    return tokens_per_byte(*model, piece) < (known_before ? most : most - kGroupedGap);
  };
  std::vector<Segment> segments = {{SegmentKind::kData, raw.size()}};
  if (!small) segments = find_segments(raw, model ? known : KnownText(), files.places);
  segments = split_noise(raw, cut_copies(segments, copies));
  Ways ways;
  if (model && try_out && segments.size() > 1) {
    ways = choose_ways(*model, raw, segments, resources);
    segments = merge_texts(segments, ways);
  }
  if (segments.size() < 2 && files.coded.empty())
    return encode_or_store(model.get(), raw, level, ways[size_t(segments.front().kind)], resources);
  const auto encode = [&](SegmentKind kind, ByteSpan group, const BlockResources& with) {
    return encode_or_store(model.get(), group, level, ways[size_t(kind)], with);
  };
  EncodedBlock grouped = encode_by_kind(raw, segments, std::move(files.coded), encode, resources);
  return grouped.payload.size() < raw.size() ? std::move(grouped) : stored_block(raw);
}

}  // namespace

Result<EncodedBlock> encode_block(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  LMC_ASSIGN(auto best, encode_with_model(raw, level, resources));
  const LoadedModel* const own = own_model(best, level, resources);
  if (own == nullptr) return best;
  auto other = encode_with_model(raw, level, resources.with(ModelNeed::kText, own).quietly());
  return other.ok() && other->payload.size() < best.payload.size() ? std::move(*other) : std::move(best);
}

}  // namespace lmc
