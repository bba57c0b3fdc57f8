#include "lmc/tokenize/tokenizer.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <queue>
#include <unordered_map>

#include "lmc/tokenize/unicode_class.h"

namespace lmc {
namespace {

enum class ByteClass : uint8_t { kLetter, kDigit, kSpace, kNewline, kPunctuation };

constexpr ByteClass classify(unsigned byte) {
  if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')) return ByteClass::kLetter;
  if (byte >= '0' && byte <= '9') return ByteClass::kDigit;
  if (byte == ' ' || byte == '\t') return ByteClass::kSpace;
  if (byte == '\n' || byte == '\r') return ByteClass::kNewline;
  return ByteClass::kPunctuation;
}

constexpr std::array<ByteClass, 256> make_classes() {
  std::array<ByteClass, 256> classes{};
  for (unsigned byte = 0; byte < 256; ++byte) classes[byte] = classify(byte);
  return classes;
}
constexpr std::array<ByteClass, 256> kClass = make_classes();

constexpr size_t kMaxDigits = 3;  // a number is cut into groups of at most this many digits

// Hash of a token pair; multiplicative, high bits kept.
size_t pair_slot(uint64_t pair, size_t slots) {
  return size_t((pair * 0x9E3779B97F4A7C15ull) >> (64 - std::countr_zero(slots)));
}

uint64_t pair_of(uint32_t left, uint32_t right) { return uint64_t(left) << 32 | right; }

uint64_t hash_piece(ByteSpan piece) {
  uint64_t hash = piece.size() * 0x9E3779B97F4A7C15ull;
  size_t i = 0;
  for (; i + 8 <= piece.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, &piece[i], 8);
    hash = (hash ^ word) * 0xD6E8FEB86659FD93ull;
    hash ^= hash >> 32;
  }
  uint64_t tail = 0;
  std::memcpy(&tail, piece.data() + i, piece.size() - i);
  hash = (hash ^ tail) * 0xD6E8FEB86659FD93ull;
  return hash ^ (hash >> 32);
}

// Remembers how short pieces were cut; one entry a slot, the newest wins.
struct CachedPiece {
  static constexpr size_t kMaxBytes = 23, kMaxTokens = 11;
  uint8_t size_bytes = 0, tokens_count = 0;
  std::array<uint8_t, kMaxBytes> bytes;
  std::array<uint32_t, kMaxTokens> tokens;
};
constexpr size_t kCacheSlots = 1 << 15;

constexpr size_t kMaxImportedPieceBytes = 1 << 16;  // a longer piece, which no text has, is cut here

using TokenIds = std::unordered_map<std::string_view, int>;

// Views into strings.
TokenIds ids_of(const std::vector<std::string>& strings) {
  TokenIds ids(strings.size() * 2);
  for (size_t id = 0; id < strings.size(); ++id) ids.emplace(strings[id], int(id));
  return ids;
}

int find_id(const TokenIds& ids, std::string_view string) {
  const auto it = ids.find(string);
  return it != ids.end() ? it->second : -1;
}

// Of those that next_imported_piece knows.
Status check_cuts(Splitter splitter) {
  if (splitter != Splitter::kGpt2 && splitter != Splitter::kSmollm && splitter != Splitter::kLlama3 &&
      splitter != Splitter::kQwen2 && splitter != Splitter::kTwoBytes)
    return bad_input("tokenizer: unknown splitter " + std::to_string(int(splitter)) + "; a newer lmc may be needed");
  return Ok();
}

}  // namespace

size_t next_piece(ByteSpan text) {
  const size_t limit = std::min(text.size(), kMaxPieceBytes);
  auto is = [&](size_t i, ByteClass wanted) { return i < limit && kClass[text[i]] == wanted; };
  auto skip = [&](size_t i, ByteClass wanted) {
    while (is(i, wanted)) ++i;
    return i;
  };
  auto skip_line_ends = [&](size_t i) {
    return is(i, ByteClass::kNewline) ? skip(skip(i, ByteClass::kNewline), ByteClass::kSpace) : i;
  };

  if (is(0, ByteClass::kNewline)) return skip_line_ends(0);
  size_t start = 0;  // where the piece proper begins, after at most one space
  if (is(0, ByteClass::kSpace)) {
    const size_t end = skip(0, ByteClass::kSpace);
    if (end == limit || is(end, ByteClass::kNewline)) return end;
    if (text[end - 1] != ' ') return end;  // a tab before a word stays apart
    if (end > 1) return end - 1;           // the last space goes with what follows
    start = 1;
  }
  if (is(start, ByteClass::kLetter)) return skip(start, ByteClass::kLetter);
  if (is(start, ByteClass::kDigit)) {
    size_t end = start;
    while (end - start < kMaxDigits && is(end, ByteClass::kDigit)) ++end;
    return end;
  }
  // Punctuation: also across single spaces between signs (`", "`, `) {`), with the line end and indentation after it.
  size_t end = skip(start, ByteClass::kPunctuation);
  while (end < limit && text[end] == ' ' && is(end + 1, ByteClass::kPunctuation))
    end = skip(end + 1, ByteClass::kPunctuation);
  return skip_line_ends(end);
}

Result<Tokenizer> Tokenizer::create(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks) {
  auto tokenizer = create_without_merges(std::move(strings), std::move(merge_ranks));
  if (tokenizer.ok()) tokenizer->build_merges();
  return tokenizer;
}

Result<Tokenizer> Tokenizer::create_without_merges(std::vector<std::string> strings,
                                                   std::vector<uint32_t> merge_ranks) {
  if (strings.size() + 1 < kMinVocabulary || strings.size() + 1 > kMaxVocabulary)
    return bad_input("tokenizer: vocabulary of " + std::to_string(strings.size() + 1) + " tokens, expected 257 to " +
                     std::to_string(kMaxVocabulary));
  if (merge_ranks.size() != strings.size()) return bad_input("tokenizer: one merge rank per string expected");
  Tokenizer tokenizer;
  const size_t merges_count = strings.size() - 256;
  std::vector<bool> rank_seen(merges_count);
  size_t bytes_seen = 0;
  for (size_t id = 0; id < strings.size(); ++id) {
    const std::string& string = strings[id];
    if (string.empty() || string.size() > kMaxTokenBytes)
      return bad_input("tokenizer: token " + std::to_string(id) + " has " + std::to_string(string.size()) +
                       " bytes, expected 1 to 255");
    if (id > 0 && strings[id - 1] >= string)
      return bad_input("tokenizer: token " + std::to_string(id) + " is out of order");
    if (string.size() == 1) {
      tokenizer.byte_token_[uint8_t(string[0])] = uint32_t(id);
      merge_ranks[id] = 0;
      ++bytes_seen;
    } else {
      if (merge_ranks[id] >= merges_count || rank_seen[merge_ranks[id]])
        return bad_input("tokenizer: merge rank of token " + std::to_string(id) + " is out of range or given twice");
      rank_seen[merge_ranks[id]] = true;
    }
  }
  if (bytes_seen != 256)
    return bad_input("tokenizer: " + std::to_string(bytes_seen) + " of the 256 single bytes present");
  tokenizer.strings_ = std::move(strings);
  tokenizer.ranks_ = std::move(merge_ranks);
  return tokenizer;
}

// The ranks of a vocabulary that has merges: tokens in the order in which merges first make them, then the others.
Result<Tokenizer> Tokenizer::create_imported(std::vector<std::string> strings, Splitter splitter,
                                             std::span<const TokenPair> merges) {
  std::vector<uint32_t> ranks(strings.size(), UINT32_MAX);
  uint32_t next = 0;
  {
    const TokenIds ids = ids_of(strings);
    for (const TokenPair pair : merges) {
      if (pair.left >= strings.size() || pair.right >= strings.size()) break;  // set_merges says what is wrong
      const int made = find_id(ids, strings[pair.left] + strings[pair.right]);
      if (made >= 0 && ranks[size_t(made)] == UINT32_MAX) ranks[size_t(made)] = next++;
    }
  }
  for (size_t id = 0; id < strings.size(); ++id)
    if (strings[id].size() > 1 && ranks[id] == UINT32_MAX) ranks[id] = next++;
  LMC_ASSIGN(auto tokenizer, create_without_merges(std::move(strings), std::move(ranks)));
  LMC_TRY(tokenizer.set_merges(splitter, merges));
  return tokenizer;
}

Result<Tokenizer> Tokenizer::create_of_characters(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks,
                                                  std::vector<uint32_t> whole) {
  LMC_ASSIGN(auto tokenizer, create_without_merges(std::move(strings), std::move(merge_ranks)));
  LMC_TRY(tokenizer.set_whole(std::move(whole)));
  return tokenizer;
}

Result<Tokenizer> Tokenizer::create_by_rank(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks,
                                            Splitter splitter) {
  LMC_ASSIGN(auto tokenizer, create_without_merges(std::move(strings), std::move(merge_ranks)));
  LMC_TRY(tokenizer.set_by_rank(splitter));
  return tokenizer;
}

Result<Tokenizer> Tokenizer::create_unigram(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks,
                                            std::vector<double> scores, std::vector<uint32_t> whole,
                                            Splitter splitter) {
  LMC_ASSIGN(auto tokenizer, create_of_characters(std::move(strings), std::move(merge_ranks), std::move(whole)));
  LMC_TRY(tokenizer.set_scores(std::move(scores), splitter));
  return tokenizer;
}

Status Tokenizer::set_scores(std::vector<double> scores, Splitter splitter) {
  if (scores.size() != strings_.size()) return bad_input("tokenizer: one score per string expected");
  const double most = splitter == Splitter::kUnigram ? double(FLT_MAX) : DBL_MAX;
  for (size_t id = 0; id < scores.size(); ++id)
    if (!(std::fabs(scores[id]) <= most) && !(scores[id] == Unigram::kSpells && strings_[id].size() == 1))
      return bad_input("tokenizer: score of token " + std::to_string(id) + " is no finite number");
  splitter_ = splitter;
  scores_ = std::move(scores);
  return Ok();
}

Status Tokenizer::set_by_rank(Splitter splitter) {
  LMC_TRY(check_cuts(splitter));
  splitter_ = splitter;
  by_rank_ = true;
  return Ok();
}

Status Tokenizer::set_whole(std::vector<uint32_t> whole) {
  for (size_t i = 0; i < whole.size(); ++i)
    if (whole[i] >= strings_.size() || (i > 0 && whole[i] <= whole[i - 1]))
      return bad_input("tokenizer: whole token " + std::to_string(i) + " is out of range or order");
  splitter_ = Splitter::kCharacters;
  whole_ = std::move(whole);
  for (const uint32_t id : whole_) begins_whole_[uint8_t(strings_[id][0])] = true;
  spaces_begin_ = true;
  size_t next_whole = 0;
  for (size_t id = 0; id < strings_.size(); ++id) {
    const std::string& string = strings_[id];
    if (next_whole < whole_.size() && whole_[next_whole] == id) {
      ++next_whole;
    } else {
      for (size_t i = 1; i < string.size(); ++i) spaces_begin_ &= string[i] != ' ' || string[i - 1] == ' ';
    }
    if (string.size() < 2 || string.size() > 4) continue;
    const CodePoint point = first_code_point(as_bytes(string));
    if (point.size_bytes == string.size()) characters_.emplace(point.value, uint32_t(id));
  }
  return Ok();
}

Status Tokenizer::set_merges(Splitter splitter, std::span<const TokenPair> pairs) {
  LMC_TRY(check_cuts(splitter));
  const TokenIds ids = ids_of(strings_);
  std::vector<Merge> merges;
  merges.reserve(pairs.size());
  for (const TokenPair pair : pairs) {
    const bool known = pair.left < strings_.size() && pair.right < strings_.size();
    const int made = known ? find_id(ids, strings_[pair.left] + strings_[pair.right]) : -1;
    if (made < 0) return bad_input("tokenizer: merge " + std::to_string(merges.size()) + " does not make a token");
    merges.push_back({pair_of(pair.left, pair.right), uint32_t(merges.size()), uint32_t(made)});
  }
  splitter_ = splitter;
  pairs_.assign(pairs.begin(), pairs.end());
  store_merges(merges);
  return Ok();
}

void Tokenizer::build_tables() const {
  if (splitter_ == Splitter::kUnigram)
    tables_->unigram.emplace(strings_, scores_, whole_, Unigram::Sums::kSentencePiece);
  else if (is_unigram(splitter_))
    tables_->unigram.emplace(strings_, scores_, std::span<const uint32_t>(), Unigram::Sums::kTokenizers);
  else if (by_rank_ || splitter_ == Splitter::kCharacters)
    build_merges();
}

// Any two adjacent tokens whose concatenation is a token may merge; so every split of every token is an entry.
void Tokenizer::build_merges() const {
  std::vector<Merge> merges;
  const TokenIds ids = ids_of(strings_);
  for (size_t id = 0; id < strings_.size(); ++id) {
    const std::string_view string = strings_[id];
    for (size_t cut = 1; cut < string.size(); ++cut) {
      if (splitter_ == Splitter::kCharacters && (uint8_t(string[cut]) & 0xc0) == 0x80) continue;  // within a character
      const int left = find_id(ids, string.substr(0, cut)), right = find_id(ids, string.substr(cut));
      if (left >= 0 && right >= 0)
        merges.push_back({pair_of(uint32_t(left), uint32_t(right)), ranks_[id], uint32_t(id)});
    }
  }
  store_merges(merges);
}

void Tokenizer::store_merges(std::span<const Merge> merges) const {
  std::vector<Merge>& slots = tables_->slots;
  slots.assign(std::bit_ceil(std::max<size_t>(merges.size() * 2, 16)), Merge{});
  for (const Merge& merge : merges) {
    size_t slot = pair_slot(merge.pair, slots.size());
    while (slots[slot].rank != UINT32_MAX) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = merge;
  }
}

const Tokenizer::Merge* Tokenizer::find_merge(uint32_t left, uint32_t right) const {
  const std::vector<Merge>& slots = tables_->slots;
  const uint64_t pair = pair_of(left, right);
  size_t slot = pair_slot(pair, slots.size());
  while (slots[slot].rank != UINT32_MAX) {
    if (slots[slot].pair == pair) return &slots[slot];
    slot = (slot + 1) & (slots.size() - 1);
  }
  return nullptr;
}

// What merging begins with: bytes, or characters as far as they are tokens.
size_t Tokenizer::first_tokens(ByteSpan piece, uint32_t* tokens) const {
  size_t count = 0;
  for (size_t at = 0; at < piece.size();) {
    if (splitter_ == Splitter::kCharacters && piece[at] >= 0x80) {
      const CodePoint point = first_code_point(piece.subspan(at));
      const auto it = point.size_bytes > 0 ? characters_.find(point.value) : characters_.end();
      if (it != characters_.end()) {
        tokens[count++] = it->second;
        at += point.size_bytes;
        continue;
      }
    }
    tokens[count++] = byte_token_[piece[at++]];
  }
  return count;
}

// Merges the pair of lowest rank (leftmost of equals) until none is left. Quadratic, but a piece is short.
size_t Tokenizer::encode_piece(ByteSpan piece, uint32_t* tokens) const {
  size_t count = first_tokens(piece, tokens);
  std::array<const Merge*, kMaxPieceBytes> merge_at;  // of tokens[i] and tokens[i + 1]
  for (size_t i = 0; i + 1 < count; ++i) merge_at[i] = find_merge(tokens[i], tokens[i + 1]);
  while (count > 1) {
    size_t best = count;
    uint32_t best_rank = UINT32_MAX;
    for (size_t i = 0; i + 1 < count; ++i) {
      if (merge_at[i] && merge_at[i]->rank < best_rank) {
        best = i;
        best_rank = merge_at[i]->rank;
      }
    }
    if (best == count) break;
    tokens[best] = merge_at[best]->token;
    for (size_t i = best + 1; i + 1 < count; ++i) {
      tokens[i] = tokens[i + 1];
      merge_at[i] = merge_at[i + 1];
    }
    --count;
    if (best > 0) merge_at[best - 1] = find_merge(tokens[best - 1], tokens[best]);
    if (best + 1 < count) merge_at[best] = find_merge(tokens[best], tokens[best + 1]);
  }
  return count;
}

// The same for a piece of any length: a list of tokens, and a heap of what may merge. Entries that the list has moved
// on from are left out when they come up.
size_t Tokenizer::encode_long_piece(ByteSpan piece, uint32_t* tokens) const {
  struct Node {
    uint32_t before, after;
    uint32_t token;
    bool gone = false;
  };
  struct Candidate {
    uint32_t rank, at;
    uint64_t pair;
    bool operator<(const Candidate& other) const {  // the heap's top is the greatest
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };
  const auto count = uint32_t(first_tokens(piece, tokens));
  std::vector<Node> nodes(count);
  std::priority_queue<Candidate> heap;
  const auto consider = [&](uint32_t at) {
    if (at >= count || nodes[at].after >= count) return;
    const uint32_t left = nodes[at].token, right = nodes[nodes[at].after].token;
    if (const Merge* merge = find_merge(left, right)) heap.push({merge->rank, at, merge->pair});
  };
  for (uint32_t i = 0; i < count; ++i) nodes[i] = {i - 1, i + 1, tokens[i]};
  for (uint32_t i = 0; i < count; ++i) consider(i);
  for (; !heap.empty();) {
    const Candidate best = heap.top();
    heap.pop();
    Node& left = nodes[best.at];
    if (left.gone || left.after >= count || left.token != best.pair >> 32) continue;
    Node& right = nodes[left.after];
    if (right.token != uint32_t(best.pair)) continue;
    left.token = find_merge(left.token, right.token)->token;
    right.gone = true;
    left.after = right.after;
    if (left.after < count) nodes[left.after].before = best.at;
    consider(left.before);
    consider(best.at);
  }
  size_t out = 0;
  for (uint32_t i = 0; i < count; i = nodes[i].after) tokens[out++] = nodes[i].token;
  return out;
}

// The longest whole token that text begins with.
Tokenizer::Whole Tokenizer::whole_at_begin(ByteSpan text) const {
  if (text.empty() || !begins_whole_[text[0]]) return {};
  const auto byte_at = [this](size_t depth) {
    return [this, depth](uint32_t id) { return depth < strings_[id].size() ? int(uint8_t(strings_[id][depth])) : -1; };
  };
  std::span<const uint32_t> left = whole_;  // all that begin with the bytes before depth
  Whole longest;
  for (size_t depth = 0; depth < text.size() && !left.empty(); ++depth) {
    const auto begin = std::ranges::lower_bound(left, int(text[depth]), {}, byte_at(depth));
    const auto end = std::ranges::upper_bound(left, int(text[depth]), {}, byte_at(depth));
    left = left.subspan(size_t(begin - left.begin()), size_t(end - begin));
    if (!left.empty() && strings_[left[0]].size() == depth + 1) longest = {depth + 1, left[0]};
  }
  return longest;
}

std::optional<uint32_t> Tokenizer::token_of(ByteSpan bytes) const {
  const std::string_view string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto at =
      std::ranges::lower_bound(strings_, string, {}, [](const std::string& s) { return std::string_view(s); });
  if (at == strings_.end() || *at != string) return {};
  return uint32_t(at - strings_.begin());
}

size_t Tokenizer::piece_bytes(ByteSpan text) const {
  if (splitter_ == Splitter::kOwn) return next_piece(text);
  if (!is_unigram(splitter_)) text = text.first(std::min(text.size(), kMaxImportedPieceBytes));
  if (!is_unigram(splitter_) && splitter_ != Splitter::kCharacters) return next_imported_piece(text, splitter_);
  if (const size_t size = whole_at_begin(text).size_bytes; size > 0) return size;
  const bool between_words = splitter_ == Splitter::kCharacters && spaces_begin_;
  size_t end = 1;
  for (; end < text.size() && whole_at_begin(text.subspan(end)).size_bytes == 0; ++end) {
    if (text[end] != ' ') continue;
    if (splitter_ == Splitter::kUnigramWords || (between_words && text[end - 1] != ' ')) break;
  }
  return end;
}

// tokens: working memory; its first entries, as many as are returned, are the piece's.
size_t Tokenizer::cut_piece(ByteSpan piece, std::vector<uint32_t>& tokens) const {
  if (tables_->unigram) {
    tokens.clear();
    tables_->unigram->encode(piece, tokens);
    return tokens.size();
  }
  tokens.resize(std::max(piece.size(), kMaxPieceBytes));
  return piece.size() > kMaxPieceBytes ? encode_long_piece(piece, tokens.data()) : encode_piece(piece, tokens.data());
}

std::vector<uint32_t> Tokenizer::encode(ByteSpan text) const {
  std::call_once(tables_->once, [this] { build_tables(); });
  std::vector<uint32_t> tokens;
  tokens.reserve(text.size() / 3 + 16);
  if (splitter_ == Splitter::kUnigram) {
    tables_->unigram->encode(text, tokens);
    return tokens;
  }
  std::vector<CachedPiece> cache(text.size() < 4096 ? 0 : kCacheSlots);
  std::vector<uint32_t> piece_tokens;
  for (size_t position = 0; position < text.size();) {
    const size_t size = piece_bytes(text.subspan(position));
    const ByteSpan piece = text.subspan(position, size);
    position += size;
    CachedPiece* slot = nullptr;
    if (!cache.empty() && size <= CachedPiece::kMaxBytes) {
      slot = &cache[hash_piece(piece) & (kCacheSlots - 1)];
      if (slot->size_bytes == size && std::memcmp(slot->bytes.data(), piece.data(), size) == 0) {
        tokens.insert(tokens.end(), slot->tokens.begin(), slot->tokens.begin() + slot->tokens_count);
        continue;
      }
    }
    if (const Whole whole = whole_at_begin(piece); whole.size_bytes > 0) {
      tokens.push_back(whole.token);
      continue;
    }
    if (const auto token = by_rank_ || splitter_ == Splitter::kLlama3 ? token_of(piece) : std::nullopt) {
      tokens.push_back(*token);
      continue;
    }
    const size_t count = cut_piece(piece, piece_tokens);
    tokens.insert(tokens.end(), piece_tokens.begin(), piece_tokens.begin() + std::ptrdiff_t(count));
    if (slot && count <= CachedPiece::kMaxTokens) {
      slot->size_bytes = uint8_t(size);
      slot->tokens_count = uint8_t(count);
      std::memcpy(slot->bytes.data(), piece.data(), size);
      std::copy_n(piece_tokens.begin(), count, slot->tokens.begin());
    }
  }
  return tokens;
}

Bytes Tokenizer::decode(std::span<const uint32_t> tokens) const {
  Bytes text;
  for (uint32_t token : tokens)
    if (token < strings_.size()) append_bytes(text, as_bytes(strings_[token]));
  return text;
}

}  // namespace lmc
