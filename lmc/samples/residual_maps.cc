#include "lmc/samples/residual_maps.h"

#include <algorithm>
#include <cstdlib>

#include "lmc/mixing/logistic.h"

namespace lmc {
namespace {

constexpr int kExtrapolations = 13, kDirections = 3;  // of a view of the plane; with another plane in view

// at(x, y): the view's value there.
template <typename At>
int32_t* extrapolate(const At& at, int32_t* out) {
  const auto line = [&at](int x, int y) { return std::array{at(x, y), at(2 * x, 2 * y), at(3 * x, 3 * y)}; };
  const auto w = line(-1, 0), n = line(0, -1), ne = line(1, -1), nw = line(-1, -1);
  const int32_t w4 = at(-4, 0), w5 = at(-5, 0), n4 = at(0, -4), n5 = at(0, -5);
  *out++ = n[0] + ne[0] - at(1, -2);
  *out++ = 3 * w[0] - 3 * w[1] + w[2];
  *out++ = 3 * n[0] - 3 * n[1] + n[2];
  *out++ = 4 * w[0] - 6 * w[1] + 4 * w[2] - w4;
  *out++ = 4 * n[0] - 6 * n[1] + 4 * n[2] - n4;
  *out++ = 5 * w[0] - 10 * w[1] + 10 * w[2] - 5 * w4 + w5;
  *out++ = 5 * n[0] - 10 * n[1] + 10 * n[2] - 5 * n4 + n5;
  *out++ = (15 * w[0] - 20 * w[1] + 15 * w[2] - 6 * w4 + w5) / 5;
  *out++ = (15 * n[0] - 20 * n[1] + 15 * n[2] - 6 * n4 + n5) / 5;
  for (const auto& a : {w, n, ne, nw}) *out++ = (6 * a[0] - 4 * a[1] + a[2]) / 3;
  return out;
}

}  // namespace

int ResidualMaps::forecasts(PlaneRole role) {
  if (role == PlaneRole::kFirst) return kGiven + kExtrapolations;
  return kGiven + int(role) * (kExtrapolations + kDirections);
}

// A row's errors are needed until the second row below it has ended.
ResidualMaps::ResidualMaps(PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa)
    : kernels_(pixel_kernels(isa)),
      planes_(int(role)),
      count_(forecasts(role)),
      stride_(stride),
      row_size_(size_t(width + 3) * size_t(count_)),
      error_rows_(size_t(std::min(height + 2, width / kLag + 4))),
      errors_(error_rows_ * row_size_, 255),
      counts_((size_t(count_) * kPerForecast + 1) * PixelKernels::kHistogram) {
  for (size_t i = 0; i < kMostInputs; ++i)
    chosen_[i] = int32_t(size_t(count_) * kPerForecast * PixelKernels::kHistogram);
}

uint8_t* ResidualMaps::errors_at(int x, int y) {
  return errors_.data() + size_t(y + 2) % error_rows_ * row_size_ + size_t(x + 2) * size_t(count_);
}

void ResidualMaps::forecast(const LeastSquares::Place& place, int32_t* out) const {
  const auto own = [&](int x, int y) { return int32_t(place.own[y * stride_ + x]); };
  if (planes_ == 0) extrapolate(own, out);
  for (size_t p = 0; p < size_t(planes_); ++p) {
    const auto other = [&, q = place.earlier[p]](int x, int y) { return int32_t(q[y * stride_ + x]); };
    int32_t* const first = out;
    out = extrapolate([&](int x, int y) { return own(x, y) - other(x, y); }, out);
    for (int32_t* value = first; value != out; ++value) *value += other(0, 0);
    *out++ = own(-1, 0) + ((other(1, 0) - other(-1, 0) + 1) >> 1);
    *out++ = own(0, -1) + ((other(0, 1) - other(0, -1) + 1) >> 1);
    *out++ = other(0, 0);
  }
}

void ResidualMaps::begin(const LeastSquares::Place& place, const std::array<int32_t, kGiven>& given,
                         uint32_t surprise) {
  place_ = place;
  std::copy(given.begin(), given.end(), forecasts_.begin());
  forecast(place, forecasts_.data() + kGiven);
  const int x = place.x, y = place.y;
  const uint8_t *w = errors_at(x - 1, y), *n = errors_at(x, y - 1), *ne = errors_at(x + 1, y - 1),
                *nw = errors_at(x - 1, y - 1), *ww = errors_at(x - 2, y), *nn = errors_at(x, y - 2);
  for (size_t i = 0; i < size_t(count_); ++i) {
    const uint32_t around = (2u * (w[i] + n[i]) + ne[i] + nw[i] + ww[i] + nn[i]) >> 3;
    const size_t first = i * kPerForecast;
    chosen_[2 * i] = int32_t((first + std::min(around, kSizes - 1)) * PixelKernels::kHistogram);
    chosen_[2 * i + 1] = int32_t((first + kSizes + surprise) * PixelKernels::kHistogram);
    bins_[2 * i] = bins_[2 * i + 1] = (kCentre - forecasts_[i]) & 255;
  }
  for (size_t i = 0; i < size_t(inputs()); ++i) totals_[i] = counts_[size_t(chosen_[i]) + 256];
  low_.value = middle_.value = high_.value = -1;
}

void ResidualMaps::find(Threshold& threshold, int32_t value) {
  if (threshold.value == value) return;
  threshold.value = value;
  kernels_.counts_below(counts_.data(), chosen_.data(), bins_.data(), totals_.data(), (inputs() + 7) / 8 * 8, value,
                        threshold.below.data());
}

void ResidualMaps::input(int32_t low, int32_t middle, int32_t high, float* x) {
  find(low_, low);
  find(middle_, middle);
  find(high_, high);
  float logits[kMostInputs];
  kernels_.log_odds(low_.below.data(), middle_.below.data(), high_.below.data(), (inputs() + 7) / 8 * 8,
                    logistic().stretch_table(), logits);
  std::copy_n(logits, inputs(), x);
}

void ResidualMaps::narrow(int bit) {
  std::swap(bit ? low_.value : high_.value, middle_.value);
  std::swap(bit ? low_.below : high_.below, middle_.below);
}

void ResidualMaps::learn(uint32_t sample) {
  uint8_t* errors = errors_at(place_.x, place_.y);
  for (size_t i = 0; i < size_t(count_); ++i)
    errors[i] = uint8_t(std::min(std::abs(int32_t(sample) - forecasts_[i]), 255));
  for (size_t i = 0; i < size_t(inputs()); ++i) {
    uint16_t* counts = counts_.data() + chosen_[i];
    kernels_.count_up(counts, (bins_[i] + int32_t(sample)) & 255);
    if (counts[256] < kMostCounts) continue;
    for (size_t k = 0; k < PixelKernels::kHistogram; ++k) counts[k] = uint16_t(counts[k] >> 1);
  }
}

void ResidualMaps::pass(const LeastSquares::Place& place) {
  std::fill_n(errors_at(place.x, place.y), count_, uint8_t(0));
}

}  // namespace lmc
