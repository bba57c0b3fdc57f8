#include "lmc/media/deflate/deflate_choices.h"

#include <algorithm>

#include "lmc/media/deflate/chain_ranks.h"
#include "lmc/media/deflate/choice_kinds.h"
#include "lmc/media/deflate/header_model.h"
#include "lmc/media/deflate/inflate.h"
#include "lmc/media/deflate/token_model.h"

namespace lmc {
namespace {

// The cheapest parse is looked for in stretches of a block, each with some more bytes behind it: where it begins hardly
// depends on what is far ahead.
constexpr size_t kStretch = size_t(1) << 16, kAhead = size_t(1) << 12;
constexpr size_t kMostSteps = size_t(1) << 21;  // that are held at once; a position has less than 256

// What is learnt from all streams.
template <typename Parts>
struct Models {
  explicit Models(Bytes& out, Parts parts = {}) : coder(out, parts), headers(coder), tokens(coder) {}
  explicit Models(ByteSpan in) : coder(in), headers(coder), tokens(coder) {}

  BasicChoiceCoder<Parts> coder;
  HeaderModel<BasicChoiceCoder<Parts>> headers;
  TokenModel<BasicChoiceCoder<Parts>> tokens;
};

// The blocks of one stream, the same steps for writing and reading.
template <typename Parts>
class BlockCoder {
 public:
  BlockCoder(Models<Parts>& models, ByteSpan data, const ChoiceSettings& settings)
      : coder_(models.coder),
        headers_(models.headers),
        tokens_(models.tokens),
        data_(data),
        finder_(data, settings.most_visits) {
    if (settings.chain_bytes != 0) ranks_.emplace(data, settings.chain_bytes);
    chain_bytes_ = settings.chain_bytes;
    chain_steps_ = settings.chain_steps;
    if (settings.zlib) zlib_.emplace(data, *settings.zlib, workspace_);
    if (settings.quick != QuickKind::kNone) quick_.emplace(data, settings.quick);
  }

  // A block of more is an error when reading: a token takes a bit.
  void limit_tokens(size_t most) { most_tokens_ = most; }

  // Fills in what block lacks when reading.
  Status code(DeflateBlock& block) {
    block.kind = BlockKind(coder_.code_bits(uint32_t(block.kind), 2, kBlockKind, uint32_t(last_kind_)));
    if (uint32_t(block.kind) > 2)
      return bad_input("reconstruction data of a deflate stream: a block of an unknown kind");
    last_kind_ = block.kind;
    block.last = coder_.code_bit(block.last, kIsLastBlock);
    LMC_ASSIGN(const auto bytes, code_bytes(block));
    const size_t end = position_ + bytes;
    if (block.kind == BlockKind::kStored) {
      if (bytes > kMaxStoredBytes) return bad_input("reconstruction data of a deflate stream: a stored block too long");
      block.stored_bytes = uint32_t(bytes);
      block.padding = uint8_t(coder_.code_bits(block.padding, 7, kPadding));
      for (; position_ < end; ++position_) skip_byte();
      return Ok();
    }
    block.lengths = kFixedLengths;
    if (block.kind == BlockKind::kDynamic) {
      const size_t expected_end = fill_lists(std::min(end, position_ + kStretch));
      LMC_ASSIGN(auto header, headers_.code(expect(expected_end), std::move(block.header)));
      block.header = std::move(header);
      block.lengths = block.header.lengths;
    }
    return code_tokens(block, end);
  }

 private:
  Result<size_t> code_bytes(const DeflateBlock& block) {
    if (block.last) return data_.size() - position_;
    size_t bytes = block.stored_bytes;
    for (const Token token : block.tokens) bytes += token.length;
    const uint32_t high = coder_.code_number(uint32_t(bytes >> 12), kBlockBytes);
    bytes = size_t(high) << 12 | coder_.code_bits(bytes & 4095, 12, kBlockBytes, 1 + std::min(high, 100u));
    if (bytes > data_.size() - position_)
      return bad_input("reconstruction data of a deflate stream: more tokens than data");
    return bytes;
  }

  void skip_byte() {
    fill_lists(position_ + 1);
    lists_.drop_first(1);
    if (zlib_) zlib_->commit({});
  }

  // Of the bytes from position_ to end, as far as there is room. Returns where they end.
  size_t fill_lists(size_t end) {
    while (finder_.position() < end && lists_.steps.size() < kMostSteps) {
      finder_.next(lists_.steps);
      const size_t begin = lists_.size() == 0 ? 0 : lists_.ends.back();
      lists_.ends.push_back(uint32_t(lists_.steps.size()));
      if (!ranks_) continue;
      ranks_->next();
      MatchStep found;
      for (size_t i = lists_.steps.size(); i-- > begin && found.length == 0;) {
        const MatchStep step = lists_.steps[i];
        if (step.length < chain_bytes_) break;
        if (ranks_->rank(step.distance) <= chain_steps_) found = step;
      }
      if (found.length == 0 && begin < lists_.steps.size() && lists_.steps[begin].length < chain_bytes_)
        found = lists_.steps[begin];
      lists_.limited.push_back(found);
    }
    return std::min(end, finder_.position());
  }

  // Symbols of the cheapest parse of a stretch, under lengths that are found by parsing it.
  SymbolCounts expect(size_t end) {
    SymbolCounts counts;
    CodeLengths lengths = last_lengths_;
    if (!coder_.parts().uses(kChoiceHeaders)) return counts;
    for (int round = 0; round < 2; ++round) {
      const TokenCosts costs = lenient_costs(lengths);
      const ByteSpan stretch = data_.subspan(position_, end - position_);
      cheapest_rests(stretch, lists_, costs, rests_);
      counts = {};
      for (size_t at = 0; at < stretch.size();) {
        const Token token = cheapest(stretch.subspan(at), lists_.at(at), costs, &rests_[at]);
        counts.add(token, stretch[at]);
        at += token.length;
      }
      lengths = {};
      ++counts.literal[kEndOfBlock];
      predict_code_lengths(counts.literal, kMaxCodeBits, std::span(lengths.literal).first(kLiteralCodes));
      predict_code_lengths(counts.distance, kMaxCodeBits, std::span(lengths.distance).first(kDistanceCodes));
    }
    return counts;
  }
  // Symbols without a word might get one.
  static TokenCosts lenient_costs(CodeLengths lengths) {
    constexpr uint8_t kRareLiteralBits = 13, kRareDistanceBits = 10;
    for (size_t i = 0; i < kLiteralCodes; ++i)
      if (lengths.literal[i] == 0) lengths.literal[i] = kRareLiteralBits;
    for (size_t i = 0; i < kDistanceCodes; ++i)
      if (lengths.distance[i] == 0) lengths.distance[i] = kRareDistanceBits;
    return TokenCosts(lengths);
  }
  static Token cheapest(ByteSpan rest, std::span<const MatchStep> steps, const TokenCosts& costs,
                        const int32_t* rests) {
    Token best;
    int32_t least = costs.literal[rest[0]] + rests[1];
    uint32_t length = kMinMatch;
    for (const MatchStep step : steps) {
      const int32_t distance = costs.of_distance(step.distance);
      for (; length <= std::min<size_t>(step.length, rest.size()); ++length) {
        const int32_t cost = costs.length[length] + distance + rests[length];
        if (cost <= least) least = cost, best = {uint16_t(length), step.distance};
      }
    }
    return best;
  }

  // What an encoder whose search is known would write here.
  std::optional<Token> imitated() {
    if (zlib_) return zlib_->predict();
    if (quick_) return quick_->next(position_);
    return std::nullopt;
  }

  Status code_tokens(DeflateBlock& block, size_t end) {
    const TokenCosts costs(coder_.parts().uses(kChoiceOwnCode) ? block.lengths : kFixedLengths);
    last_lengths_ = block.lengths;
    const bool reads = coder_.decodes();
    if (reads) block.tokens.clear();
    size_t index = 0;
    while (position_ < end) {
      const size_t begin = position_, parsed = fill_lists(std::min(end, begin + kStretch + kAhead));
      const size_t stop = parsed == end ? end : parsed - kAhead;
      fill_lists(std::min(parsed + 1, data_.size()));
      cheapest_rests(data_.subspan(begin, parsed - begin), lists_, costs, rests_);
      while (position_ < stop) {
        const size_t at = position_ - begin;
        const TokenPlace place{.rest_of_block = data_.subspan(position_, parsed - position_),
                               .here = lists_.at(at),
                               .next = at + 1 < lists_.size() ? lists_.at(at + 1) : std::span<const MatchStep>(),
                               .costs = costs,
                               .rest_costs = &rests_[at],
                               .imitated = imitated(),
                               .limited = ranks_ ? lists_.limited[at] : MatchStep{},
                               .limited_next = ranks_ && at + 1 < lists_.size() ? lists_.limited[at + 1] : MatchStep{},
                               .is_limited = ranks_.has_value(),
                               .most_distance = position_};
        LMC_ASSIGN(const auto token, tokens_.code(place, reads ? Token{} : block.tokens[index]));
        if (token.length > end - position_)
          return bad_input("reconstruction data of a deflate stream: a match beyond its block");
        if (reads && block.tokens.size() >= most_tokens_)
          return bad_input("reconstruction data of a deflate stream: it gets too long");
        if (reads) block.tokens.push_back(token);
        ++index;
        if (zlib_) zlib_->commit(token);
        if (quick_) quick_->commit(position_, token);
        position_ += token.length;
      }
      lists_.drop_first(std::min(position_ - begin, lists_.size()));
    }
    return Ok();
  }

  BasicChoiceCoder<Parts>& coder_;
  HeaderModel<BasicChoiceCoder<Parts>>& headers_;
  TokenModel<BasicChoiceCoder<Parts>>& tokens_;
  ByteSpan data_;
  size_t position_ = 0, most_tokens_ = SIZE_MAX;
  MatchFinder finder_;
  MatchLists lists_;  // from position_ on, at the beginning of a stretch
  std::optional<ChainRanks> ranks_;
  uint32_t chain_bytes_ = 0, chain_steps_ = 0;
  std::vector<int32_t> rests_;
  DeflateWorkspace workspace_;
  std::optional<DeflatePredictor> zlib_;
  std::optional<QuickSearch> quick_;
  CodeLengths last_lengths_ = kFixedLengths;
  BlockKind last_kind_ = BlockKind::kDynamic;
};

template <typename Coder>
void code_settings(Coder& coder, ChoiceSettings& settings) {
  const bool has_zlib = coder.code_bit(settings.zlib.has_value(), kZlibGuess);
  if (has_zlib) {
    if (coder.decodes()) settings.zlib.emplace();
    DeflateSettings& zlib = *settings.zlib;
    zlib.level = int(1 + coder.code_bits(uint32_t(zlib.level - 1), 4, kZlibGuess, 1));
    zlib.memory = int(1 + coder.code_bits(uint32_t(zlib.memory - 1), 4, kZlibGuess, 2));
    zlib.window_bits = int(9 + coder.code_bits(uint32_t(zlib.window_bits - 9), 3, kZlibGuess, 3));
    zlib.strategy = DeflateStrategy(coder.code_bits(uint32_t(zlib.strategy), 3, kZlibGuess, 4));
  } else {
    settings.quick = QuickKind(coder.code_bits(uint32_t(settings.quick), 3, kZlibGuess, 8));
  }
  settings.chain_bytes = coder.code_bits(settings.chain_bytes, 3, kZlibGuess, 6);
  settings.chain_steps = coder.code_number(settings.chain_steps, kZlibGuess, 7);
  settings.most_visits = coder.code_number(settings.most_visits, kZlibGuess, 5);
}

// The choices of the first most_tokens tokens, or of all.
template <typename Parts>
Status write_stream(Models<Parts>& models, ByteSpan stream, ByteSpan data, ChoiceSettings settings,
                    size_t most_tokens) {
  code_settings(models.coder, settings);
  BlockCoder blocks(models, data, settings);
  DeflateBlockReader reader(stream);
  DeflateBlock block;
  do {
    LMC_TRY(reader.read(block, most_tokens));
    const bool is_all = block.kind == BlockKind::kStored || block.tokens.size() < most_tokens;
    most_tokens -= std::min(block.tokens.size(), most_tokens);
    if (!is_all) block.last = false;
    LMC_TRY(blocks.code(block));
    if (!is_all) return Ok();
  } while (!block.last);
  BitReader bits(stream);
  bits.seek_bits(reader.position_bits());
  models.coder.code_bits(bits.read(int(-reader.position_bits() & 7)), 7, kPadding, 1);
  return Ok();
}

// The depth of a search, if the stream's encoder has one: nearly all matches lie within it.
// Of the rest there is one in each of kOddOnes.
constexpr std::array<size_t, 2> kOddOnes = {50, 1000};
std::array<uint32_t, 2> chain_steps_of(ByteSpan stream, ByteSpan data, uint32_t chain_bytes, size_t most_tokens) {
  ChainRanks ranks(data, chain_bytes);
  std::vector<uint32_t> seen;
  DeflateBlockReader reader(stream);
  DeflateBlock block;
  size_t tokens = 0;
  do {
    if (!reader.read(block, most_tokens).ok()) return {};
    for (const Token token : block.tokens) {
      ranks.next();
      if (token.length >= chain_bytes) seen.push_back(ranks.rank(token.distance));
      for (size_t i = 1; i < token.length; ++i) ranks.next();
    }
    for (size_t i = 0; i < block.stored_bytes; ++i) ranks.next();
    tokens += block.tokens.size();
  } while (!block.last && tokens < most_tokens);
  if (seen.empty()) return {};
  std::array<uint32_t, 2> out;
  for (size_t i = 0; i < out.size(); ++i) {
    const auto place = seen.begin() + ptrdiff_t((seen.size() - 1) - seen.size() / kOddOnes[i]);
    std::nth_element(seen.begin(), place, seen.end());
    out[i] = *place;
  }
  return out;
}

// The quick search that most tokens come from, if that is nearly all of them.
QuickKind quick_kind_of(ByteSpan stream, ByteSpan data, size_t most_tokens) {
  constexpr size_t kRightOf = 8;  // at most one token of so many is another one
  QuickKind best = QuickKind::kNone;
  size_t least = SIZE_MAX;
  for (uint8_t kind = 1; kind < kQuickKinds; ++kind) {
    QuickSearch search(data, QuickKind(kind));
    DeflateBlockReader reader(stream);
    DeflateBlock block;
    size_t position = 0, tokens = 0, wrong = 0;
    do {
      if (!reader.read(block, most_tokens - tokens).ok()) return QuickKind::kNone;
      for (const Token token : block.tokens) {
        wrong += search.next(position) != token;
        search.commit(position, token);
        position += token.length;
      }
      position += block.stored_bytes;
      tokens += block.tokens.size();
    } while (!block.last && tokens < most_tokens);
    if (wrong > tokens / kRightOf || wrong >= least) continue;
    least = wrong;
    best = QuickKind(kind);
  }
  return best;
}

}  // namespace

ChoiceSettings find_choice_settings(ByteSpan stream, ByteSpan data, const std::optional<LikelyZlib>& likely) {
  // As many tokens as 128 KiB of data have, if one takes twenty bits.
  constexpr uint64_t kSampleBytes = 1 << 17, kBitsOfByte = 8, kBitsOfToken = 20;
  const auto sample_tokens = size_t(std::clamp<uint64_t>(
      kSampleBytes * kBitsOfByte * stream.size() / (kBitsOfToken * std::max<uint64_t>(data.size(), 1)), 2048, 16384));
  constexpr size_t kEasyTokens = 48;          // with less than a byte for so many, nothing else is tried
  constexpr uint32_t kMostChainSteps = 2048;  // an encoder that goes further misses hardly anything
  ChoiceSettings best;
  size_t least = SIZE_MAX;
  const auto try_one = [&](const ChoiceSettings& settings) {
    Bytes choices;
    Models<AllParts> models(choices);
    if (!write_stream(models, stream, data, settings, sample_tokens).ok()) return;
    models.coder.finish();
    if (choices.size() >= least) return;
    least = choices.size();
    best = settings;
  };
  const auto is_easy = [&] { return least < sample_tokens / kEasyTokens; };
  if (const QuickKind quick = quick_kind_of(stream, data, sample_tokens); quick != QuickKind::kNone) {
    try_one({.zlib = {}, .quick = quick});
    return best;
  }
  try_one(best);
  for (const uint32_t bytes : {3u, 4u}) {
    if (is_easy()) break;
    uint32_t before = 0;
    for (const uint32_t steps : chain_steps_of(stream, data, bytes, sample_tokens))
      if (steps != before && steps <= kMostChainSteps)
        try_one({.zlib = {}, .chain_bytes = bytes, .chain_steps = before = steps});
  }
  if (likely && (likely->is_close || !is_easy())) {
    // gzip's blocks are those of more memory, its matches those of less.
    ChoiceSettings settings = best;
    for (const int less : {0, 1}) {
      settings.zlib = likely->settings;
      settings.zlib->memory -= less;
      if (settings.zlib->memory > 0) try_one(settings);
    }
  }
  return best;
}

struct ChoicesWriter::State {
  Bytes out;
  Models<AllParts> models{out};
};

ChoicesWriter::ChoicesWriter() : state_(std::make_unique<State>()) {}
ChoicesWriter::~ChoicesWriter() = default;

Status ChoicesWriter::add(ByteSpan stream, ByteSpan data, const ChoiceSettings& settings) {
  return write_stream(state_->models, stream, data, settings, SIZE_MAX);
}

Bytes ChoicesWriter::finish() && {
  state_->models.coder.finish();
  return std::move(state_->out);
}

Result<size_t> ablated_choices_bytes(ByteSpan stream, ByteSpan data, const ChoiceSettings& settings, uint32_t without) {
  Bytes out;
  Models<ChosenParts> models(out, ChosenParts{without});
  LMC_TRY(write_stream(models, stream, data, settings, SIZE_MAX));
  models.coder.finish();
  return out.size();
}

struct ChoicesReader::State {
  explicit State(ByteSpan choices) : models(choices) {}
  Models<AllParts> models;
};

ChoicesReader::ChoicesReader(ByteSpan choices) : state_(std::make_unique<State>(choices)) {}
ChoicesReader::~ChoicesReader() = default;

Result<Bytes> ChoicesReader::next(ByteSpan data, size_t max_bytes) {
  ChoiceCoder& coder = state_->models.coder;
  ChoiceSettings settings;
  code_settings(coder, settings);
  const auto impossible = [](const DeflateSettings& zlib) {
    return zlib.level > 9 || zlib.memory > 9 || zlib.window_bits > 15 || zlib.strategy > DeflateStrategy::kFixed;
  };
  if ((settings.zlib && impossible(*settings.zlib)) || uint8_t(settings.quick) >= kQuickKinds ||
      settings.most_visits > kMaxDistance ||
      (settings.chain_bytes != 0 && settings.chain_bytes != 3 && settings.chain_bytes != 4))
    return bad_input("reconstruction data of a deflate stream: settings that cannot be");
  BlockCoder blocks(state_->models, data, settings);
  blocks.limit_tokens(8 * max_bytes);
  BitWriter bits;
  DeflateBlock block;
  size_t position = 0;
  do {
    block = {};
    LMC_TRY(blocks.code(block));
    bits.write(block.last, 1);
    bits.write(uint32_t(block.kind), 2);
    if (block.kind == BlockKind::kStored) {
      LMC_TRY(write_stored_block(bits, data.subspan(position, block.stored_bytes), block.padding));
      position += block.stored_bytes;
    } else {
      if (block.kind == BlockKind::kDynamic) block.header.write(bits);
      const TokenWriter writer(block.lengths);
      for (const Token token : block.tokens) {
        writer.write(bits, token, data[position]);
        position += token.length;
      }
      writer.write_end(bits);
    }
    if (bits.size_bits() / 8 > max_bytes) return bad_input("reconstruction data of a deflate stream: it gets too long");
  } while (!block.last);
  const int filled = bits.bits_to_byte_end();
  bits.write(coder.code_bits(0, 7, kPadding, 1) & ((1u << filled) - 1), filled);
  return std::move(bits).finish();
}

}  // namespace lmc
