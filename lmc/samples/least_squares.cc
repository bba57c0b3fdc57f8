#include "lmc/samples/least_squares.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lmc {
namespace {

constexpr Offset kFirst[] = {{-1, 0},  {0, -1}, {-1, -1}, {1, -1}, {-2, 0},  {0, -2}, {-2, -1}, {2, -1},
                             {-1, -2}, {1, -2}, {-3, 0},  {0, -3}, {-2, -2}, {2, -2}, {3, -1}};
constexpr Offset kSecond[] = {{-1, 0}, {0, -1}, {-1, -1}, {1, -1}, {-2, 0},  {0, -2}, {1, -2}, {0, 0},
                              {-1, 0}, {1, 0},  {0, -1},  {0, 1},  {-1, -1}, {1, -1}, {1, 1}};
constexpr Offset kThird[] = {{-1, 0}, {0, -1}, {-1, -1}, {1, -1}, {0, -2}, {0, 0},  {-1, 0}, {1, 0},
                             {0, -1}, {0, 1},  {0, 0},   {-1, 0}, {1, 0},  {0, -1}, {0, 1}};
constexpr const Offset* kOffsets[] = {kFirst, kSecond, kThird};
constexpr int kOwn[] = {15, 7, 5};
constexpr double kRidge = 3.0;  // added to each neighbour's variance: a sample's rounding over the window
constexpr int kLanes = PixelKernels::kFitLanes;  // places solved side by side
constexpr size_t N = LeastSquares::kInputs, C = LeastSquares::kColumns;

}  // namespace

LeastSquares::LeastSquares(PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa)
    : width_(width),
      kernels_(pixel_kernels(isa)),
      stride_(stride),
      own_count_(kOwn[size_t(role)]),
      each_(role == PlaneRole::kFirst ? 0 : (kInputs - kOwn[size_t(role)]) / int(role)),
      seen_(size_t(width) * size_t(height) * kColumns) {
  for (size_t i = 0; i < kInputs; ++i) {
    const Offset offset = kOffsets[size_t(role)][i];
    steps_[i] = int32_t(offset.y * stride + offset.x);
  }
  for (int y = -kWindow; y <= 0; ++y)
    for (int x = -kWindow; x <= (y == 0 ? -1 : std::min(kWindow, kLag * -y - 1)); ++x) {
      const int distance = std::abs(x) + std::abs(y);
      window_.push_back({int8_t(x), int8_t(y), int16_t(distance <= 2 ? 8 : distance <= 4 ? 4 : distance <= 6 ? 2 : 1)});
    }
}

void LeastSquares::gather(const Place& place, int16_t* columns) const {
  for (int i = 0; i < own_count_; ++i) columns[i] = int16_t(place.own[steps_[size_t(i)]]);
  for (int i = own_count_, p = 0; i < kInputs; ++p)
    for (int j = 0; j < each_; ++j, ++i) columns[i] = int16_t(place.earlier[size_t(p)][steps_[size_t(i)]]);
}

void LeastSquares::learn(const Place& place) {
  int16_t* columns = seen_.data() + (size_t(place.y) * size_t(width_) + size_t(place.x)) * kColumns;
  gather(place, columns);
  columns[kInputs] = int16_t(*place.own);
}

// The same weighted mean as the network's (neighbourhood.cc), rounded, for every column's plane.
void LeastSquares::centres(const Place& place, int16_t* columns) const {
  const auto centre_of = [this](const uint16_t* p) {
    return int16_t(uint16_t((3 * (uint32_t(p[-1]) + p[-stride_]) + p[-stride_ - 1] + p[-stride_ + 1] + 4) >> 3));
  };
  std::fill_n(columns, own_count_, centre_of(place.own));
  for (int i = own_count_, p = 0; i < kInputs; ++p, i += each_)
    std::fill_n(columns + i, each_, centre_of(place.earlier[size_t(p)]));
  columns[kInputs] = columns[0];
}

int LeastSquares::covariances(const Place& place, const int16_t* centre, int32_t* out) {
  samples_.clear(), weights_.clear();
  for (const Window& w : window_) {
    const int x = place.x + w.x, y = place.y + w.y;
    if (x < 0 || x >= width_ || y < 0) continue;
    samples_.push_back(seen_.data() + (size_t(y) * size_t(width_) + size_t(x)) * kColumns);
    weights_.push_back(w.weight);
  }
  if (samples_.size() % 2 != 0) {
    samples_.push_back(samples_.back());
    weights_.push_back(0);
  }
  plain_.resize(samples_.size() * kColumns);
  weighted_.resize(samples_.size() * kColumns);
  return kernels_.covariances(samples_.data(), weights_.data(), int(samples_.size()), centre, plain_.data(),
                              weighted_.data(), out);
}

void LeastSquares::fit(const Place* places, int count, Fit* fits) {
  for (int begin = 0; begin < count; begin += kLanes) {
    const int lanes = std::min(kLanes, count - begin);
    double a[C][C][kLanes];
    std::fill_n(&a[0][0][0], C * C * kLanes, 1.0);
    int16_t centre[kLanes][C];
    int shifts[kLanes];
    double totals[kLanes];
    for (int lane = 0; lane < lanes; ++lane) {
      int32_t sums[C * C];
      const Place& place = places[begin + lane];
      centres(place, centre[lane]);
      shifts[lane] = covariances(place, centre[lane], sums);
      int32_t total = 1;
      for (int16_t weight : weights_) total += weight;
      totals[lane] = double(total);
      for (size_t i = 0; i < C; ++i)
        for (size_t j = 0; j <= i; ++j)
          a[i][j][lane] = double(sums[C * i + j]) + (i == j ? kRidge * (i < N ? 8.0 : 0.1) : 0.0);
    }
    kernels_.solve(&a[0][0][0], int(C), 0.0);
    for (int lane = 0; lane < lanes; ++lane) {
      int16_t columns[C];
      gather(places[begin + lane], columns);
      double prediction = 0.0;
      for (size_t i = 0; i < N; ++i)
        prediction = prediction + a[N][i][lane] * double(int16_t(columns[i] - centre[lane][i]));
      Fit& fit = fits[begin + lane];
      fit.prediction = float(double(uint16_t(centre[lane][N])) + prediction);
      fit.error = float(std::sqrt(a[N][N][lane] / totals[lane])) * float(1 << shifts[lane]);
    }
  }
}

}  // namespace lmc
