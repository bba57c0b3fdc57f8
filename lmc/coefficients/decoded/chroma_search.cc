#include "lmc/coefficients/decoded/chroma_search.h"

#include <algorithm>
#include <cmath>

namespace lmc {
namespace {

constexpr int kRounds = 4;   // of projections onto the bounds of pixels and to coefficients, in turn
constexpr int kPasses = 12;  // over the pixels of a block, each round
constexpr int kGainOf = 8;   // a round must leave so much fewer wrong blocks
constexpr int kSparsePasses = 20;
constexpr int kTries = 24;  // coefficients that are changed by one where a block is still wrong
constexpr int kTryRounds = 6;
constexpr float kMargin = 0.5f;  // a sample of integers, in units of a weight's sixteenth

class SmoothSearch {
 public:
  SmoothSearch(const BoundedPlane& pixels, const ChromaGrid& grid, const BoundedPlane& hoped, const DctSteps& steps)
      : pixels_(pixels),
        grid_(grid),
        steps_(steps),
        width_(hoped.width),
        height_(hoped.height),
        across_(hoped.blocks_across()),
        down_(hoped.blocks_down()) {
    real_.assign(hoped.hoped.begin(), hoped.hoped.end());
    made_.assign(real_.size(), 128);
    // Rows and columns of the component that those of pixels look at; the frame of ChromaGrid's planes repeats its
    // ends.
    const int grid_width = grid.width(pixels.width);
    const auto own = [](size_t place, bool half, int size) {
      return size_t(std::clamp(int(place) - int(half), 0, size - 1));
    };
    for (int x = 0; x < pixels.width; ++x) {
      const ChromaTaps taps = chroma_taps(grid, grid_width, x, 0);
      const auto column = [&](size_t i) { return own(taps.places[i] % size_t(grid_width), grid.half_x, width_); };
      columns_.push_back({column(0), column(1), grid.half_x ? taps.bias : 0});
    }
    for (int y = 0; y < pixels.height; ++y) {
      const ChromaTaps taps = chroma_taps(grid, grid_width, 0, y);
      const auto row = [&](size_t i) {
        return own(taps.places[i] / size_t(grid_width), grid.half_y, height_) * size_t(width_);
      };
      rows_.push_back({row(0), row(2), grid.half_x ? 0 : taps.bias});
    }
    const ChromaTaps taps = chroma_taps(grid, grid_width, 0, 0);
    weights_ = taps.weights, shift_ = taps.shift;
    for (int weight : weights_) squares_ += float(weight * weight);
    found_.coefficients.resize(size_t(across_) * size_t(down_) * 64);
    found_.wrong.assign(size_t(across_) * size_t(down_), 0);
  }

  FoundBlocks run() {
    for (int y = 0; y < down_; ++y)
      for (int x = 0; x < across_; ++x) quantise(x, y, at(x, y)), put(x, y);
    int wrong = INT32_MAX;
    for (int round = 0; round < kRounds; ++round) {
      const int before = wrong;
      wrong = 0;
      for (int y = 0; y < down_; ++y)
        for (int x = 0; x < across_; ++x) wrong += improve(x, y);
      if (wrong == 0 || wrong > before - before / kGainOf) break;
    }
    for (int y = 0; y < down_; ++y)
      for (int x = 0; x < across_; ++x) {
        try_changes(x, y);
        found_.wrong[size_t(y) * size_t(across_) + size_t(x)] = uint8_t(std::min<int64_t>(cost(x, y), 255));
      }
    return std::move(found_);
  }

 private:
  using Block = std::array<int16_t, 64>;
  struct Line {
    size_t near, far;
    int bias;
  };
  struct Area {
    int left, top, right, bottom;  // pixels, the last two behind
  };

  int16_t* at(int x, int y) { return found_.coefficients.data() + (size_t(y) * size_t(across_) + size_t(x)) * 64; }

  std::array<size_t, 4> places_of(int column, int row) const {
    const Line &c = columns_[size_t(column)], &r = rows_[size_t(row)];
    return {r.near + c.near, r.near + c.far, r.far + c.near, r.far + c.far};
  }

  // The pixels that look at a block's samples.
  Area area_of(int x, int y) const {
    const auto reach = [](bool half, int block, int pixels, int& from, int& to) {
      from = std::max(half ? 16 * block - 1 : 8 * block, 0);
      to = std::min(half ? 16 * block + 17 : 8 * block + 8, pixels);
    };
    Area area;
    reach(grid_.half_x, x, pixels_.width, area.left, area.right);
    reach(grid_.half_y, y, pixels_.height, area.top, area.bottom);
    return area;
  }

  // How far the pixels that look at a block are from their bounds, summed.
  int64_t cost(int x, int y) const {
    const Area area = area_of(x, y);
    int64_t sum = 0;
    for (int row = area.top; row < area.bottom; ++row)
      for (int column = area.left; column < area.right; ++column) {
        const auto places = places_of(column, row);
        int value = columns_[size_t(column)].bias + rows_[size_t(row)].bias;
        for (size_t i = 0; i < 4; ++i) value += weights_[i] * made_[places[i]];
        value >>= shift_;
        const size_t pixel = size_t(row) * size_t(pixels_.width) + size_t(column);
        sum += std::max({pixels_.low[pixel] - value, value - pixels_.high[pixel], 0});
      }
    return sum;
  }

  template <typename Function>
  void for_samples(int x, int y, const Function& function) const {
    for (int i = 0; i < 64; ++i)
      function(
          size_t(i), x * 8 + i % 8 < width_ && y * 8 + i / 8 < height_,
          size_t(std::min(y * 8 + i / 8, height_ - 1)) * size_t(width_) + size_t(std::min(x * 8 + i % 8, width_ - 1)));
  }

  void transform(int x, int y, double* out) const {
    double samples[64];
    for_samples(x, y, [&](size_t i, bool, size_t place) { samples[i] = double(real_[place]) - 128; });
    forward_dct(samples, out);
  }

  void quantise(int x, int y, int16_t* out) const {
    double t[64];
    transform(x, y, t);
    for (size_t i = 0; i < 64; ++i) out[i] = int16_t(std::clamp(std::lround(t[i] / steps_[i]), -2048l, 2048l));
  }

  // The block's samples from its coefficients.
  void put(int x, int y) {
    std::array<int, 64> samples;
    inverse_dct(at(x, y), steps_, samples);
    for_samples(x, y, [&](size_t i, bool inside, size_t place) {
      if (inside) made_[place] = std::clamp(samples[i], 0, 255);
    });
  }

  // Draws the samples of an area's pixels towards these pixels' bounds.
  void approach(const Area& area) {
    for (int row = area.top; row < area.bottom; ++row)
      for (int column = area.left; column < area.right; ++column) {
        const auto places = places_of(column, row);
        const size_t pixel = size_t(row) * size_t(pixels_.width) + size_t(column);
        const auto unit = float(1 << shift_), bias = float(columns_[size_t(column)].bias + rows_[size_t(row)].bias);
        const float low = pixels_.low[pixel] == 0 ? -1e9f : float(pixels_.low[pixel]) * unit - bias - kMargin;
        const float high =
            pixels_.high[pixel] == 255 ? 1e9f : float(pixels_.high[pixel] + 1) * unit - bias - 1 + kMargin;
        float value = 0;
        for (size_t i = 0; i < 4; ++i) value += float(weights_[i]) * real_[places[i]];
        const float off = value < low ? low - value : value > high ? high - value : 0;
        if (off == 0) continue;
        for (size_t i = 0; i < 4; ++i) real_[places[i]] += off * float(weights_[i]) / squares_;
      }
  }

  void restore_around(int x, int y) {  // real samples as they are made now
    for (int row = std::max(y * 8 - 2, 0); row < std::min(y * 8 + 10, height_); ++row)
      for (int column = std::max(x * 8 - 2, 0); column < std::min(x * 8 + 10, width_); ++column) {
        const size_t place = size_t(row) * size_t(width_) + size_t(column);
        real_[place] = float(made_[place]);
      }
  }

  // Whether pixels that look at a block were cut off.
  bool is_open(int x, int y) const {
    const Area area = area_of(x, y);
    for (int row = area.top; row < area.bottom; ++row)
      for (int column = area.left; column < area.right; ++column) {
        const size_t pixel = size_t(row) * size_t(pixels_.width) + size_t(column);
        if (pixels_.low[pixel] != pixels_.high[pixel]) return true;
      }
    return false;
  }

  // Projections onto the bounds and to few coefficients: where pixels were cut off, so that bounds say little.
  void approach_sparsely(int x, int y) {
    double t[64], samples[64];
    for (int pass = 0; pass < kSparsePasses; ++pass) {
      approach(area_of(x, y));
      transform(x, y, t);
      for (size_t i = 0; i < 64; ++i)
        if (std::fabs(t[i]) < 0.5 * steps_[i]) t[i] = 0;
      inverse_dct(t, samples);
      for_samples(x, y, [&](size_t i, bool inside, size_t place) {
        if (inside) real_[place] = float(samples[i] + 128);
      });
    }
  }

  // Whether the block was wrong; keeps new coefficients if its pixels come nearer to their bounds.
  bool improve(int x, int y) {
    int64_t now = cost(x, y);
    if (now == 0) return false;
    for (const bool sparsely : {false, true}) {
      if (sparsely && !is_open(x, y)) break;
      restore_around(x, y);
      if (sparsely) approach_sparsely(x, y);
      for (int pass = 0; pass < kPasses && !sparsely; ++pass) approach(area_of(x, y));
      Block old;
      std::copy_n(at(x, y), 64, old.begin());
      quantise(x, y, at(x, y));
      if (std::equal(old.begin(), old.end(), at(x, y))) continue;
      put(x, y);
      if (const int64_t with = cost(x, y); with < now) {
        now = with;
        if (now == 0) break;
      } else {
        std::copy(old.begin(), old.end(), at(x, y));
        put(x, y);
      }
    }
    return true;
  }

  void try_changes(int x, int y) {
    int64_t now = cost(x, y);
    for (int round = 0; round < kTryRounds && now > 0; ++round) {
      restore_around(x, y);
      for (int pass = 0; pass < kPasses; ++pass) approach(area_of(x, y));
      double t[64];
      transform(x, y, t);
      int16_t* c = at(x, y);
      std::array<size_t, 64> order;
      for (size_t i = 0; i < 64; ++i) order[i] = i;
      const auto off = [&](size_t i) { return std::fabs(t[i] / steps_[i] - c[i]); };
      std::sort(order.begin(), order.end(), [&](size_t left, size_t right) { return off(left) > off(right); });
      bool better = false;
      for (size_t n = 0; n < size_t(kTries) && !better; ++n) {
        const size_t i = order[n];
        const int16_t by = t[i] > c[i] * steps_[i] ? 1 : -1;
        c[i] = int16_t(c[i] + by);
        put(x, y);
        const int64_t with = cost(x, y);
        better = with < now;
        if (better)
          now = with;
        else
          c[i] = int16_t(c[i] - by);
      }
      put(x, y);
      if (!better) break;
    }
  }

  const BoundedPlane& pixels_;
  const ChromaGrid grid_;
  const DctSteps& steps_;
  int width_, height_, across_, down_;
  std::vector<Line> columns_, rows_;
  std::array<int, 4> weights_{};
  int shift_ = 0;
  float squares_ = 0;  // of the weights, summed
  std::vector<float> real_;
  std::vector<int> made_;
  FoundBlocks found_;
};

}  // namespace

FoundBlocks find_smooth_blocks(const BoundedPlane& pixels, const ChromaGrid& grid, const BoundedPlane& hoped,
                               const DctSteps& steps) {
  return SmoothSearch(pixels, grid, hoped, steps).run();
}

}  // namespace lmc
