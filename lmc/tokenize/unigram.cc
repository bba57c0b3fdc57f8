#include "lmc/tokenize/unigram.h"

#include <algorithm>
#include <cfloat>

#include "lmc/tokenize/unicode_class.h"

namespace lmc {
namespace {

constexpr double kUnknownPenalty = 10.0;  // below the lowest score
constexpr double kWholeBonus = 0.1;       // of a whole token, for each byte but one; as sentencepiece 0.2.3 behaves
constexpr size_t kSpaceBytes = 3;         // SentencePiece's space is U+2581
constexpr size_t kMaxChunkBytes = size_t(1) << 20;

size_t character_bytes(ByteSpan text) { return std::max<size_t>(first_code_point(text).size_bytes, 1); }

}  // namespace

Unigram::Unigram(std::span<const std::string> strings, std::span<const double> scores, std::span<const uint32_t> whole,
                 Sums sums)
    : sums_(sums) {
  set_scores(strings, scores, whole);
  add_nodes(strings);
  for (size_t id = 0; id < strings.size(); ++id) {
    const std::string& string = strings[id];
    if (string.size() == 1) byte_token_[uint8_t(string[0])] = uint32_t(id);
    for (size_t i = 1; i < string.size(); ++i) spaces_begin_ &= string[i] != ' ' || string[i - 1] == ' ';
  }
}

void Unigram::set_scores(std::span<const std::string> strings, std::span<const double> scores,
                         std::span<const uint32_t> whole) {
  double lowest = DBL_MAX;
  for (size_t id = 0, next_whole = 0; id < strings.size(); ++id) {
    scores_.push_back(scores[id]);
    if (next_whole < whole.size() && whole[next_whole] == id) {
      ++next_whole;
    } else if (scores[id] != kSpells) {
      lowest = std::min(lowest, scores[id]);
    }
  }
  unknown_score_ = (lowest == DBL_MAX ? 0.0 : lowest) - kUnknownPenalty;
  if (sums_ == Sums::kSentencePiece) unknown_score_ = double(float(unknown_score_));
  for (const uint32_t id : whole) {
    const auto spaces = size_t(std::ranges::count(strings[id], ' '));
    const size_t size = strings[id].size() + spaces * (kSpaceBytes - 1);
    scores_[id] = double(float(kWholeBonus * double(size - 1)));
  }
}

void Unigram::add_nodes(std::span<const std::string> strings) {
  struct Range {  // of the strings that begin as the node says
    size_t begin, end, depth;
  };
  std::vector<Range> ranges = {{0, strings.size(), 0}};
  nodes_.emplace_back();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    auto [begin, end, depth] = ranges[i];
    if (strings[begin].size() == depth) {
      if (scores_[begin] != kSpells) nodes_[i].token = uint32_t(begin);
      ++begin;
    }
    nodes_[i].first_child = uint32_t(nodes_.size());
    while (begin < end) {
      const char byte = strings[begin][depth];
      size_t next = begin;
      while (next < end && strings[next][depth] == byte) ++next;
      nodes_.emplace_back().byte = uint8_t(byte);
      ++nodes_[i].children;
      ranges.push_back({begin, next, depth + 1});
      begin = next;
    }
  }
}

const Unigram::Node* Unigram::child(const Node& node, uint8_t byte) const {
  const std::span<const Node> children(&nodes_[0] + node.first_child, node.children);
  const auto it = std::ranges::lower_bound(children, byte, {}, &Node::byte);
  return it != children.end() && it->byte == byte ? &*it : nullptr;
}

// How much of text is cut at once: it ends where no token goes on, if there is such a place.
size_t Unigram::chunk_bytes(ByteSpan text) const {
  if (text.size() <= kMaxChunkBytes) return text.size();
  for (size_t i = kMaxChunkBytes; spaces_begin_ && i > 1; --i)
    if (text[i] == ' ' && text[i - 1] != ' ') return i;
  size_t end = kMaxChunkBytes;
  while (end > kMaxChunkBytes - 4 && (text[end] & 0xc0) == 0x80) --end;
  return end;
}

// All ways on from `at`, where a character begins.
void Unigram::extend(ByteSpan chunk, size_t at, std::vector<Best>& best) const {
  const auto offer = [&](size_t end, double sum, uint32_t token) {
    if (sums_ == Sums::kSentencePiece) sum = double(float(sum));
    Best& target = best[end];
    if (target.begin == kNone || sum > target.score) target = {sum, uint32_t(at), token};
  };
  const double before = best[at].score;
  const size_t character = character_bytes(chunk.subspan(at));
  bool covered = false;
  const Node* node = &nodes_[0];
  for (size_t end = at; end < chunk.size() && (node = child(*node, chunk[end])) != nullptr;) {
    ++end;
    if (node->token == kNone) continue;
    offer(end, scores_[node->token] + before, node->token);
    covered |= end - at == character;
  }
  if (!covered) offer(at + character, unknown_score_ + before, kNone);
}

void Unigram::encode(ByteSpan text, std::vector<uint32_t>& out) const {
  std::vector<Best> best;
  std::vector<uint32_t> ends;  // of tokens, the last one first
  double score = 0;
  for (; !text.empty(); text = text.subspan(best.size() - 1)) {
    const ByteSpan chunk = text.first(chunk_bytes(text));
    best.assign(chunk.size() + 1, Best{});
    best[0].score = score;
    for (size_t at = 0; at < chunk.size(); at += character_bytes(chunk.subspan(at))) extend(chunk, at, best);
    score = best.back().score;
    ends.clear();
    for (size_t end = chunk.size(); end > 0; end = best[end].begin) ends.push_back(uint32_t(end));
    for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
      const Best& last = best[*end];
      if (last.token != kNone)
        out.push_back(last.token);
      else
        for (size_t i = last.begin; i < *end; ++i) out.push_back(byte_token_[chunk[i]]);
    }
  }
}

}  // namespace lmc
