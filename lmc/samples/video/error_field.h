// How far off each of several predictions was around a sample: beside and above it, and in a wider surrounding that
// fades with distance.
#ifndef LMC_SAMPLES_VIDEO_ERROR_FIELD_H_
#define LMC_SAMPLES_VIDEO_ERROR_FIELD_H_

#include <array>
#include <cmath>
#include <span>
#include <vector>

namespace lmc {

class ErrorField {
 public:
  static constexpr size_t kMost = 16;  // predictions
  using Row = std::array<float, kMost>;

  explicit ErrorField(int width) : above_(size_t(width) + 3), now_(size_t(width) + 3), wide_(size_t(width) + 8) {}

  void begin_row() {
    std::swap(above_, now_);
    now_[0] = now_[1] = above_[2];
    above_.back() = above_[above_.size() - 2];
    along_ = {};
    for (size_t i = 4; i < 7; ++i) add(along_, wide_[i], 1.0f);
  }
  // Before the sample at x.
  void begin(int x) {
    const auto at = size_t(x) + 2;
    const Row &w = now_[at - 1], &ww = now_[at - 2], &n = above_[at], &ne = above_[at + 1], &nw = above_[at - 1];
    add(along_, wide_[size_t(x) + 7], 1.0f);
    for (size_t i = 0; i < kMost; ++i) {
      near_[i] = (2.0f * (w[i] + n[i]) + (ne[i] + nw[i]) + ww[i]) * (1.0f / 7.0f);
      far_[i] = along_[i] * (1.0f / 7.0f);
    }
  }
  const Row& near() const { return near_; }
  const Row& wide() const { return far_; }

  // After it.
  void end(int x, std::span<const float> predictions, float value) {
    Row& own = now_[size_t(x) + 2];
    Row& column = wide_[size_t(x) + 4];
    for (size_t i = 0; i < predictions.size(); ++i) own[i] = std::fabs(value - predictions[i]);
    const size_t leaves = size_t(x) + 1;
    add(along_, wide_[leaves], -1.0f);
    for (size_t i = 0; i < kMost; ++i) {
      const float moved = (own[i] - column[i]) * 0.25f;
      column[i] += moved;
      along_[i] += moved;
      along_[i] = along_[i] > 0.0f ? along_[i] : 0.0f;
    }
  }

 private:
  static void add(Row& to, const Row& row, float factor) {
    for (size_t i = 0; i < kMost; ++i) to[i] += row[i] * factor;
  }

  std::vector<Row> above_, now_;  // of x at x + 2
  std::vector<Row> wide_;         // of each column, of x at x + 4: fades from row to row
  Row along_{};                   // sum of seven of them
  Row near_{}, far_{};
};

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_ERROR_FIELD_H_
