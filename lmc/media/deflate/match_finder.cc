#include "lmc/media/deflate/match_finder.h"

#include <algorithm>
#include <bit>

namespace lmc {

MatchFinder::MatchFinder(ByteSpan data, uint32_t most_visits)
    : data_(data), most_visits_(most_visits), roots_(size_t(1) << kHashBits) {
  children_.resize(std::min<size_t>(2 * kMaxDistance, std::bit_ceil(data.size() + 1)));
}

void MatchFinder::next(std::vector<MatchStep>& steps) {
  const size_t at = position_++;
  const auto limit = uint32_t(std::min<size_t>(kMaxMatch, data_.size() - at));
  const MatchStep before = longest_;
  longest_ = {};
  if (limit < kMinMatch) return;
  const uint8_t* const here = data_.data() + at;
  const size_t mask = children_.size() - 1;
  const uint32_t three = uint32_t(here[0]) | uint32_t(here[1]) << 8 | uint32_t(here[2]) << 16;
  uint32_t& root = roots_[(three * 0x9E3779B1u) >> (32 - kHashBits)];
  uint32_t node = root;
  root = uint32_t(at + 1);
  uint32_t *lower = &children_[at & mask].lower, *higher = &children_[at & mask].higher;
  uint32_t lower_length = 0, higher_length = 0, best = kMinMatch - 1;
  // In a long run the root repeats all bytes, as is known without a look.
  uint32_t known = before.length == kMaxMatch && node == at + 1 - before.distance ? kMaxMatch - 1 : 0;
  const uint64_t most_visited = std::min(visited_ + most_visits_, kUsualVisits * at + kSpareVisits);
  for (;; ++visited_) {
    if (node == kNone || at + 1 - node > kMaxDistance || visited_ >= most_visited) {
      *lower = *higher = kNone;
      return;
    }
    const uint8_t* const there = data_.data() + node - 1;
    const uint32_t length = common_length(here, there, std::max(known, std::min(lower_length, higher_length)), limit);
    known = 0;
    Children& children = children_[(node - 1) & mask];
    if (length > best) {
      best = length;
      longest_ = {uint16_t(length), uint16_t(at + 1 - node)};
      steps.push_back(longest_);
    }
    if (length == limit) {  // the new position takes its place
      *lower = children.lower;
      *higher = children.higher;
      return;
    }
    if (there[length] < here[length]) {
      *lower = node;
      lower = &children.higher;
      node = *lower;
      lower_length = length;
    } else {
      *higher = node;
      higher = &children.lower;
      node = *higher;
      higher_length = length;
    }
  }
}

}  // namespace lmc
