#include "lmc/samples/video/motion.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lmc {
namespace {

constexpr int kFullSearch = 7;       // samples each way around no motion
constexpr int kMostSteps = 64;       // of one descent
constexpr int kBorder = 2;           // samples around a block that count as well
constexpr float kStepCost = 4.0f;    // of a component's difference from the guess being twice as large, in samples' sum
constexpr float kOtherCost = 20.0f;  // of any difference

int middle_of(int a, int b, int c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

MotionVector of(const MotionField& field, int column, int row) {
  return column < 0 || row < 0 || column >= field.columns ? MotionVector() : field.at(column, row);
}

MotionVector guess_from(const MotionField& field, int column, int row) {
  if (row == 0) return of(field, column - 1, row);
  const MotionVector a = of(field, column - 1, row), b = of(field, column, row - 1);
  const MotionVector c = column + 1 < field.columns ? of(field, column + 1, row - 1) : of(field, column - 1, row - 1);
  return {int16_t(middle_of(a.x, b.x, c.x)), int16_t(middle_of(a.y, b.y, c.y))};
}

class BlockSearch {
 public:
  BlockSearch(const FramePlane<float>& now, const FramePlane<float>& before, int x, int y, MotionVector guess)
      : now_(now), before_(before), x_(x), y_(y), guess_(guess) {}

  void ask(MotionVector vector) {
    if (within_reach(vector, x_, y_, kMotionBlock, kMotionBlock, now_.width(), now_.height()) != vector) return;
    float sum = cost_of(vector);
    for (int y = -kBorder; y < kMotionBlock + kBorder && sum < best_cost_; ++y) {
      const float* a = now_.row(y_ + y) + x_;
      const float* b = before_.row(y_ + y + vector.y) + x_ + vector.x;
      float row = 0;
      for (int x = -kBorder; x < kMotionBlock + kBorder; ++x) row += std::fabs(a[x] - b[x]);
      sum += row;
    }
    if (sum < best_cost_) best_cost_ = sum, best_ = vector;
  }
  void descend() {
    for (int i = 0; i < kMostSteps; ++i) {
      const MotionVector from = best_;
      for (int y = -1; y <= 1; ++y)
        for (int x = -1; x <= 1; ++x)
          if (x != 0 || y != 0) ask({int16_t(from.x + x), int16_t(from.y + y)});
      if (best_ == from) return;
    }
  }
  MotionVector best() const { return best_; }

 private:
  float cost_of(MotionVector vector) const {
    if (vector == guess_) return 0;
    const auto cost = [](int d) { return kStepCost * float(std::bit_width(unsigned(d < 0 ? -d : d))); };
    return kOtherCost + cost(vector.x - guess_.x) + cost(vector.y - guess_.y);
  }

  const FramePlane<float>&now_, &before_;
  int x_, y_;
  MotionVector guess_, best_;
  float best_cost_ = 1e30f;
};

}  // namespace

MotionVector within_reach(MotionVector vector, int x, int y, int size_x, int size_y, int width, int height) {
  const auto clamp = [](int v, int at, int size, int end) {
    return std::clamp(std::clamp(v, -kMostMotion, kMostMotion), -kMotionReach - at,
                      std::max(end + kMotionReach - size - at, -kMotionReach - at));
  };
  return {int16_t(clamp(vector.x, x, size_x, width)), int16_t(clamp(vector.y, y, size_y, height))};
}

MotionField search_motion(const FramePlane<float>& now, const FramePlane<float>& before, const MotionField& last) {
  MotionField field(now.width(), now.height());
  for (int row = 0; row < field.rows; ++row)
    for (int column = 0; column < field.columns; ++column) {
      const MotionVector guess = guess_from(field, column, row);
      BlockSearch search(now, before, column * kMotionBlock, row * kMotionBlock, guess);
      search.ask(guess);
      search.ask({});
      search.ask(of(field, column - 1, row));
      search.ask(of(field, column, row - 1));
      search.ask(of(field, column + 1, row - 1));
      if (!last.vectors.empty()) search.ask(last.at(column, row));
      search.descend();
      for (int y = -kFullSearch; y <= kFullSearch; ++y)
        for (int x = -kFullSearch; x <= kFullSearch; ++x) search.ask({int16_t(x), int16_t(y)});
      search.descend();
      field.at(column, row) = search.best();
    }
  return field;
}

MotionField chain_motion(const MotionField& now, const MotionField& before, int width, int height) {
  MotionField out = now;
  for (int row = 0; row < now.rows; ++row)
    for (int column = 0; column < now.columns; ++column) {
      const int x = column * kMotionBlock, y = row * kMotionBlock;
      const MotionVector own = now.at(column, row);
      const int to_x = std::clamp((x + kMotionBlock / 2 + own.x) / kMotionBlock, 0, now.columns - 1);
      const int to_y = std::clamp((y + kMotionBlock / 2 + own.y) / kMotionBlock, 0, now.rows - 1);
      const MotionVector then = before.at(to_x, to_y);
      out.at(column, row) = within_reach({int16_t(own.x + then.x), int16_t(own.y + then.y)}, x, y, kMotionBlock,
                                         kMotionBlock, width, height);
    }
  return out;
}

MotionVector MotionCoder::guess_of(const MotionField& field, int column, int row) {
  return guess_from(field, column, row);
}

int MotionCoder::likeness(const MotionField& field, int column, int row) {
  const MotionVector a = of(field, column - 1, row), b = of(field, column, row - 1);
  const MotionVector c = of(field, column + 1, row - 1);
  return int(a == b) + int(b == c) + int(a == c);
}

}  // namespace lmc
