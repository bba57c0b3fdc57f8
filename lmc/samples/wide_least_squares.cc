#include "lmc/samples/wide_least_squares.h"

#include <algorithm>

namespace lmc {
namespace {

constexpr int kOwn[] = {40, 24, 18}, kEarlier[] = {0, 21, 13};  // columns in a plane, by role
constexpr double kRidge = 768.0, kOwnRidge = 20.0, kLeastPivot = 16.0;
// What a matrix with all its blocks adds up to: of eight rows, 64 for each sample.
constexpr double kTotal = 64.0 * 8 * 6 * WideLeastSquares::kBlock;

}  // namespace

WideLeastSquares::WideLeastSquares(PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa)
    : kernels_(pixel_kernels(isa)),
      columns_(role, kOwn[size_t(role)], kEarlier[size_t(role)], stride),
      cells_(size_t(width / kBlock) + 1, Cell(size_t(PixelKernels::kWideCell))),
      rows_(size_t(height)),
      system_(size_t(columns_.count() + 1) * size_t(columns_.count() + 1) * PixelKernels::kFitLanes, 1.0),
      sums_(size_t(PixelKernels::kWideCell)) {}

int16_t* WideLeastSquares::columns_of(const LeastSquares::Place& place) {
  return &rows_[size_t(place.y)].samples[place.x % kBlock / 2][0][place.x % 2];
}

void WideLeastSquares::learn(const LeastSquares::Place& place, bool fitted) {
  int16_t* columns = columns_of(place);
  if (!fitted) columns_.gather(place, columns);
  columns[2 * columns_.count()] = columns_.target(place);
  if ((place.x + 1) % kBlock != 0) return;
  kernels_.learn_block(&rows_[size_t(place.y)].samples[0][0][0], cells_[size_t(place.x / kBlock)].data());
}

// The window of a fit, as one lane of the system.
void WideLeastSquares::add_blocks(int block, int lane) {
  const int32_t* window[kBefore + kAfter];
  int count = 0;
  for (int b = std::max(block - kBefore, 0); b < std::min(block + kAfter, int(cells_.size())); ++b)
    window[count++] = cells_[size_t(b)].data();
  kernels_.add_cells(window, count, sums_.data());
  const size_t n = size_t(columns_.count()) + 1;
  const int32_t* sum = sums_.data();
  for (size_t i = 0; i < n; ++i) {
    double* row = system_.data() + i * n * PixelKernels::kFitLanes + lane;
    for (size_t j = 0; j <= i; ++j) row[j * PixelKernels::kFitLanes] = double(sum[j]);
    row[i * PixelKernels::kFitLanes] += i + 1 < n ? kRidge : kOwnRidge;
    sum += (i / 8 + 1) * 8;
  }
}

void WideLeastSquares::solve(const LeastSquares::Place* const* places, int count) {
  for (int lane = 0; lane < count; ++lane) add_blocks(places[lane]->x / kBlock, lane);
  const int n = columns_.count();
  kernels_.solve(system_.data(), n + 1, kLeastPivot);
  const double* last = system_.data() + size_t(n) * size_t(n + 1) * PixelKernels::kFitLanes;
  for (int lane = 0; lane < count; ++lane) {
    Row& row = rows_[size_t(places[lane]->y)];
    for (int i = 0; i < n; ++i) row.weights[i] = last[i * PixelKernels::kFitLanes + lane];
    row.left = left_of(last[n * PixelKernels::kFitLanes + lane], kTotal);
  }
}

void WideLeastSquares::fit(const LeastSquares::Place* places, int count, Fit* fits) {
  const LeastSquares::Place* due[PixelKernels::kFitLanes];
  int waiting = 0;
  for (int k = 0; k < count; ++k) {
    if (places[k].x % kBlock == 0) due[waiting++] = &places[k];
    if (waiting == PixelKernels::kFitLanes || (waiting > 0 && k + 1 == count)) {
      solve(due, waiting);
      waiting = 0;
    }
  }
  for (int k = 0; k < count; ++k) {
    const LeastSquares::Place& place = places[k];
    const Row& row = rows_[size_t(place.y)];
    int16_t* columns = columns_of(place);
    columns_.gather(place, columns);
    fits[k] = {.prediction = columns_.forecast(place, row.weights, columns), .error = row.left};
  }
}

}  // namespace lmc
