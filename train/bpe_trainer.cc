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
  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
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

// Counts of neighbouring tokens over all pieces, kept up to date merge by merge.
class Pairs {
 public:
  explicit Pairs(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
    for (uint32_t p = 0; p < pieces_.size(); ++p)
      count(p, pieces_[p].count, [](uint64_t, uint32_t, uint32_t) { return true; });
    for (const auto& [pair, count] : counts_) queue_.push({count, pair});
  }

  // The most frequent pair; false if there is none.
  bool most_frequent(uint64_t& pair) {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      const int64_t count = counts_[best.pair];
      if (count == best.count) {
        pair = best.pair;
        return true;
      }
      if (count > 0) queue_.push({count, best.pair});  // stale: its count fell since
    }
    return false;
  }

  void merge(uint64_t pair, uint32_t token) {
    const uint32_t left = uint32_t(pair >> 32), right = uint32_t(pair);
    std::unordered_set<uint64_t> grown;
    for (uint32_t p : std::vector<uint32_t>(std::move(places_[pair]))) {
      auto& tokens = pieces_[p].tokens;
      bool found = false;
      for (size_t i = 0; i + 1 < tokens.size() && !found; ++i) found = tokens[i] == left && tokens[i + 1] == right;
      if (!found) continue;
      for (size_t i = 0; i + 1 < tokens.size(); ++i)
        counts_[make_pair_key(tokens[i], tokens[i + 1])] -= pieces_[p].count;
      size_t kept = 0;
      for (size_t i = 0; i < tokens.size(); ++kept) {
        const bool join = i + 1 < tokens.size() && tokens[i] == left && tokens[i + 1] == right;
        tokens[kept] = join ? token : tokens[i];
        i += join ? 2 : 1;
      }
      tokens.resize(kept);
      count(p, pieces_[p].count, [&](uint64_t key, uint32_t a, uint32_t b) {
        if (a != token && b != token) return false;
        grown.insert(key);
        return true;
      });
    }
    places_.erase(pair);
    counts_.erase(pair);
    for (uint64_t key : grown) queue_.push({counts_[key], key});
  }

 private:
  // Adds the pairs of a piece to the counts, and the piece to the places of those that is_new accepts.
  template <typename IsNew>
  void count(uint32_t p, int64_t weight, IsNew&& is_new) {
    const auto& tokens = pieces_[p].tokens;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      const uint64_t key = make_pair_key(tokens[i], tokens[i + 1]);
      counts_[key] += weight;
      if (!is_new(key, tokens[i], tokens[i + 1])) continue;
      auto& list = places_[key];
      if (list.empty() || list.back() != p) list.push_back(p);
    }
  }

  std::vector<Piece> pieces_;
  std::unordered_map<uint64_t, int64_t> counts_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> places_;  // may list a piece that lost the pair since
  std::priority_queue<Candidate> queue_;
};

// Token ids are ranks of the strings; the order of learning becomes the rank of the merge.
Result<Tokenizer> in_order(const std::vector<std::string>& strings) {
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

}  // namespace

Result<Tokenizer> train_bpe(const std::vector<Bytes>& samples, size_t vocabulary_size) {
  if (vocabulary_size < kMinVocabulary || vocabulary_size > kMaxVocabulary)
    return usage_error("vocabulary size out of range");
  std::vector<std::string> strings;
  for (int byte = 0; byte < 256; ++byte) strings.emplace_back(1, char(byte));
  std::unordered_map<std::string, uint32_t> id_of;
  for (uint32_t id = 0; id < 256; ++id) id_of[strings[id]] = id;
  Pairs pairs(count_pieces(samples));
  for (uint64_t pair = 0; strings.size() + 1 < vocabulary_size && pairs.most_frequent(pair);) {
    const std::string joined = strings[uint32_t(pair >> 32)] + strings[uint32_t(pair)];
    const auto [it, fresh] = id_of.try_emplace(joined, uint32_t(strings.size()));
    if (fresh) strings.push_back(joined);
    pairs.merge(pair, it->second);
  }
  if (strings.size() + 1 < vocabulary_size) return bad_input("the sample is too small for this vocabulary");
  return in_order(strings);
}

}  // namespace lmc::train
