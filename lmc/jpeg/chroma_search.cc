#include "lmc/jpeg/chroma_search.h"

#include <algorithm>
#include <cmath>

namespace lmc {
namespace {

constexpr int kRounds = 4;   // of projections onto the bounds of pixels and to coefficients, in turn
constexpr int kPasses = 12;  // over the pixels of a block, each round
constexpr int kTries = 24;   // coefficients that are changed by one where a block is still wrong
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
        down_(hoped.blocks_down()),
        grid_width_(grid.width(pixels.width)) {
    real_.assign(hoped.hoped.begin(), hoped.hoped.end());
    made_.assign(real_.size(), 128);
    const int grid_height = grid.height(pixels.height);
    for (int y = 0; y < grid_height; ++y)
      for (int x = 0; x < grid_width_; ++x) {
        const int own_x = std::clamp(x - int(grid.half_x), 0, width_ - 1),
                  own_y = std::clamp(y - int(grid.half_y), 0, height_ - 1);
        own_.push_back(uint32_t(own_y) * uint32_t(width_) + uint32_t(own_x));
      }
    found_.coefficients.resize(size_t(across_) * size_t(down_) * 64);
    found_.wrong.assign(size_t(across_) * size_t(down_), 0);
  }

  FoundBlocks run() {
    for (int y = 0; y < down_; ++y)
      for (int x = 0; x < across_; ++x) quantise(x, y, at(x, y)), put(x, y);
    for (int round = 0; round < kRounds; ++round) {
      int wrong = 0;
      for (int y = 0; y < down_; ++y)
        for (int x = 0; x < across_; ++x) wrong += improve(x, y);
      if (wrong == 0) break;
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
  struct Area {
    int left, top, right, bottom;  // pixels, the last two behind
  };

  int16_t* at(int x, int y) { return found_.coefficients.data() + (size_t(y) * size_t(across_) + size_t(x)) * 64; }

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
        const ChromaTaps taps = chroma_taps(grid_, grid_width_, column, row);
        int value = taps.bias;
        for (size_t i = 0; i < 4; ++i)
          if (taps.weights[i] != 0) value += taps.weights[i] * made_[own_[taps.places[i]]];
        value >>= taps.shift;
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
        const ChromaTaps taps = chroma_taps(grid_, grid_width_, column, row);
        const size_t pixel = size_t(row) * size_t(pixels_.width) + size_t(column);
        const auto unit = float(1 << taps.shift);
        const float low =
            pixels_.low[pixel] == 0 ? -1e9f : float(pixels_.low[pixel]) * unit - float(taps.bias) - kMargin;
        const float high =
            pixels_.high[pixel] == 255 ? 1e9f : float(pixels_.high[pixel] + 1) * unit - float(taps.bias) - 1 + kMargin;
        float value = 0, squares = 0;
        for (size_t i = 0; i < 4; ++i) {
          value += float(taps.weights[i]) * real_[own_[taps.places[i]]];
          squares += float(taps.weights[i] * taps.weights[i]);
        }
        const float off = value < low ? low - value : value > high ? high - value : 0;
        if (off == 0) continue;
        for (size_t i = 0; i < 4; ++i) real_[own_[taps.places[i]]] += off * float(taps.weights[i]) / squares;
      }
  }

  void restore_around(int x, int y) {  // real samples as they are made now
    for (int row = std::max(y * 8 - 2, 0); row < std::min(y * 8 + 10, height_); ++row)
      for (int column = std::max(x * 8 - 2, 0); column < std::min(x * 8 + 10, width_); ++column) {
        const size_t place = size_t(row) * size_t(width_) + size_t(column);
        real_[place] = float(made_[place]);
      }
  }

  // Whether the block was wrong; keeps new coefficients if its pixels come nearer to their bounds.
  bool improve(int x, int y) {
    const int64_t before = cost(x, y);
    if (before == 0) return false;
    restore_around(x, y);
    for (int pass = 0; pass < kPasses; ++pass) approach(area_of(x, y));
    Block old;
    std::copy_n(at(x, y), 64, old.begin());
    quantise(x, y, at(x, y));
    if (std::equal(old.begin(), old.end(), at(x, y))) return true;
    put(x, y);
    if (cost(x, y) >= before) {
      std::copy(old.begin(), old.end(), at(x, y));
      put(x, y);
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
  int width_, height_, across_, down_, grid_width_;
  std::vector<uint32_t> own_;  // of each place of the grid's plane the component's sample
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
