#include "lmc/samples/image/tile_look.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

namespace lmc {
namespace {

constexpr size_t kEqualOf = 4;                         // one of so many samples equals its neighbours
constexpr size_t kFewColours = 256, kPixelsEach = 16;  // of three channels, and pixels of each on average
// One of so many pixels is what it was when its surroundings were the same; those of grey ones say less.
constexpr size_t kRepeatsOf = 16, kGreyRepeatsOf = 4;

using Colour = uint64_t;

bool many_equal(const TileShape& shape, const TileSamples& samples) {
  const size_t row = size_t(shape.width) * size_t(shape.channels), step = size_t(shape.channels);
  size_t equal = 0, all = 0;
  for (size_t y = 1; y < size_t(shape.height); ++y)
    for (size_t i = y * row + step; i < (y + 1) * row; i += step) {
      ++all;
      equal += samples[i] == samples[i - step] && samples[i] == samples[i - row];
    }
  return all > 0 && equal * kEqualOf > all;
}

std::vector<Colour> colours_of(const TileShape& shape, const TileSamples& samples) {
  std::vector<Colour> out(size_t(shape.width) * size_t(shape.height));
  const uint16_t* at = samples.data();
  for (Colour& colour : out)
    for (int c = 0; c < shape.channels; ++c) colour = colour << 16 | *at++;
  return out;
}

bool few_colours(const std::vector<Colour>& pixels) {
  if (pixels.size() < kFewColours * kPixelsEach) return false;
  std::unordered_set<Colour> seen;
  return std::all_of(pixels.begin(), pixels.end(),
                     [&seen](Colour colour) { return seen.insert(colour).second ? seen.size() <= kFewColours : true; });
}

bool many_repeats(const TileShape& shape, const std::vector<Colour>& pixels) {
  constexpr int kTableBits = 16;
  const auto width = ptrdiff_t(shape.width);
  const std::array<ptrdiff_t, 8> around{-1, -width, -width - 1, -width + 1, -2, -2 * width, -3, -width - 2};
  std::vector<uint32_t> table(size_t(1) << kTableBits);  // where surroundings of that hash were last
  size_t repeats = 0;
  for (ptrdiff_t y = 2; y < shape.height; ++y)
    for (ptrdiff_t x = 3; x + 1 < width; ++x) {
      const Colour* here = &pixels[size_t(y * width + x)];
      const Colour first = here[around[0]];
      if (here[around[1]] == first && here[around[2]] == first && here[around[3]] == first) continue;
      uint64_t hash = 0;
      for (ptrdiff_t step : around) hash = (hash ^ hash >> 29 ^ here[step]) * 0xD6E8FEB86659FD93ull;
      uint32_t& before = table[hash >> (64 - kTableBits)];
      const Colour* there = &pixels[before];
      repeats += before != 0 && *there == *here &&
                 std::all_of(around.begin(), around.end(), [&](ptrdiff_t step) { return there[step] == here[step]; });
      before = uint32_t(y * width + x);
    }
  return repeats * (shape.channels < 3 ? kGreyRepeatsOf : kRepeatsOf) > pixels.size();
}

}  // namespace

TileLook look_of(const TileShape& shape, const TileSamples& samples) {
  if (many_equal(shape, samples)) return TileLook::kSynthetic;
  const std::vector<Colour> pixels = colours_of(shape, samples);
  if (many_repeats(shape, pixels)) return TileLook::kSynthetic;
  return shape.channels >= 3 && few_colours(pixels) ? TileLook::kFewColours : TileLook::kPhotographed;
}

}  // namespace lmc
