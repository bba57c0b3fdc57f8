#include "lmc/samples/line_least_squares.h"

#include <algorithm>

namespace lmc {
namespace {

constexpr int kLanes = PixelKernels::kFitLanes;
constexpr int kOwn[] = {14, 8, 5}, kEarlier[] = {0, 5, 5};  // columns in a plane, by role
constexpr double kRidge = 128.0, kOwnRidge = 32.0, kLeastPivot = 16.0;
constexpr double kTotal = 256.0 * 64;  // what a long line adds up to

}  // namespace

LineLeastSquares::LineLeastSquares(Along along, PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa)
    : along_(along),
      kernels_(pixel_kernels(isa)),
      columns_(role, kOwn[size_t(role)], kEarlier[size_t(role)], stride),
      cells_(size_t(along == Along::kRow ? height : width) * PixelKernels::kLineCell),
      system_(size_t(columns_.count() + 1) * size_t(columns_.count() + 1) * kLanes, 1.0) {}

void LineLeastSquares::learn(const LeastSquares::Place& place) {
  int16_t columns[2 * PixelKernels::kLineColumns] = {};  // the second of each pair stays 0
  columns_.gather(place, columns);
  columns[2 * columns_.count()] = columns_.target(place);
  kernels_.learn_sample(columns, cell(place));
}

void LineLeastSquares::fit(const LeastSquares::Place* places, int count, Fit* fits) {
  const auto n = size_t(columns_.count());
  for (int begin = 0; begin < count; begin += kLanes) {
    const int lanes = std::min(kLanes, count - begin);
    for (int lane = 0; lane < lanes; ++lane) {
      const int32_t* sum = cell(places[begin + lane]);
      for (size_t i = 0; i <= n; ++i, sum += PixelKernels::kLineColumns) {
        double* row = system_.data() + i * (n + 1) * kLanes + lane;
        for (size_t j = 0; j <= i; ++j) row[j * kLanes] = double(sum[j]);
        row[i * kLanes] += i < n ? kRidge : kOwnRidge;
      }
    }
    kernels_.solve(system_.data(), int(n) + 1, kLeastPivot);
    const double* last = system_.data() + n * (n + 1) * kLanes;
    for (int lane = 0; lane < lanes; ++lane) {
      int16_t columns[2 * PixelKernels::kLineColumns];
      double weights[PixelKernels::kLineColumns];
      for (size_t i = 0; i < n; ++i) weights[i] = last[i * kLanes + size_t(lane)];
      columns_.gather(places[begin + lane], columns);
      fits[begin + lane] = {.prediction = columns_.forecast(places[begin + lane], weights, columns),
                            .error = left_of(last[n * kLanes + size_t(lane)], kTotal)};
    }
  }
}

}  // namespace lmc
