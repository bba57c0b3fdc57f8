#include "lmc/media/image/webp/vp8l_group_guesses.h"

#include <algorithm>

#include "lmc/media/image/webp/vp8l_costs.h"

namespace lmc {
namespace {

constexpr uint32_t kCount = 64;        // what one occurrence adds
constexpr uint32_t kPriorCounts = 24;  // occurrences that a group is thought to have had, spread as in the whole image
constexpr int64_t kNeighbourBonus = 2 << 16;

}  // namespace

Vp8lGroupGuesses::Vp8lGroupGuesses(const Vp8lImage& image, int bits) : columns_(vp8l_blocks(image.width, bits)) {
  const uint32_t sizes[5] = {kVp8lLiterals + kVp8lLengthCodes + image.cache_size(), 256, 256, 256, kVp8lDistanceCodes};
  for (size_t k = 0; k < 5; ++k) first_[k + 1] = first_[k] + sizes[k];
  symbols_.resize(size_t(columns_) * vp8l_blocks(image.height, bits));
  std::vector<uint64_t> totals(first_[5]);
  std::array<uint64_t, 5> sums{};
  size_t at = 0;
  for (const Vp8lToken& token : image.tokens) {
    std::vector<uint16_t>& out = symbols_[(at / image.width >> bits) * columns_ + (at % image.width >> bits)];
    const auto put = [&](size_t k, uint32_t symbol) {
      out.push_back(uint16_t(first_[k] + symbol));
      ++totals[first_[k] + symbol];
      ++sums[k];
    };
    const Argb pixel = image.pixels[at];
    if (token.is_literal()) {
      put(0, pixel >> 8 & 255);
      put(1, pixel >> 16 & 255);
      put(2, pixel & 255);
      put(3, pixel >> 24);
    } else if (token.is_cached()) {
      put(0, kVp8lLiterals + kVp8lLengthCodes + vp8l_cache_slot(pixel, image.cache_bits));
    } else {
      put(0, kVp8lLiterals + vp8l_prefix(token.length).symbol);
      put(4, vp8l_prefix(token.distance_code).symbol);
    }
    at += token.pixels();
  }
  priors_.resize(first_[5]);
  for (size_t k = 0; k < 5; ++k) {
    for (uint32_t i = first_[k]; i < first_[k + 1]; ++i) {
      priors_[i] = 1 + uint32_t(totals[i] * kPriorCounts * kCount / std::max<uint64_t>(1, sums[k]));
      prior_sums_[k] += priors_[i];
    }
  }
}

const std::vector<Vp8lGroupGuesses::Candidate>& Vp8lGroupGuesses::rank(size_t block) {
  const Vp8lLogarithms& logarithms = vp8l_logarithms();
  candidates_.clear();
  for (uint32_t number = 0; number < known(); ++number) {
    const Group& group = groups_[number];
    std::array<int64_t, 5> sums{};
    for (size_t k = 0; k < 5; ++k) sums[k] = logarithms.quick(prior_sums_[k] + group.sums[k]);
    int64_t cost = 0;
    size_t k = 0;
    for (const uint16_t place : symbols_[block]) {
      while (place < first_[k]) --k;
      while (place >= first_[k + 1]) ++k;
      cost += sums[k] - int64_t(logarithms.quick(priors_[place] + group.counts[place]));
    }
    if (number == left_of(block)) cost -= kNeighbourBonus;
    if (number == above(block)) cost -= kNeighbourBonus;
    candidates_.push_back({number, cost});
  }
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.group < b.group;
  });
  return candidates_;
}

void Vp8lGroupGuesses::note(size_t block, uint32_t number) {
  while (known() <= number) groups_.push_back({std::vector<uint32_t>(first_[5]), {}});
  Group& group = groups_[number];
  size_t k = 0;
  for (const uint16_t place : symbols_[block]) {
    while (place < first_[k]) --k;
    while (place >= first_[k + 1]) ++k;
    group.counts[place] += kCount;
    group.sums[k] += kCount;
  }
  noted_.push_back(number);
}

}  // namespace lmc
