#include "lmc/pixels/wide_least_squares.h"

#include <algorithm>
#include <cmath>

namespace lmc {
namespace {

constexpr int kOwn[] = {40, 24, 18}, kEarlier[] = {0, 21, 13};  // columns in a plane, by role
constexpr int kOwnReach = 5;
constexpr double kRidge = 768.0, kOwnRidge = 20.0, kLeastPivot = 16.0;
// What a matrix with all its blocks adds up to: of eight rows, 64 for each sample.
constexpr double kTotal = 64.0 * 8 * 6 * WideLeastSquares::kBlock;

// Nearest first, the first `count`.
std::vector<ptrdiff_t> nearest(std::vector<Offset> offsets, int count, ptrdiff_t stride) {
  const auto distance = [](Offset o) { return o.x * o.x + o.y * o.y; };
  std::stable_sort(offsets.begin(), offsets.end(), [&](Offset a, Offset b) { return distance(a) < distance(b); });
  std::vector<ptrdiff_t> steps;
  for (size_t i = 0; i < size_t(count); ++i) steps.push_back(offsets[i].y * stride + offsets[i].x);
  return steps;
}

std::vector<Offset> before() {
  std::vector<Offset> out;
  for (int y = -kOwnReach; y <= 0; ++y)
    for (int x = -kOwnReach; x <= (y == 0 ? -1 : std::min(kOwnReach, kLag * -y - 1)); ++x)
      out.push_back({int8_t(x), int8_t(y)});
  return out;
}

std::vector<Offset> around() {
  std::vector<Offset> out;
  for (int y = -kLookAhead; y <= kLookAhead; ++y)
    for (int x = -kLookAhead; x <= kLookAhead; ++x) out.push_back({int8_t(x), int8_t(y)});
  return out;
}

}  // namespace

WideLeastSquares::WideLeastSquares(PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa)
    : kernels_(pixel_kernels(isa)),
      stride_(stride),
      planes_(int(role)),
      inputs_(kOwn[size_t(role)] + int(role) * kEarlier[size_t(role)]),
      own_(nearest(before(), kOwn[size_t(role)], stride)),
      earlier_(nearest(around(), kEarlier[size_t(role)], stride)),
      cells_(size_t(width / kBlock) + 1, Cell(size_t(PixelKernels::kWideCell))),
      rows_(size_t(height)),
      system_(size_t(inputs_ + 1) * size_t(inputs_ + 1) * PixelKernels::kFitLanes, 1.0),
      sums_(size_t(PixelKernels::kWideCell)) {}

void WideLeastSquares::gather(const LeastSquares::Place& place, Row& row) const {
  int16_t* out = &row.samples[place.x % kBlock / 2][0][place.x % 2];
  const auto take = [&out](const uint16_t* p, int32_t centre, const std::vector<ptrdiff_t>& steps) {
    for (ptrdiff_t step : steps) {
      *out = int16_t(p[step] - centre);
      out += 2;
    }
  };
  take(place.own, centre_of(place.own), own_);
  for (size_t p = 0; p < size_t(planes_); ++p) take(place.earlier[p], centre_of(place.earlier[p]), earlier_);
}

void WideLeastSquares::learn(const LeastSquares::Place& place, bool fitted) {
  Row& row = rows_[size_t(place.y)];
  if (!fitted) gather(place, row);
  const int number = place.x % kBlock;
  row.samples[number / 2][inputs_][number % 2] = int16_t(*place.own - centre_of(place.own));
  if (number + 1 == kBlock) kernels_.learn_block(&row.samples[0][0][0], cells_[size_t(place.x / kBlock)].data());
}

// The window of a fit, as one lane of the system.
void WideLeastSquares::add_blocks(int block, int lane) {
  const int32_t* window[kBefore + kAfter];
  int count = 0;
  for (int b = std::max(block - kBefore, 0); b < std::min(block + kAfter, int(cells_.size())); ++b)
    window[count++] = cells_[size_t(b)].data();
  kernels_.add_cells(window, count, sums_.data());
  const size_t n = size_t(inputs_) + 1;
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
  kernels_.solve(system_.data(), inputs_ + 1, kLeastPivot);
  const double* last = system_.data() + size_t(inputs_) * size_t(inputs_ + 1) * PixelKernels::kFitLanes;
  for (int lane = 0; lane < count; ++lane) {
    Row& row = rows_[size_t(places[lane]->y)];
    for (int i = 0; i < inputs_; ++i) row.weights[i] = last[i * PixelKernels::kFitLanes + lane];
    const auto left = float(std::sqrt(last[inputs_ * PixelKernels::kFitLanes + lane] / kTotal));
    row.left = left < 4096.0f ? left : 4096.0f;
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
    Row& row = rows_[size_t(place.y)];
    gather(place, row);
    const int16_t* columns = &row.samples[place.x % kBlock / 2][0][place.x % 2];
    double sum = 0.0;
    for (int i = 0; i < inputs_; ++i) sum = sum + row.weights[i] * double(columns[2 * i]);
    const auto forecast = float(double(centre_of(place.own)) + sum);
    fits[k].prediction = forecast > 0.0f ? forecast : 0.0f;
    fits[k].error = row.left;
  }
}

}  // namespace lmc
