#include "lmc/models/import/vocabulary.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

namespace lmc {
namespace {

using Kind = CheckpointToken::Kind;

struct Entry {
  std::string bytes;
  uint32_t row;
  Kind kind;
};

// The tokens that have bytes, in the order of these, every single byte among them. Of several with the same bytes the
// first one, rather a normal one than a byte.
std::vector<Entry> sorted_entries(const std::vector<CheckpointToken>& tokens) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i].kind != Kind::kNone && !tokens[i].bytes.empty() && tokens[i].bytes.size() <= kMaxTokenBytes)
      entries.push_back({tokens[i].bytes, uint32_t(i), tokens[i].kind});
  for (int byte = 0; byte < 256; ++byte) entries.push_back({std::string(1, char(byte)), kNoRow, Kind::kByte});
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    if (a.bytes != b.bytes) return a.bytes < b.bytes;
    const bool a_byte = a.kind == Kind::kByte, b_byte = b.kind == Kind::kByte;
    return a_byte != b_byte ? b_byte : a.row < b.row;
  });
  const auto same = [](const Entry& a, const Entry& b) { return a.bytes == b.bytes; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return entries;
}

// The merges whose two parts and result are tokens here.
std::vector<TokenPair> pairs_of(const CheckpointVocabulary& from, const std::vector<Entry>& entries) {
  std::unordered_map<std::string_view, uint32_t> ids;
  for (size_t i = 0; i < entries.size(); ++i) ids.emplace(entries[i].bytes, uint32_t(i));
  std::vector<TokenPair> out;
  for (const auto& [left, right] : from.merges) {
    if (!ids.contains(left) || !ids.contains(right) || !ids.contains(left + right)) continue;
    out.push_back({ids.at(left), ids.at(right)});
  }
  return out;
}

// Ranks of the strings longer than a byte: the highest score first, then in the checkpoint's order.
std::vector<uint32_t> ranks_by_score(const CheckpointVocabulary& from, const std::vector<Entry>& entries) {
  std::vector<uint32_t> order;
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].bytes.size() > 1) order.push_back(uint32_t(i));
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
    const double score_a = from.scores[entries[a].row], score_b = from.scores[entries[b].row];
    return score_a != score_b ? score_a > score_b : entries[a].row < entries[b].row;
  });
  std::vector<uint32_t> ranks(entries.size());
  for (size_t i = 0; i < order.size(); ++i) ranks[order[i]] = uint32_t(i);
  return ranks;
}

Result<Tokenizer> make_tokenizer(const CheckpointVocabulary& from, const std::vector<Entry>& entries) {
  std::vector<std::string> strings;
  for (const Entry& entry : entries) strings.push_back(entry.bytes);
  if (from.by_rank) return Tokenizer::create_by_rank(std::move(strings), ranks_by_score(from, entries), from.splitter);
  if (from.splitter != Splitter::kCharacters && !is_unigram(from.splitter))
    return Tokenizer::create_imported(std::move(strings), from.splitter, pairs_of(from, entries));
  std::vector<uint32_t> whole, ranks = ranks_by_score(from, entries);
  std::vector<double> scores;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [bytes, row, kind] = entries[i];
    if (kind == Kind::kWhole) whole.push_back(uint32_t(i));
    scores.push_back(kind == Kind::kByte ? Unigram::kSpells : from.scores[row]);
  }
  if (from.splitter == Splitter::kCharacters)
    return Tokenizer::create_of_characters(std::move(strings), std::move(ranks), std::move(whole));
  return Tokenizer::create_unigram(std::move(strings), std::move(ranks), std::move(scores), std::move(whole),
                                   from.splitter);
}

}  // namespace

Result<ImportedVocabulary> import_vocabulary(const Checkpoint& checkpoint) {
  const CheckpointVocabulary& from = checkpoint.vocabulary;
  const std::vector<Entry> entries = sorted_entries(from.tokens);
  if (entries.size() + 1 > kMaxVocabulary)
    return checkpoint.unsupported("its vocabulary has " + std::to_string(entries.size() + 1) + " tokens; up to " +
                                  std::to_string(kMaxVocabulary) + " are supported");
  for (const double score : from.scores)
    if (score != score) return checkpoint.unsupported("a token's score is no number");
  std::vector<uint32_t> rows;
  for (const Entry& entry : entries) rows.push_back(entry.row);
  rows.push_back(from.begin);
  LMC_ASSIGN(auto tokenizer, make_tokenizer(from, entries));
  return ImportedVocabulary{std::move(tokenizer), std::move(rows)};
}

}  // namespace lmc
