// What the rest of a block costs from each position if it is written in the cheapest way under given code lengths.
#ifndef LMC_MEDIA_DEFLATE_CHEAPEST_PARSE_H_
#define LMC_MEDIA_DEFLATE_CHEAPEST_PARSE_H_

#include <span>
#include <vector>

#include "lmc/media/deflate/deflate_format.h"
#include "lmc/media/deflate/match_finder.h"

namespace lmc {

// Bits of every token. A symbol without a word costs kNever.
struct TokenCosts {
  static constexpr int32_t kNever = 1 << 20;

  TokenCosts() = default;
  explicit TokenCosts(const CodeLengths& lengths);

  std::array<int32_t, 256> literal{};
  std::array<int32_t, kMaxMatch + 1> length{};
  std::array<int32_t, kDistanceCodes> distance{};

  int32_t of_distance(uint32_t d) const { return distance[size_t(distance_symbol(d))]; }
  int32_t of(Token token, uint8_t byte) const {
    return token.is_match() ? length[token.length] + of_distance(token.distance) : literal[byte];
  }
};

// The matches of positions in a row.
struct MatchLists {
  std::vector<uint32_t> ends;  // of each position's steps in `steps`
  std::vector<MatchStep> steps;
  std::vector<MatchStep> limited;  // of each position: what a search of limited depth would find; or none at all

  size_t size() const { return ends.size(); }
  std::span<const MatchStep> at(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::span(steps).subspan(begin, ends[i] - begin);
  }
  void drop_first(size_t count);
};

// rest[i]: the bits of bytes i to n of data, n = data.size(), rest[n] = 0. lists begins at the same position as data.
void cheapest_rests(ByteSpan data, const MatchLists& lists, const TokenCosts& costs, std::vector<int32_t>& rest);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_CHEAPEST_PARSE_H_
