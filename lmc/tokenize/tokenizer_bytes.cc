// The tokenizer as bytes of a model file, and back.
#include <algorithm>
#include <bit>

#include "lmc/tokenize/tokenizer.h"

namespace lmc {
namespace {

constexpr uint8_t kByRank = 0x80;  // in the section tokenizer.merges, with the splitter

}  // namespace

// Layout: varint strings; then per string, ascending: varint bytes shared with the one before, varint further bytes,
// those bytes, and varint merge rank if the string is longer than one byte.
Bytes Tokenizer::serialize() const {
  Bytes out;
  append_varint(out, strings_.size());
  std::string_view previous;
  for (size_t id = 0; id < strings_.size(); ++id) {
    const std::string_view string = strings_[id];
    size_t shared = 0;
    while (shared < previous.size() && shared < string.size() && previous[shared] == string[shared]) ++shared;
    append_varint(out, shared);
    append_varint(out, string.size() - shared);
    append_bytes(out, as_bytes(string.substr(shared)));
    if (string.size() > 1) append_varint(out, ranks_[id]);
    previous = string;
  }
  return out;
}

// Layout: byte: splitter; varint pairs; then of each pair, in order, varint left and varint right token. As tiktoken:
// byte: splitter and kByRank, no more. kCharacters, is_unigram: varint whole tokens; then each; is_unigram: scores, f32
// of kUnigram, f64 of the others.
Bytes Tokenizer::serialize_merges() const {
  if (splitter_ == Splitter::kOwn) return {};
  Bytes out{uint8_t(uint8_t(splitter_) | (by_rank_ ? kByRank : 0))};
  if (by_rank_) return out;
  if (splitter_ == Splitter::kCharacters || is_unigram(splitter_)) {
    append_varint(out, whole_.size());
    for (const uint32_t id : whole_) append_varint(out, id);
    for (const double score : scores_) {
      if (splitter_ == Splitter::kUnigram)
        append_le(out, std::bit_cast<uint32_t>(float(score)));
      else
        append_le(out, std::bit_cast<uint64_t>(score));
    }
    return out;
  }
  append_varint(out, pairs_.size());
  for (const TokenPair pair : pairs_) {
    append_varint(out, pair.left);
    append_varint(out, pair.right);
  }
  return out;
}

namespace {

struct ParsedMerges {
  Splitter splitter;
  bool by_rank = false;
  std::vector<TokenPair> pairs;
  std::vector<uint32_t> whole;
  std::vector<double> scores;
};

Result<ParsedMerges> parse_merges(ByteSpan serialized, size_t strings) {
  ByteReader reader(serialized);
  ParsedMerges out;
  LMC_ASSIGN(const auto splitter, reader.read_le<uint8_t>("tokenizer splitter"));
  out.splitter = Splitter(splitter & ~kByRank);
  out.by_rank = (splitter & kByRank) != 0;
  LMC_ASSIGN(const auto count, out.by_rank ? Result<uint64_t>(0) : reader.read_varint("tokenizer merges"));
  for (uint64_t i = 0; i < count; ++i) {  // a count that the bytes do not hold ends at the last one
    if (out.splitter == Splitter::kCharacters || is_unigram(out.splitter)) {
      LMC_ASSIGN(const auto whole, reader.read_varint("tokenizer whole token"));
      out.whole.push_back(uint32_t(std::min<uint64_t>(whole, strings)));
      continue;
    }
    LMC_ASSIGN(const auto left, reader.read_varint("tokenizer merge"));
    LMC_ASSIGN(const auto right, reader.read_varint("tokenizer merge"));
    if (left >= strings || right >= strings)
      return bad_input("tokenizer: merge " + std::to_string(i) + " is of tokens that there are not", reader.position());
    out.pairs.push_back({uint32_t(left), uint32_t(right)});
  }
  for (size_t id = 0; out.splitter == Splitter::kUnigram && id < strings; ++id) {
    LMC_ASSIGN(const auto bits, reader.read_le<uint32_t>("tokenizer score"));
    out.scores.push_back(double(std::bit_cast<float>(bits)));
  }
  while (is_unigram(out.splitter) && out.scores.size() < strings) {
    LMC_ASSIGN(const auto bits, reader.read_le<uint64_t>("tokenizer score"));
    out.scores.push_back(std::bit_cast<double>(bits));
  }
  if (reader.remaining() != 0) return bad_input("tokenizer: bytes left over behind the merges", reader.position());
  return out;
}

}  // namespace

Result<Tokenizer> Tokenizer::parse(ByteSpan serialized, ByteSpan merges) {
  ByteReader reader(serialized);
  LMC_ASSIGN(auto count, reader.read_varint("tokenizer strings"));
  if (count + 1 < kMinVocabulary || count >= kMaxVocabulary)
    return bad_input(
        "tokenizer: " + std::to_string(count) + " strings, expected 256 to " + std::to_string(kMaxVocabulary - 1), 0);
  std::vector<std::string> strings;
  std::vector<uint32_t> ranks;
  std::string string;
  for (uint64_t id = 0; id < count; ++id) {
    LMC_ASSIGN(auto shared, reader.read_varint("tokenizer shared bytes"));
    LMC_ASSIGN(auto further, reader.read_varint("tokenizer further bytes"));
    if (shared > string.size() || further > kMaxTokenBytes || shared + further > kMaxTokenBytes)
      return bad_input("tokenizer: lengths of token " + std::to_string(id) + " are out of range", reader.position());
    LMC_ASSIGN(auto bytes, reader.read_bytes(further, "tokenizer bytes"));
    string.resize(shared);
    string.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    uint64_t rank = 0;
    if (string.size() > 1) {
      LMC_ASSIGN(auto read, reader.read_varint("tokenizer merge rank"));
      rank = std::min<uint64_t>(read, UINT32_MAX);
    }
    strings.push_back(string);
    ranks.push_back(uint32_t(rank));
  }
  if (reader.remaining() != 0) return bad_input("tokenizer: bytes left over at the end", reader.position());
  if (merges.empty()) return create(std::move(strings), std::move(ranks));
  LMC_ASSIGN(auto tokenizer, create_without_merges(std::move(strings), std::move(ranks)));
  LMC_ASSIGN(const auto parsed, parse_merges(merges, tokenizer.strings_.size()));
  if (parsed.by_rank) {
    LMC_TRY(tokenizer.set_by_rank(parsed.splitter));
  } else if (parsed.splitter == Splitter::kCharacters || is_unigram(parsed.splitter)) {
    LMC_TRY(tokenizer.set_whole(parsed.whole));
    if (is_unigram(parsed.splitter)) LMC_TRY(tokenizer.set_scores(parsed.scores, parsed.splitter));
  } else {
    LMC_TRY(tokenizer.set_merges(parsed.splitter, parsed.pairs));
  }
  return tokenizer;
}

}  // namespace lmc
