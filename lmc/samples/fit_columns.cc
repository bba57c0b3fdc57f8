#include "lmc/samples/fit_columns.h"

#include <algorithm>
#include <cmath>

namespace lmc {
namespace {

constexpr int kOwnReach = 5;
constexpr float kMostLeft = 4096.0f;

// The first `count`, nearest first.
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

FitColumns::FitColumns(PlaneRole role, int own, int earlier, ptrdiff_t stride)
    : stride_(stride),
      planes_(int(role)),
      own_(nearest(before(), own, stride)),
      earlier_(nearest(around(), earlier, stride)) {}

void FitColumns::gather(const LeastSquares::Place& place, int16_t* out) const {
  const auto take = [&out](const uint16_t* p, int32_t centre, const std::vector<ptrdiff_t>& steps) {
    for (ptrdiff_t step : steps) {
      *out = int16_t(p[step] - centre);
      out += 2;
    }
  };
  take(place.own, centre_of(place.own), own_);
  for (size_t p = 0; p < size_t(planes_); ++p) take(place.earlier[p], centre_of(place.earlier[p]), earlier_);
}

float FitColumns::forecast(const LeastSquares::Place& place, const double* weights, const int16_t* columns) const {
  double sum = 0.0;
  for (int i = 0; i < count(); ++i) sum = sum + weights[i] * double(columns[2 * i]);
  const auto forecast = float(double(centre_of(place.own)) + sum);
  return forecast > 0.0f ? forecast : 0.0f;
}

float left_of(double pivot, double total) {
  const auto left = float(std::sqrt(pivot / total));
  return left < kMostLeft ? left : kMostLeft;
}

}  // namespace lmc
