#include "train/bpe_trainer.h"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <unordered_set>

namespace lmc::train {
namespace {

struct Piece {
  std::vector<uint32_t> tokens;
  int64_t count;
};

struct Candidate {
  int64_t count;
  uint64_t pair;
  bool operator<(const Candidate& other) const { return count != other.count ? count < other.count : pair > other.pair; }
};

uint64_t make_pair_key(uint32_t left, uint32_t right) { return uint64_t(left) << 32 | right; }

std::vector<Piece> count_pieces(const std::vector<Bytes>& samples) {
  std::unordered_map<std::string_view, int64_t> counts;
  for (const Bytes& text : samples) {
    for (size_t position = 0; position < text.size();) {
      const size_t size = next_piece(ByteSpan(text).subspan(position));
      ++counts[std::string_view(reinterpret_cast<const char*>(&text[position]), size)];
      position += size;
    }
  }
  std::vector<std::pair<std::string_view, int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<Piece> pieces;
  for (const auto& [string, count] : sorted) {
    Piece piece{{}, count};
    for (char c : string) piece.tokens.push_back(uint8_t(c));
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace

Result<Tokenizer> train_bpe(const std::vector<Bytes>& samples, size_t vocabulary_size) {
  if (vocabulary_size < kMinVocabulary || vocabulary_size > kMaxVocabulary) return usage_error("vocabulary size out of range");
  std::vector<Piece> pieces = count_pieces(samples);
  std::vector<std::string> strings;
  for (int byte = 0; byte < 256; ++byte) strings.emplace_back(1, char(byte));
  std::unordered_map<std::string, uint32_t> id_of;
  for (uint32_t id = 0; id < 256; ++id) id_of[strings[id]] = id;

  std::unordered_map<uint64_t, int64_t> pair_count;
  std::unordered_map<uint64_t, std::vector<uint32_t>> pair_pieces;  // may list a piece that lost the pair since
  for (uint32_t p = 0; p < pieces.size(); ++p) {
    const auto& tokens = pieces[p].tokens;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      const uint64_t pair = make_pair_key(tokens[i], tokens[i + 1]);
      pair_count[pair] += pieces[p].count;
      auto& list = pair_pieces[pair];
      if (list.empty() || list.back() != p) list.push_back(p);
    }
  }
  std::priority_queue<Candidate> queue;
  for (const auto& [pair, count] : pair_count) queue.push({count, pair});

  while (strings.size() + 1 < vocabulary_size && !queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    const int64_t count = pair_count[best.pair];
    if (count != best.count) {  // stale: its count fell since
      if (count > 0) queue.push({count, best.pair});
      continue;
    }
    const uint32_t left = uint32_t(best.pair >> 32), right = uint32_t(best.pair);
    const std::string joined = strings[left] + strings[right];
    auto [it, fresh] = id_of.try_emplace(joined, uint32_t(strings.size()));
    if (fresh) strings.push_back(joined);
    const uint32_t token = it->second;

    std::unordered_set<uint64_t> grown;
    for (uint32_t p : pair_pieces[best.pair]) {
      auto& tokens = pieces[p].tokens;
      const int64_t weight = pieces[p].count;
      bool found = false;
      for (size_t i = 0; i + 1 < tokens.size() && !found; ++i) found = tokens[i] == left && tokens[i + 1] == right;
      if (!found) continue;
      for (size_t i = 0; i + 1 < tokens.size(); ++i) pair_count[make_pair_key(tokens[i], tokens[i + 1])] -= weight;
      size_t kept = 0;
      for (size_t i = 0; i < tokens.size(); ++kept) {
        const bool join = i + 1 < tokens.size() && tokens[i] == left && tokens[i + 1] == right;
        tokens[kept] = join ? token : tokens[i];
        i += join ? 2 : 1;
      }
      tokens.resize(kept);
      for (size_t i = 0; i + 1 < tokens.size(); ++i) {
        const uint64_t pair = make_pair_key(tokens[i], tokens[i + 1]);
        pair_count[pair] += weight;
        if (tokens[i] == token || tokens[i + 1] == token) {
          grown.insert(pair);
          auto& list = pair_pieces[pair];
          if (list.empty() || list.back() != p) list.push_back(p);
        }
      }
    }
    pair_pieces.erase(best.pair);
    pair_count.erase(best.pair);
    for (uint64_t pair : grown) queue.push({pair_count[pair], pair});
  }
  if (strings.size() + 1 < vocabulary_size) return bad_input("the sample is too small for this vocabulary");

  std::vector<uint32_t> order(strings.size());
  for (uint32_t id = 0; id < order.size(); ++id) order[id] = id;
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return strings[a] < strings[b]; });
  std::vector<std::string> sorted;
  std::vector<uint32_t> ranks;
  for (uint32_t id : order) {
    sorted.push_back(strings[id]);
    ranks.push_back(id < 256 ? 0 : id - 256);
  }
  return Tokenizer::create(std::move(sorted), std::move(ranks));
}

}  // namespace lmc::train
