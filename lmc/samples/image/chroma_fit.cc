#include "lmc/samples/image/chroma_fit.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lmc {
namespace {

// By hand on two pictures: half a step and four fifths of what is allowed left 30 and 43 % fewer misses before repairs
// than whole ones.
constexpr int kFreePasses = 2, kPullPasses = 60, kQuickPasses = 10;
constexpr int kSitedPasses = 8;  // where most samples are seen as they are
constexpr float kStep = 0.5f, kAllowed = 0.8f, kPull = 0.3f;
constexpr size_t kHopelessOf = 3;     // misses, one of so many pixels: not this grid
constexpr int kPatch = 64;            // pixels on each side that a guess is made from
constexpr size_t kQuickMissesOf = 2;  // of a quick guess, and
constexpr size_t kGuessMissesOf = 4;  // of a guess that is worth a try
constexpr float kUnsureWeight = 0.05f;
constexpr float kBetweenWeight = 0.001f;  // of pixels between, where there are some that a sample lies on

// The pixels whose taps include a sample: first..last.
struct Reach {
  int first, last;
};
Reach reach_of(const ChromaGrid& grid, bool half, bool odd, int sample, int pixels) {
  if (!half) return {sample, sample};
  const int begin = 2 * sample - grid.lead(odd);
  return {std::max(begin - 1, 0), std::min(begin + (grid.sited ? 1 : 2), pixels - 1)};
}

class Fitter {
 public:
  Fitter(const ColourField& field, const ChromaGrid& grid)
      : field_(field), grid_(grid), width_(grid.width(field.width)), height_(grid.height(field.height)) {
    fit_.grid = grid;
    for (int x = 0; x < field.width; ++x) columns_.push_back(chroma_axis(grid, grid.half_x, grid.odd_x, x));
    for (int y = 0; y < field.height; ++y) rows_.push_back(chroma_axis(grid, grid.half_y, grid.odd_y, y));
  }

  ChromaFit run(int most_repairs) {
    solve(grid_.sited ? kSitedPasses : kPullPasses);
    fit_.misses = misses();
    if (fit_.misses > field_.colours.size() / kHopelessOf) return std::move(fit_);
    for (int pass = 0; pass < most_repairs && repair() > 0; ++pass) {
    }
    fit_.misses = misses();
    return std::move(fit_);
  }

  // What run would leave, roughly, and much faster.
  size_t quick_misses() {
    solve(kQuickPasses);
    return misses();
  }

 private:
  ChromaTaps taps_at(int x, int y) const { return chroma_taps(grid_, width_, columns_[size_t(x)], rows_[size_t(y)]); }
  int hoped(int which, size_t pixel) const { return which == 0 ? field_.chroma[pixel].blue : field_.chroma[pixel].red; }
  // Projections onto what each pixel allows, in turn, in real numbers; then the nearest integers.
  void solve(int pull_passes);
  void approach(int x, int y, float slack);
  void begin_with_means(int which, std::vector<float>& plane) const;
  // How far the chroma at a pixel is from any that makes its colour.
  int gap(int x, int y) const;
  int cost_around(size_t sample) const;
  size_t repair();
  size_t misses() const;
  bool improve(size_t sample, size_t partner);

  const ColourField& field_;
  ChromaGrid grid_;
  int width_, height_;
  std::vector<ChromaAxis> columns_, rows_;
  std::array<std::vector<float>, 2> real_;
  ChromaFit fit_;
};

void Fitter::begin_with_means(int which, std::vector<float>& plane) const {
  plane.resize(size_t(width_) * size_t(height_));
  std::vector<float> sums(plane.size()), weights(plane.size());
  for (int y = 0; y < field_.height; ++y)
    for (int x = 0; x < field_.width; ++x) {
      const size_t pixel = size_t(y) * size_t(field_.width) + size_t(x);
      const ChromaTaps taps = taps_at(x, y);
      for (size_t i = 0; i < 4; ++i) {
        float weight = float(taps.weights[i] * taps.weights[i]) * (field_.sure[pixel] ? 1.0f : kUnsureWeight);
        if (grid_.sited && taps.shift > 0) weight *= kBetweenWeight;
        sums[taps.places[i]] += weight * float(hoped(which, pixel));
        weights[taps.places[i]] += weight;
      }
    }
  for (size_t i = 0; i < plane.size(); ++i) plane[i] = weights[i] > 0 ? sums[i] / weights[i] : -1.0f;
  // What no pixel looks at (the frame of repeated samples) is as what lies beside it.
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x) {
      float& value = plane[size_t(y) * size_t(width_) + size_t(x)];
      if (value >= 0) continue;
      const int column = std::clamp(x, grid_.half_x ? 1 : 0, width_ - (grid_.half_x ? 2 : 1));
      const int row = std::clamp(y, grid_.half_y ? 1 : 0, height_ - (grid_.half_y ? 2 : 1));
      value = std::max(plane[size_t(row) * size_t(width_) + size_t(column)], 0.0f);
    }
}

void Fitter::approach(int x, int y, float slack) {
  const size_t pixel = size_t(y) * size_t(field_.width) + size_t(x);
  const ChromaTaps taps = taps_at(x, y);
  float sums[2] = {};
  int squares = 0;
  for (size_t i = 0; i < 4; ++i) {
    for (size_t which = 0; which < 2; ++which) sums[which] += float(taps.weights[i]) * real_[which][taps.places[i]];
    squares += taps.weights[i] * taps.weights[i];
  }
  Chroma wanted = field_.chroma[pixel];
  if (!field_.sure[pixel]) {  // whatever makes the colour and is nearest now
    const auto now = [&](float sum) { return std::clamp((int(sum) + taps.bias) >> taps.shift, 0, 255); };
    const Chroma made{now(sums[0]), now(sums[1])};
    const auto nearest = chroma_of(field_.making, field_.colours[pixel], made);
    if (!nearest || (nearest->blue == made.blue && nearest->red == made.red)) return;
    wanted = *nearest;
  }
  const float half = float((1 << taps.shift) - 1) * 0.5f, allowed = half * slack;
  for (size_t which = 0; which < 2; ++which) {
    const int chroma = which == 0 ? wanted.blue : wanted.red;
    const float off = float((chroma << taps.shift) - taps.bias) + half - sums[which];
    if (std::fabs(off) <= allowed) continue;
    const float step = kStep * (off > 0 ? off - allowed : off + allowed) / float(squares);
    for (size_t i = 0; i < 4; ++i) real_[which][taps.places[i]] += float(taps.weights[i]) * step;
  }
}

void Fitter::solve(int pull_passes) {
  for (int which = 0; which < 2; ++which) begin_with_means(which, real_[size_t(which)]);
  for (int pass = 0; pass < kFreePasses + pull_passes && grid_.smooth; ++pass) {
    const float slack = std::min(kAllowed, float(pass) / float(kFreePasses));  // from the middle to what is allowed
    for (int y = 0; y < field_.height; ++y)
      for (int x = 0; x < field_.width; ++x) approach(x, y, slack);
    const float pull = float(pass - kFreePasses) / float(pull_passes) * kPull;
    for (auto& plane : real_)
      for (float& value : plane)
        if (pull > 0) value += (std::round(value) - value) * pull;  // towards integers, ever stronger
  }
  for (size_t which = 0; which < 2; ++which)
    for (float value : real_[which])
      fit_.planes[which].push_back(uint16_t(std::clamp(int(std::lround(value)), 0, 255)));
}

int Fitter::gap(int x, int y) const {
  const ChromaTaps taps = taps_at(x, y);
  const LumaRange range = luma_range(field_.making, field_.colours[size_t(y) * size_t(field_.width) + size_t(x)],
                                     chroma_at(taps, fit_.planes[0]), chroma_at(taps, fit_.planes[1]));
  return std::max(range.low - range.high, 0);
}

size_t Fitter::misses() const {
  size_t count = 0;
  for (int y = 0; y < field_.height; ++y)
    for (int x = 0; x < field_.width; ++x) count += gap(x, y) > 0;
  return count;
}

int Fitter::cost_around(size_t sample) const {
  const Reach across = reach_of(grid_, grid_.half_x, grid_.odd_x, int(sample % size_t(width_)), field_.width);
  const Reach down = reach_of(grid_, grid_.half_y, grid_.odd_y, int(sample / size_t(width_)), field_.height);
  int cost = 0;
  for (int y = down.first; y <= down.last; ++y)
    for (int x = across.first; x <= across.last; ++x) cost += gap(x, y);
  return cost;
}

// Tries small changes of a sample in both planes, and the opposite ones of its partner.
bool Fitter::improve(size_t sample, size_t partner) {
  const auto cost = [&] { return cost_around(sample) + (partner != sample ? cost_around(partner) : 0); };
  const int before = cost();
  if (before == 0) return false;
  int best = before, best_which = 0, best_step = 0;
  const auto change = [&](int which, int step) {
    auto& plane = fit_.planes[size_t(which)];
    plane[sample] = uint16_t(plane[sample] + step);
    if (partner != sample) plane[partner] = uint16_t(plane[partner] - step);
  };
  const auto within = [&](int which, int step) {
    const auto& plane = fit_.planes[size_t(which)];
    const auto fits = [](int value) { return value >= 0 && value <= 255; };
    return fits(plane[sample] + step) && (partner == sample || fits(plane[partner] - step));
  };
  for (int which = 0; which < 2; ++which)
    for (int step : {-1, 1, -2, 2}) {
      if (!within(which, step)) continue;
      change(which, step);
      if (const int now = cost(); now < best) best = now, best_which = which, best_step = step;
      change(which, -step);
    }
  if (best_step != 0) change(best_which, best_step);
  return best_step != 0;
}

size_t Fitter::repair() {
  size_t improved = 0;
  for (int y = 0; y < field_.height; ++y)
    for (int x = 0; x < field_.width; ++x) {
      if (gap(x, y) == 0) continue;
      const ChromaTaps taps = taps_at(x, y);
      for (size_t i = 0; i < 4; ++i)
        for (size_t j = 0; j <= i; ++j)
          if (taps.weights[i] != 0 && taps.weights[j] != 0) improved += improve(taps.places[i], taps.places[j]);
    }
  return improved;
}

}  // namespace

ColourField ColourField::cut(int x, int y, int cut_width, int cut_height) const {
  ColourField out{.making = making, .width = cut_width, .height = cut_height, .colours = {}, .chroma = {}, .sure = {}};
  for (int row = y; row < y + cut_height; ++row)
    for (int column = x; column < x + cut_width; ++column) {
      const size_t pixel = size_t(row) * size_t(width) + size_t(column);
      out.colours.push_back(colours[pixel]);
      out.chroma.push_back(chroma[pixel]);
      out.sure.push_back(sure[pixel]);
    }
  return out;
}

ChromaFit fit_chroma(const ColourField& field, const ChromaGrid& grid, int most_repairs) {
  return Fitter(field, grid).run(most_repairs);
}

ChromaGrid guess_grid(const ColourField& field) {
  // The patch with most changes of chroma.
  int64_t most = -1;
  int patch_x = 0, patch_y = 0;
  const int patch_width = std::min(kPatch, field.width), patch_height = std::min(kPatch, field.height);
  for (int top = 0; top + patch_height <= field.height; top += kPatch)
    for (int left = 0; left + patch_width <= field.width; left += kPatch) {
      int64_t changes = 0;
      for (int y = top; y < top + patch_height; ++y)
        for (int x = left + 1; x < left + patch_width; ++x) {
          const size_t pixel = size_t(y) * size_t(field.width) + size_t(x);
          if (!field.sure[pixel] || !field.sure[pixel - 1]) continue;
          changes += std::abs(field.chroma[pixel].blue - field.chroma[pixel - 1].blue) +
                     std::abs(field.chroma[pixel].red - field.chroma[pixel - 1].red);
        }
      if (changes > most) most = changes, patch_x = left, patch_y = top;
    }
  const ColourField patch = field.cut(patch_x, patch_y, patch_width, patch_height);
  size_t fewest = patch.colours.size() / kQuickMissesOf;
  const bool sited = field.making == ColourMaking::kPhotoCd;
  ChromaGrid best{.sited = sited};
  for (const bool smooth : {true, false})
    for (const int half : {3, 1, 2})
      for (int odd = 0; odd < 4; ++odd) {
        if ((odd & ~half) != 0 || (sited && !smooth)) continue;
        const ChromaGrid grid{.half_x = (half & 1) != 0,
                              .half_y = (half & 2) != 0,
                              .smooth = smooth,
                              .odd_x = (odd & 1) != 0,
                              .odd_y = (odd & 2) != 0,
                              .sited = sited};
        const size_t misses = Fitter(patch, grid).quick_misses();
        if (misses < fewest) fewest = misses, best = grid;
      }
  if (!best.halved() || fit_chroma(patch, best).misses < patch.colours.size() / kGuessMissesOf) return best;
  return {.sited = sited};
}

}  // namespace lmc
