#include "lmc/media/image/webp/vp8l_block_guesses.h"

#include "lmc/media/image/webp/vp8l_costs.h"

namespace lmc {
namespace {

constexpr int64_t kBit = 65536;
constexpr uint32_t kModes = 14;
constexpr int64_t kModeBonus = 15 * kBit;       // for the mode of a neighbour
constexpr int64_t kMultiplierBonus = 3 * kBit;  // for the multiplier of a neighbour, and for none

// Small differences are worth more than their entropy says: so much less per count, in 65536ths of a bit, by distance
// from zero. Falls by 0.6 from step to step.
struct Weights {
  int64_t zero;
  std::array<int64_t, 16> near{};

  constexpr Weights(int64_t of_zero, int64_t of_one) : zero(of_zero) {
    for (size_t i = 1; i < 16; ++i) {
      near[i] = of_one;
      of_one = of_one * 3 / 5;
    }
  }
};
constexpr Weights kModeWeights{6554, 6160};      // 0.1, 0.094
constexpr Weights kColourWeights{19661, 15729};  // 0.3, 0.24

}  // namespace

// The entropy of values, and of values and seen together, less what is the same for all values of as many pixels.
// counts is all zero, before and after.
template <typename Weights>
int64_t Vp8lBlockCosts::of(std::span<const uint8_t> values, const Vp8lHistogram& seen, const Weights& weights) {
  for (const uint8_t value : values) ++counts_[value];
  int64_t cost = 0;
  for (const uint8_t value : values) {
    const uint32_t count = counts_[value];
    if (count == 0) continue;  // was counted already
    counts_[value] = 0;
    cost -= logarithms_.term(count) + logarithms_.term(count + seen[value]) - logarithms_.term(seen[value]);
    const size_t distance = std::min<size_t>(value, 256u - value);
    if (distance < 16) cost -= count * (value == 0 ? weights.zero : weights.near[distance]);
  }
  return cost;
}

const Vp8lModeGuesses::Channels& Vp8lModeGuesses::subtract(size_t block, uint32_t mode) {
  for (auto& values : rest_) values.resize(blocks_.size(block));
  size_t place = 0;
  blocks_.for_each(block, [&](size_t i, uint32_t x, uint32_t y) {
    const Argb* pixel = &blocks_.pixels[i];
    const Argb rest = subtract_argb(*pixel, predict_vp8l(pixel, x, y, blocks_.width, mode));
    for (size_t channel = 0; channel < 4; ++channel) rest_[channel][place] = uint8_t(rest >> (8 * channel));
    ++place;
  });
  return rest_;
}

Argb Vp8lModeGuesses::guess(size_t block, std::span<const Argb> image) {
  const uint32_t columns = blocks_.columns();
  const uint32_t left = block % columns > 0 ? image[block - 1] >> 8 & 255 : 255;
  const uint32_t above = block >= columns ? image[block - columns] >> 8 & 255 : 255;
  uint32_t best = 0;
  int64_t least = INT64_MAX;
  for (uint32_t mode = 0; mode < kModes; ++mode) {
    const Channels& rest = subtract(block, mode);
    int64_t cost = 0;
    for (size_t channel = 0; channel < 4; ++channel) cost += costs_.of(rest[channel], seen_[channel], kModeWeights);
    cost -= (mode == left ? kModeBonus : 0) + (mode == above ? kModeBonus : 0);
    if (cost >= least) continue;
    least = cost;
    best = mode;
  }
  return 0xff000000u | best << 8;
}

void Vp8lModeGuesses::note(size_t block, Argb element) {
  const Channels& rest = subtract(block, element >> 8 & 15);
  for (size_t channel = 0; channel < 4; ++channel)
    for (const uint8_t value : rest[channel]) ++seen_[channel][value];
}

int64_t Vp8lColourGuesses::red_cost(const Near& near, int green_red) {
  for (size_t i = 0; i < block_.size(); ++i) {
    const Argb pixel = block_[i];
    values_[i] = uint8_t((pixel >> 16) - uint32_t(vp8l_colour_delta(int8_t(green_red), pixel >> 8)));
  }
  int64_t cost = costs_.of(values_, red_, kColourWeights);
  const auto favour = [&](bool yes) { cost -= yes ? kMultiplierBonus : 0; };
  favour(uint8_t(green_red) == uint8_t(near.left));
  favour(uint8_t(green_red) == uint8_t(near.above));
  favour(green_red == 0);
  return cost;
}

int64_t Vp8lColourGuesses::blue_cost(const Near& near, int green_blue, int red_blue) {
  for (size_t i = 0; i < block_.size(); ++i) {
    const Argb pixel = block_[i];
    values_[i] = uint8_t(pixel - uint32_t(vp8l_colour_delta(int8_t(green_blue), pixel >> 8)) -
                         uint32_t(vp8l_colour_delta(int8_t(red_blue), pixel >> 16)));
  }
  int64_t cost = costs_.of(values_, blue_, kColourWeights);
  const auto favour = [&](bool yes) { cost -= yes ? kMultiplierBonus : 0; };
  favour(uint8_t(green_blue) == uint8_t(near.left >> 8));
  favour(uint8_t(green_blue) == uint8_t(near.above >> 8));
  favour(uint8_t(red_blue) == uint8_t(near.left >> 16));
  favour(uint8_t(red_blue) == uint8_t(near.above >> 16));
  favour(green_blue == 0);
  favour(red_blue == 0);
  return cost;
}

int Vp8lColourGuesses::best_red(const Near& near) {
  const int rounds = 4 + (7 * quality_ >> 8);
  int best = 0;
  int64_t least = red_cost(near, 0);
  for (int round = 0; round < rounds; ++round) {
    const int step = 32 >> round;
    for (const int change : {-step, step}) {
      const int here = best + change;
      const int64_t cost = red_cost(near, here);
      if (cost >= least) continue;
      least = cost;
      best = here;
    }
  }
  return best;
}

std::pair<int, int> Vp8lColourGuesses::best_blue(const Near& near) {
  static constexpr int kSteps[] = {16, 16, 8, 4, 2, 2, 2};
  static constexpr int kWays[][2] = {{0, -1}, {0, 1}, {-1, 0}, {1, 0}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
  const int rounds = quality_ < 25 ? 1 : quality_ > 50 ? 7 : 4;
  int green = 0, red = 0;
  int64_t least = blue_cost(near, 0, 0);
  for (int round = 0; round < rounds; ++round) {
    const int step = kSteps[round];
    for (const auto& way : kWays) {
      const int green_here = green + way[0] * step, red_here = red + way[1] * step;
      const int64_t cost = blue_cost(near, green_here, red_here);
      if (cost >= least) continue;
      least = cost;
      green = green_here;
      red = red_here;
    }
    if (step == 2 && green == 0 && red == 0) break;
  }
  return {green, red};
}

Argb Vp8lColourGuesses::guess(size_t block, std::span<const Argb> image) {
  const uint32_t columns = blocks_.columns();
  // The one before in order, also at the start of a row.
  const Near near{block > 0 ? image[block - 1] : 0, block >= columns ? image[block - columns] : 0};
  block_.clear();
  blocks_.for_each(block, [&](size_t i, uint32_t, uint32_t) { block_.push_back(blocks_.pixels[i]); });
  values_.resize(block_.size());
  const int green_red = best_red(near);
  const auto [green_blue, red_blue] = best_blue(near);
  return 0xff000000u | Argb(red_blue & 255) << 16 | Argb(green_blue & 255) << 8 | Argb(green_red & 255);
}

void Vp8lColourGuesses::note(size_t block, Argb element) {
  const Vp8lMultipliers with(element);
  blocks_.for_each(block,
                   [&](size_t i, uint32_t, uint32_t) { changed_[i] = transform_vp8l_colour(changed_[i], with); });
  const size_t width = blocks_.width;
  const Argb* pixels = changed_.data();
  blocks_.for_each(block, [&](size_t i, uint32_t, uint32_t) {
    const Argb pixel = pixels[i];
    // What repeats will be copied and does not count.
    if (i >= 2 && pixel == pixels[i - 2] && pixel == pixels[i - 1]) return;
    if (i >= width + 2 && pixels[i - 2] == pixels[i - width - 2] && pixels[i - 1] == pixels[i - width - 1] &&
        pixel == pixels[i - width])
      return;
    ++red_[pixel >> 16 & 255];
    ++blue_[pixel & 255];
  });
}

}  // namespace lmc
