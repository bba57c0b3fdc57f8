#include "lmc/media/deflate/deflate_stream.h"

#include <algorithm>
#include <string>

#include "lmc/media/deflate/deflate_choices.h"
#include "lmc/media/deflate/deflate_codes.h"
#include "lmc/media/deflate/deflate_corrections.h"
#include "lmc/media/deflate/inflate.h"

namespace lmc {
namespace {

// Tokens by which settings are judged.
constexpr size_t kFirstSample = 1 << 9, kShortSample = 1 << 12, kLongSample = 1 << 16;
constexpr size_t kStrange = 32;          // more bytes of corrections than one for so many tokens, and it was not zlib
constexpr size_t kCorrectionsOf = 64;    // one byte of so many of a stream: beyond that choices are the better form
constexpr size_t kPatience = 64;         // bytes of corrections that any encoder may need
constexpr size_t kSmallBytes = 1 << 16;  // of data: settings of earlier streams serve streams of less
constexpr int kMostStrange = 3;  // streams in a row that zlib did not write, and no small one is looked at for it
constexpr uint8_t kChoicesFollow = 15;  // in place of a level and a strategy
// More than this, and the stream is better kept as it is. Whether less pays is seen when all is coded (encode_image).
size_t max_side_bytes(size_t stream_bytes) { return stream_bytes + 32; }

// Without a predictor, at level 0: a stored block is as large as the one before, as far as there are data.
struct StoredPredictor {
  size_t size = kMaxStoredBytes;

  size_t predict(size_t remaining) const { return std::min(size, remaining); }
  void commit(size_t actual) { size = actual != 0 ? actual : size; }
};

// Walks through a stream with one choice of settings and notes what they get wrong.
class Recorder {
 public:
  Recorder(ByteSpan stream, ByteSpan data, const DeflateSettings& settings, DeflateWorkspace& workspace)
      : settings_(settings),
        stream_(stream),
        blocks_(stream),
        data_(data),
        predictor_(data, usable(settings), workspace) {}

  // False: given up, since the reconstruction data is more than max_side; or the sample of tokens (or stored bytes)
  // was seen.
  Result<bool> run(size_t max_side, size_t sample_tokens) {
    DeflateBlock block;
    size_t seen = 0;
    do {
      const size_t wanted = std::min(sample_tokens - seen, kMaxBlockTokens);
      LMC_TRY(blocks_.read(block, wanted));
      const bool complete = block.kind == BlockKind::kStored || block.tokens.size() < wanted;
      if (block.tokens.size() == kMaxBlockTokens) return give_up();
      if (settings_.level == 0) {
        if (block.kind != BlockKind::kStored) return give_up();
        record_level_0(block);
      } else {
        LMC_TRY(record(block, complete, max_side));
      }
      seen += block.tokens.size() + block.stored_bytes;
      if (side_bytes() > max_side || !complete || (seen >= sample_tokens && !block.last)) return false;
    } while (!block.last);
    return true;
  }

  size_t side_bytes() const { return given_up_ ? SIZE_MAX : corrections_.size_bytes(); }
  Bytes finish() const {
    BitReader bits(stream_);
    bits.seek_bits(blocks_.position_bits());
    return corrections_.finish(settings_, uint8_t(bits.read(int(-blocks_.position_bits() & 7))));
  }

 private:
  static DeflateSettings usable(DeflateSettings settings) {
    if (settings.level == 0) settings = {.level = 1, .strategy = DeflateStrategy::kHuffmanOnly};
    return settings;
  }

  Status record(const DeflateBlock& block, bool complete, size_t max_side) {
    BlockProgress progress;
    SymbolCounts counts;
    const size_t begin = predictor_.position();
    bool natural;
    if (block.kind == BlockKind::kStored) {
      natural = imagine(begin + block.stored_bytes, progress, counts);
    } else {
      natural = block.tokens.size() <= settings_.block_tokens();
      for (const Token actual : block.tokens) {
        if (predictor_.at_end()) return bad_input("deflate: more tokens than data");
        if (predictor_.predict() == actual) {
          corrections_.token_right();
        } else {
          corrections_.token_wrong(actual);
          if (side_bytes() > max_side) return Ok();
          if (side_bytes() > kPatience + tokens_ / kStrange) given_up_ = true;
          if (given_up_) return Ok();
        }
        ++tokens_;
        take(actual, progress, counts);
      }
      natural = natural && (progress.is_full(settings_) || predictor_.at_end());
    }
    if (complete) judge(block, natural, progress, predict_block(counts, predictor_.position() - begin, fixed()));
    return Ok();
  }

  // Tokens zlib may have had in mind before it stored a block. True if the block ends where they would.
  bool imagine(size_t end, BlockProgress& progress, SymbolCounts& counts) {
    bool natural = true;
    while (predictor_.position() < end) {
      Token token = predictor_.predict();
      const size_t left = end - predictor_.position();
      natural = natural && !progress.is_full(settings_) && token.length <= left;
      token.length = uint16_t(std::min<size_t>(token.length, left));
      corrections_.token_right();
      take(token, progress, counts);
    }
    return natural && (progress.is_full(settings_) || predictor_.at_end());
  }

  void take(Token token, BlockProgress& progress, SymbolCounts& counts) {
    progress.add(token);
    counts.add(token, data_[predictor_.position()]);
    predictor_.commit(token);
  }

  void judge(const DeflateBlock& block, bool natural, const BlockProgress& progress, const PredictedBlock& predicted) {
    const bool header_right = block.kind != BlockKind::kDynamic || is_header(block, predicted.header);
    if (natural && header_right && block.kind == predicted.kind && block.padding == 0 &&
        block.last == progress.predicts_last(settings_, predictor_.at_end()))
      return corrections_.block_right();
    BlockCorrection correction{.kind = block.kind, .last = block.last, .padding = block.padding};
    if (!natural) correction.end = block.kind == BlockKind::kStored ? block.stored_bytes : block.tokens.size();
    if (!header_right) {
      BitReader bits(stream_);
      bits.seek_bits(block.header_begin_bits);
      BitWriter copy;
      for (size_t i = 0; i < block.header_size_bits; ++i) copy.write(bits.read(1), 1);
      correction.header = std::move(copy).finish();
      correction.header_size_bits = block.header_size_bits;
    }
    corrections_.block_wrong(correction);
  }

  bool is_header(const DeflateBlock& block, const DynamicHeader& predicted) const {
    if (block.header_size_bits != predicted.size_bits) return false;
    BitReader actual(stream_), expected(predicted.bits);
    actual.seek_bits(block.header_begin_bits);
    for (size_t i = 0; i < predicted.size_bits; ++i)
      if (actual.read(1) != expected.read(1)) return false;
    return true;
  }

  void record_level_0(const DeflateBlock& block) {
    const size_t size = block.stored_bytes, expected = stored_.predict(data_.size() - stored_position_);
    stored_position_ += size;
    stored_.commit(size);
    if (size == expected && block.padding == 0 && block.last == (stored_position_ == data_.size()))
      return corrections_.block_right();
    BlockCorrection correction{.kind = BlockKind::kStored, .last = block.last, .padding = block.padding};
    if (size != expected) correction.end = size;
    corrections_.block_wrong(correction);
  }

  bool give_up() {
    given_up_ = true;
    return false;
  }

  bool fixed() const { return settings_.strategy == DeflateStrategy::kFixed; }

  DeflateSettings settings_;
  ByteSpan stream_;
  DeflateBlockReader blocks_;
  ByteSpan data_;
  DeflatePredictor predictor_;
  StoredPredictor stored_;
  size_t stored_position_ = 0;
  size_t tokens_ = 0;
  bool given_up_ = false;
  CorrectionWriter corrections_;
};

// The settings worth a try, the likely ones first.
std::vector<DeflateSettings> likely_settings(const DeflateBlock& first, int window_bits) {
  std::vector<int> memories = {8, 9}, windows = {std::max(window_bits, 9)};
  if (window_bits < 15) windows.push_back(15);
  for (int memory = 1; memory <= 9; ++memory) {
    const bool fits = first.tokens.size() == DeflateSettings{.memory = memory}.block_tokens();
    if (fits && !first.last) memories = {memory};
  }
  if (first.last && first.tokens.size() > DeflateSettings{.memory = 8}.block_tokens()) memories = {9};
  const bool no_matches = std::none_of(first.tokens.begin(), first.tokens.end(), [](Token t) { return t.is_match(); });
  const bool only_runs =
      std::all_of(first.tokens.begin(), first.tokens.end(), [&](Token t) { return t.distance <= 1; });
  const bool short_matches =  // which kFiltered does not take
      std::any_of(first.tokens.begin(), first.tokens.end(), [](Token t) { return t.is_match() && t.length <= 5; });
  std::vector<DeflateSettings> list;
  if (first.kind == BlockKind::kStored) list.push_back({.level = 0});
  for (const int memory : memories) {
    for (const int window : windows) {
      const auto add = [&](int level, DeflateStrategy strategy) {
        list.push_back({.level = level, .memory = memory, .window_bits = window, .strategy = strategy});
      };
      if (only_runs) add(6, DeflateStrategy::kRunLengths);
      for (const int level : {6, 9, 1, 7, 8, 5, 4, 3, 2}) {
        if (!short_matches && level >= 4) add(level, DeflateStrategy::kFiltered);
        add(level, DeflateStrategy::kDefault);
        if (first.kind == BlockKind::kFixed && first.tokens.size() > 100) add(level, DeflateStrategy::kFixed);
      }
      if (no_matches) add(6, DeflateStrategy::kHuffmanOnly);
    }
  }
  return list;
}

// Reconstruction data for the whole stream, or nothing while no settings were good enough.
class BestRecording {
 public:
  BestRecording(ByteSpan stream, ByteSpan data)
      : stream_(stream), data_(data), limit_(stream.size() / kCorrectionsOf + 64) {}

  // The cost of the first tokens with these settings, or more than most, if it is more.
  Result<size_t> cost(const DeflateSettings& settings, size_t sample_tokens, size_t most) {
    Recorder recorder(stream_, data_, settings, workspace_);
    LMC_ASSIGN(const auto complete, recorder.run(std::min(most, limit_), sample_tokens));
    const bool better = side_.empty() || recorder.side_bytes() < cost_bytes_;
    if (complete && better && recorder.side_bytes() <= limit_) {
      cost_bytes_ = recorder.side_bytes();
      best_ = settings;
      side_ = recorder.finish();
    }
    return recorder.side_bytes();
  }

  // The settings that were the best on a sample.
  std::optional<LikelyZlib> likely() const {
    constexpr size_t kCloseOf = 16;  // tokens for a byte of corrections
    if (!likely_) return std::nullopt;
    return LikelyZlib{*likely_, likely_cost_ <= likely_tokens_ / kCloseOf};
  }
  void note(const DeflateSettings& settings, size_t cost, size_t sample_tokens) {
    if (settings.level == 0 || cost == SIZE_MAX || (sample_tokens == likely_tokens_ && cost >= likely_cost_)) return;
    likely_ = settings, likely_cost_ = cost, likely_tokens_ = sample_tokens;
  }
  bool is_strange(size_t sample_tokens) const {
    return likely_tokens_ != sample_tokens || likely_cost_ > std::min(sample_tokens / kStrange, kPatience);
  }

  bool is_fine() const { return !side_.empty() && cost_bytes_ <= stream_.size() / 4096; }
  const DeflateSettings& best() const { return best_; }
  size_t most_bytes() const { return side_.empty() ? limit_ : cost_bytes_; }
  Bytes&& take() && { return std::move(side_); }

 private:
  ByteSpan stream_, data_;
  size_t limit_;
  DeflateSettings best_;
  size_t cost_bytes_ = 0;
  Bytes side_;
  std::optional<DeflateSettings> likely_;
  size_t likely_cost_ = SIZE_MAX, likely_tokens_ = 0;
  DeflateWorkspace workspace_;
};

// Of the settings, those that do best on the first tokens; in the same order.
Result<std::vector<DeflateSettings>> best_on_sample(BestRecording& recording,
                                                    const std::vector<DeflateSettings>& settings,
                                                    size_t sample_tokens) {
  constexpr size_t kSlack = 4;  // one correction, as the edges of zlib's window may need
  std::vector<size_t> costs;
  size_t least = max_side_bytes(2 * sample_tokens);  // a token takes two bytes at most, nearly always
  for (const DeflateSettings& candidate : settings) {
    LMC_ASSIGN(const auto cost, recording.cost(candidate, sample_tokens, least + kSlack));
    costs.push_back(cost);
    recording.note(candidate, cost, sample_tokens);
    least = std::min(least, cost);
    if (recording.is_fine()) return std::vector<DeflateSettings>{};
  }
  std::vector<DeflateSettings> best;
  for (size_t i = 0; i < settings.size(); ++i)
    if (costs[i] <= least + kSlack) best.push_back(settings[i]);
  return best;
}

// Records the whole stream with the settings that do best on samples of it.
Status record_with_best(BestRecording& recording, std::vector<DeflateSettings> settings) {
  constexpr size_t kMaxWholeTries = 3;
  for (const size_t sample_tokens : {kFirstSample, kShortSample, kLongSample}) {
    if (settings.size() <= 1) break;
    LMC_ASSIGN(auto best, best_on_sample(recording, settings, sample_tokens));
    settings = std::move(best);
    if (recording.is_strange(sample_tokens)) return Ok();
  }
  if (settings.size() > kMaxWholeTries) settings.resize(kMaxWholeTries);
  for (const DeflateSettings& candidate : settings) {
    if (recording.is_fine()) break;
    LMC_TRY(recording.cost(candidate, SIZE_MAX, recording.most_bytes()));
  }
  return Ok();
}

// What zlib says of its settings in the header.
int level_class_of(const DeflateSettings& settings) {
  if (settings.strategy > DeflateStrategy::kFiltered || settings.level < 2) return 0;
  return settings.level < 6 ? 1 : settings.level == 6 ? 2 : 3;
}

Status record_best(BestRecording& recording, ByteSpan stream, const DeflateHint& hint) {
  DeflateBlock first;
  LMC_TRY(DeflateBlockReader(stream).read(first, kLongSample));
  auto settings = likely_settings(first, hint.window_bits);
  const auto as_hinted = [&](const DeflateSettings& candidate) {
    return level_class_of(candidate) == hint.level_class;
  };
  const auto others = std::stable_partition(settings.begin(), settings.end(), as_hinted);
  LMC_TRY(record_with_best(recording, {settings.begin(), others}));
  if (!recording.is_fine()) LMC_TRY(record_with_best(recording, {others, settings.end()}));
  return Ok();
}

// In its second form.
Bytes with_choices(ByteSpan choices) {
  Bytes side{kChoicesFollow};
  append_varint(side, choices.size());
  append_bytes(side, choices);
  return side;
}

// Writes a stream from its data and corrections, block by block as Recorder read it.
class Rebuilder {
 public:
  Rebuilder(CorrectionReader& corrections, ByteSpan data)
      : corrections_(corrections),
        settings_(corrections.settings()),
        data_(data),
        predictor_(data, settings_, workspace_) {}

  Status run(BitWriter& bits, size_t max_bytes) {
    for (bool last = false; !last;) {
      LMC_TRY(write_block(bits, corrections_.next_block(), last));
      if (bits.size_bits() / 8 > max_bytes)
        return bad_input("reconstruction data of a deflate stream: it gets too long");
    }
    if (!predictor_.at_end()) return bad_input("reconstruction data of a deflate stream: it ends before its data");
    return Ok();
  }

 private:
  Status write_block(BitWriter& bits, const std::optional<BlockCorrection>& correction, bool& last) {
    tokens_.clear();
    const size_t begin = predictor_.position();
    BlockProgress progress;
    SymbolCounts counts;
    const bool given = correction && correction->end;
    if (given && correction->kind == BlockKind::kStored) {
      if (*correction->end > data_.size() - begin)
        return bad_input("reconstruction data: a stored block longer than the data");
      const size_t end = begin + size_t(*correction->end);
      while (predictor_.position() < end) LMC_TRY(step(end, progress, counts));
    } else if (given) {
      while (progress.tokens < *correction->end) LMC_TRY(step(data_.size(), progress, counts));
    } else {
      while (!progress.is_full(settings_) && !predictor_.at_end()) LMC_TRY(step(data_.size(), progress, counts));
    }
    const ByteSpan content = data_.subspan(begin, predictor_.position() - begin);
    const bool fixed = settings_.strategy == DeflateStrategy::kFixed;
    const PredictedBlock predicted = predict_block(counts, content.size(), fixed);
    last = correction ? correction->last : progress.predicts_last(settings_, predictor_.at_end());
    const BlockKind kind = correction ? correction->kind : predicted.kind;
    bits.write(last, 1);
    bits.write(uint32_t(kind), 2);
    if (kind == BlockKind::kStored) return write_stored_block(bits, content, correction ? correction->padding : 0);
    if (kind == BlockKind::kFixed) return write_tokens(bits, content, kFixedLengths);
    if (!correction || correction->header.empty()) {
      bits.write_bits_of(predicted.header.bits, predicted.header.size_bits);
      return write_tokens(bits, content, predicted.header.lengths);
    }
    BitReader header(correction->header);
    LMC_ASSIGN(const auto given_header, read_deflate_header(header));
    bits.write_bits_of(correction->header, correction->header_size_bits);
    return write_tokens(bits, content, given_header.lengths);
  }

  // The next token, cut off at end.
  Status step(size_t end, BlockProgress& progress, SymbolCounts& counts) {
    const size_t position = predictor_.position();
    if (position >= end) return bad_input("reconstruction data of a deflate stream: more tokens than data");
    if (tokens_.size() == kMaxBlockTokens)
      return bad_input("reconstruction data of a deflate stream: a block of too many tokens");
    Token token = predictor_.predict();
    const std::optional<Token> actual = corrections_.next_token();
    if (actual) token = *actual;
    if (actual && (token.length > data_.size() - position || token.distance > position))
      return bad_input("reconstruction data of a deflate stream: a match outside the data");
    token.length = uint16_t(std::min<size_t>(token.length, end - position));
    progress.add(token);
    counts.add(token, data_[position]);
    tokens_.push_back(token);
    predictor_.commit(token);
    return Ok();
  }

  Status write_tokens(BitWriter& bits, ByteSpan content, const CodeLengths& lengths) const {
    const TokenWriter writer(lengths);
    size_t position = 0;
    for (const Token token : tokens_) {
      writer.write(bits, token, content[position]);
      position += token.length;
    }
    writer.write_end(bits);
    return Ok();
  }

  CorrectionReader& corrections_;
  DeflateSettings settings_;
  ByteSpan data_;
  DeflateWorkspace workspace_;
  DeflatePredictor predictor_;
  std::vector<Token> tokens_;
};

Status rebuild_level_0(CorrectionReader& corrections, ByteSpan data, BitWriter& bits, size_t max_bytes) {
  StoredPredictor stored;
  size_t position = 0;
  for (bool last = false; !last;) {
    const std::optional<BlockCorrection> given = corrections.next_block();
    uint64_t size = stored.predict(data.size() - position);
    if (given && given->end) size = *given->end;
    if (size > data.size() - position || (given && given->kind != BlockKind::kStored))
      return bad_input("reconstruction data of a deflate stream: stored blocks that do not fit the data");
    last = given ? given->last : position + size == data.size();
    bits.write(last, 1);
    bits.write(uint32_t(BlockKind::kStored), 2);
    LMC_TRY(write_stored_block(bits, data.subspan(position, size_t(size)), given ? given->padding : 0));
    stored.commit(size_t(size));
    position += size_t(size);
    if (bits.size_bits() / 8 > max_bytes) return bad_input("reconstruction data of a deflate stream: it gets too long");
  }
  if (position != data.size()) return bad_input("reconstruction data of a deflate stream: it ends before its data");
  return Ok();
}

}  // namespace

Result<ParsedDeflate> parse_deflate(ByteSpan stream, size_t max_data_bytes, const DeflateHint& hint) {
  LMC_ASSIGN(auto inflated, inflate(stream, size_t(std::min<uint64_t>(max_data_bytes, kMaxDeflateDataBytes))));
  ParsedDeflate parsed;
  parsed.data = std::move(inflated.data);
  parsed.size_bytes = (inflated.size_bits + 7) / 8;
  LMC_ASSIGN(parsed.side, describe_deflate(stream.first(parsed.size_bytes), parsed.data, hint));
  return parsed;
}

Result<Bytes> describe_deflate(ByteSpan stream, ByteSpan data, const DeflateHint& hint) {
  DeflateDescriber describer;
  LMC_ASSIGN(auto described, describer.describe(stream, data, hint));
  Bytes side = std::move(described.corrections);
  if (described.choices) {
    ChoicesWriter choices;
    LMC_TRY(choices.add(stream, data, *described.choices));
    Bytes chosen = with_choices(std::move(choices).finish());
    if (side.empty() || chosen.size() < side.size()) side = std::move(chosen);
  }
  if (side.size() > max_side_bytes(stream.size()))
    return bad_input("deflate: describing the encoder's choices would take more than the stream does");
  return side;
}

Result<DeflateDescription> DeflateDescriber::describe(ByteSpan stream, ByteSpan data, const DeflateHint& hint) {
  BestRecording recording(stream, data);
  if (zlib_) LMC_TRY(recording.cost(*zlib_, SIZE_MAX, recording.most_bytes()));
  const bool small = data.size() < kSmallBytes;
  if (!recording.is_fine() && !(small && strange_ >= kMostStrange)) LMC_TRY(record_best(recording, stream, hint));
  DeflateDescription out;
  if (recording.is_fine()) {
    zlib_ = recording.best();
    strange_ = 0;
    out.corrections = std::move(recording).take();
    return out;
  }
  ++strange_;
  if (!choices_ || !small) choices_ = find_choice_settings(stream, data, recording.likely());
  out.choices = choices_;
  out.corrections = std::move(recording).take();
  return out;
}

Result<Bytes> rebuild_deflate(ByteReader& side, ByteSpan data, size_t max_bytes) {
  if (data.size() > kMaxDeflateDataBytes) return bad_input("more data than a deflate stream may hold here");
  if (side.remaining() > 0 && side.rest()[0] == kChoicesFollow) {
    LMC_TRY(side.read_bytes(1, "kind of reconstruction data"));
    LMC_ASSIGN(const auto size, side.read_varint("size of the choices of a deflate stream"));
    if (size > side.remaining())
      return bad_input("reconstruction data of a deflate stream is cut short", side.position());
    LMC_ASSIGN(const auto choices, side.read_bytes(size_t(size), "choices of a deflate stream"));
    return ChoicesReader(choices).next(data, max_bytes);
  }
  LMC_ASSIGN(auto corrections, CorrectionReader::create(side));
  BitWriter bits;
  if (corrections.settings().level == 0) {
    LMC_TRY(rebuild_level_0(corrections, data, bits, max_bytes));
  } else {
    LMC_TRY(Rebuilder(corrections, data).run(bits, max_bytes));
  }
  LMC_TRY(corrections.finish());
  const int filled = bits.bits_to_byte_end();
  bits.write(corrections.final_padding() & ((1u << filled) - 1), filled);
  Bytes stream = std::move(bits).finish();
  if (stream.size() > max_bytes) return bad_input("reconstruction data of a deflate stream: it gets too long");
  return stream;
}

}  // namespace lmc
