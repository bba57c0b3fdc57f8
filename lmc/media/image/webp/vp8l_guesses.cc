#include "lmc/media/image/webp/vp8l_guesses.h"

#include <algorithm>
#include <bit>

#include "lmc/media/image/webp/vp8l_costs.h"

namespace lmc {
namespace {

constexpr uint32_t kMostLength = 4095;
constexpr uint32_t kLeastGreedy = 4;    // shorter matches are not taken without weighing costs
constexpr uint32_t kNearLengths = 256;  // lengths that are all weighed
constexpr uint32_t kNearIfFollows = 8;  // the same, where the match is that of the position before
constexpr uint32_t kBeginsTried = 256;
constexpr size_t kStepsPerPixel = 64;  // looks ahead, on the average; no limit for what an encoder really makes

int doubt_of(int64_t gain) {
  const int size = std::min(kMostDoubt, int(std::bit_width(uint64_t(std::abs(gain)) >> 12)));
  return gain < 0 ? -size : size;
}

// For each pixel whether the cache holds its colour when its turn comes.
std::vector<char> find_cached(std::span<const Argb> pixels, int cache_bits) {
  std::vector<char> cached(pixels.size());
  if (cache_bits == 0) return cached;
  std::vector<Argb> cache(size_t(1) << cache_bits);
  for (size_t i = 0; i < pixels.size(); ++i) {
    Argb& slot = cache[vp8l_cache_slot(pixels[i], cache_bits)];
    cached[i] = slot == pixels[i];
    slot = pixels[i];
  }
  return cached;
}

struct Costs {
  std::array<std::vector<uint32_t>, 5> symbols;
  std::vector<uint32_t> lengths;  // by length

  explicit Costs(const Vp8lCounts& counts) : lengths(kMostLength + 1) {
    for (size_t k = 0; k < 5; ++k) symbols[k] = vp8l_costs(counts[k]);
    // The encoder takes the cost of one pixel less, by a slip that has become its heuristic.
    for (uint32_t length = 1; length <= kMostLength; ++length) {
      const Vp8lPrefix prefix = vp8l_prefix(std::max(2u, length) - 1);
      lengths[length] = symbols[0][kVp8lLiterals + prefix.symbol] + (uint32_t(prefix.extra_bits) << 16);
    }
  }
  // The encoder's own weights: what is literal is held for cheaper than it seems, for it teaches the codes.
  int64_t single(Argb pixel, bool cached, int cache_bits) const {
    if (cached)
      return int64_t(symbols[0][kVp8lLiterals + kVp8lLengthCodes + vp8l_cache_slot(pixel, cache_bits)]) * 68 / 100;
    return (int64_t(symbols[0][pixel >> 8 & 255]) + symbols[1][pixel >> 16 & 255] + symbols[2][pixel & 255] +
            symbols[3][pixel >> 24]) *
           82 / 100;
  }
  int64_t distance(uint32_t code) const {
    const Vp8lPrefix prefix = vp8l_prefix(code);
    return symbols[4][prefix.symbol] + (int64_t(prefix.extra_bits) << 16);
  }
};

// Calls weigh for each length of a copy that may be the cheapest: all short ones, and of the others those after which
// another match begins or the next costs more.
template <typename Weigh>
void for_each_length(size_t at, uint32_t most, bool follows, const std::vector<uint32_t>& next_begin,
                     const Weigh& weigh) {
  weigh(most);
  for (uint32_t length = std::min(most - 1, follows ? kNearIfFollows : kNearLengths); length >= 1; --length)
    weigh(length);
  size_t begin = next_begin[at + std::min(most - 1, kNearLengths)];
  for (uint32_t tried = 0; tried < kBeginsTried && begin < at + most; ++tried, begin = next_begin[begin + 1])
    weigh(uint32_t(begin - at));
  for (uint32_t end = 2 * kNearLengths; end < most; end *= 2) {
    weigh(end + 1);
    weigh(end - end / 4 + 1);
  }
}

}  // namespace

Vp8lGuesses::Vp8lGuesses(std::span<const Argb> pixels, uint32_t width, int cache_bits, Vp8lHeuristic heuristic,
                         const Vp8lSearch& search) {
  pixels_ = pixels;
  heuristic_ = heuristic;
  steps_left_ = kStepsPerPixel * pixels.size();
  if (heuristic == Vp8lHeuristic::kRuns || heuristic == Vp8lHeuristic::kLiterals)
    find_runs(width);
  else
    matches_ = find_vp8l_matches(pixels, width, search);
  if (heuristic == Vp8lHeuristic::kCheapest) find_cheapest(width, cache_bits);
}

void Vp8lGuesses::find_runs(uint32_t width) {
  matches_.resize(pixels_.size());
  uint32_t run = 0, above = 0;
  for (size_t i = pixels_.size(); i-- > 1;) {
    run = pixels_[i] == pixels_[i - 1] ? std::min(run + 1, kMostLength) : 0;
    above = i >= width && pixels_[i] == pixels_[i - width] ? std::min(above + 1, kMostLength) : 0;
    const bool by_run = run >= above && (run >= kLeastGreedy || above < kLeastGreedy);
    matches_[i].length = by_run ? run : above;
    matches_[i].distance = by_run ? (run > 0 ? 1 : 0) : width;
  }
}

Vp8lGuess Vp8lGuesses::greedy(size_t position) {
  uint32_t length = matches_[position].length;
  if (length < kLeastGreedy) return {};
  // The longest reach of this match and the next one together, wherever the next one may begin.
  const size_t end = std::min(pixels_.size() - 1, position + length);
  size_t reach = 0;
  for (size_t next = position + 1; next <= end && steps_left_ > 0; ++next, --steps_left_) {
    const uint32_t further = matches_[next].length;
    const size_t to = next + (further >= kLeastGreedy ? further : 1);
    if (to <= reach) continue;
    length = uint32_t(next - position);
    reach = to;
    if (reach >= pixels_.size()) break;
  }
  return {length, 0};
}

Vp8lCounts Vp8lGuesses::count_first_pass(uint32_t width, int cache_bits, const std::vector<char>& cached) {
  const size_t size = pixels_.size();
  Vp8lImage image;
  image.width = width;
  image.height = uint32_t(size / width);
  image.cache_bits = cache_bits;
  image.pixels.assign(pixels_.begin(), pixels_.end());
  for (size_t i = 0; i < size;) {
    const uint32_t length = greedy(i).length;
    if (length > 1)
      image.tokens.push_back({length, vp8l_distance_code(matches_[i].distance, width)});
    else
      image.tokens.push_back({uint32_t(cached[i]), 0});
    i += length;
  }
  return count_vp8l_symbols(image, nullptr, 0, 1)[0];
}

void Vp8lGuesses::find_cheapest(uint32_t width, int cache_bits) {
  const size_t size = pixels_.size();
  const std::vector<char> cached = find_cached(pixels_, cache_bits);
  const Costs costs(count_first_pass(width, cache_bits, cached));
  cheapest_.resize(size);
  std::vector<int64_t> rest(size + 1);                         // the cost from a position to the end
  std::vector<uint32_t> next_begin(size + 1, uint32_t(size));  // of matches of another distance than the one before
  for (size_t i = size; i-- > 0;) {
    rest[i] = rest[i + 1] + costs.single(pixels_[i], cached[i], cache_bits);
    cheapest_[i] = {1, 0};
    const Vp8lMatch match = matches_[i];
    // In a row of matches of one distance only the first is weighed.
    const bool follows = i > 0 && matches_[i - 1].distance == match.distance;
    next_begin[i] = match.length >= 2 && !follows ? uint32_t(i) : next_begin[i + 1];
    if (match.length < 2 || (follows && matches_[i - 1].length > match.length)) continue;
    const int64_t start = costs.distance(vp8l_distance_code(match.distance, width));
    int64_t best = INT64_MAX;
    uint32_t best_length = 1;
    for_each_length(i, match.length, follows, next_begin, [&](uint32_t length) {
      const int64_t cost = start + costs.lengths[length] + rest[i + length];
      if (cost >= best) return;
      best = cost;
      best_length = length;
    });
    cheapest_[i].doubt = int8_t(doubt_of(rest[i] - best));
    if (best >= rest[i]) continue;
    rest[i] = best;
    cheapest_[i].length = uint16_t(best_length);
  }
}

Vp8lGuess Vp8lGuesses::at(size_t position) {
  switch (heuristic_) {
    case Vp8lHeuristic::kLiterals:
      return {};
    case Vp8lHeuristic::kGreedy:
      return greedy(position);
    case Vp8lHeuristic::kRuns:
      return matches_[position].length >= kLeastGreedy ? Vp8lGuess{matches_[position].length, 0} : Vp8lGuess{};
    case Vp8lHeuristic::kCheapest:
      return {cheapest_[position].length, cheapest_[position].doubt};
  }
  return {};
}

}  // namespace lmc
