#include "tools/lmc/explain_sound.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace lmc {
namespace {

constexpr uint32_t kWidth = 1200, kWaveHeight = 160, kSpectrumHeight = 256, kBitsHeight = 160, kGap = 8;
constexpr size_t kWindow = 2 * kSpectrumHeight;  // samples of a spectrum; a power of two

// In place, radix 2.
void transform(std::vector<std::complex<double>>& x) {
  const size_t n = x.size();
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (size_t size = 2; size <= n; size *= 2) {
    const auto turn = std::polar(1.0, -2 * std::numbers::pi / double(size));
    for (size_t begin = 0; begin < n; begin += size) {
      std::complex<double> factor = 1;
      for (size_t i = begin; i < begin + size / 2; ++i, factor *= turn) {
        const auto odd = factor * x[i + size / 2];
        x[i + size / 2] = x[i] - odd;
        x[i] += odd;
      }
    }
  }
}

class Drawing {
 public:
  explicit Drawing(const SoundCosts& costs) : costs_(costs), channels_(size_t(costs.sound.channels)) {
    picture_.samples.assign(size_t(kWidth) * picture_.height * 3, 24);
  }

  Picture draw() {
    for (uint32_t x = 0; x < kWidth; ++x) {
      wave(x);
      spectrum(x);
      bits(x);
    }
    return std::move(picture_);
  }

 private:
  size_t frame_at(uint32_t x) const { return size_t(uint64_t(costs_.sound.frames) * x / kWidth); }
  void set(uint32_t x, uint32_t y, const uint8_t (&colour)[3]) {
    std::ranges::copy(colour, picture_.samples.begin() + ptrdiff_t((size_t(y) * kWidth + x) * 3));
  }
  double mean(size_t frame) const {
    double sum = 0;
    for (size_t c = 0; c < channels_; ++c) sum += double(costs_.samples[frame * channels_ + c]);
    return sum / double(channels_);
  }

  void wave(uint32_t x) {
    static constexpr uint8_t kBlue[3] = {120, 170, 240};
    const double full = std::ldexp(1.0, costs_.sound.form.bits() - 1);
    const size_t begin = frame_at(x), end = std::max(frame_at(x + 1), begin + 1);
    double low = 0, high = 0;
    for (size_t frame = begin; frame < std::min(end, costs_.sound.frames); ++frame)
      for (size_t c = 0; c < channels_; ++c) {
        const double value = double(costs_.samples[frame * channels_ + c]) / full;
        low = std::min(low, value), high = std::max(high, value);
      }
    const auto y_of = [](double value) { return uint32_t((0.5 - 0.5 * value) * (kWaveHeight - 1) + 0.5); };
    for (uint32_t y = y_of(high); y <= y_of(low); ++y) set(x, y, kBlue);
  }

  void spectrum(uint32_t x) {
    constexpr double kDecibels = 90;
    std::vector<std::complex<double>> values(kWindow);
    const size_t middle = frame_at(x);
    for (size_t i = 0; i < kWindow; ++i) {
      const size_t frame = middle + i;
      if (frame < kWindow / 2 || frame - kWindow / 2 >= costs_.sound.frames) continue;
      const double window = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * double(i) / double(kWindow));
      values[i] = window * mean(frame - kWindow / 2);
    }
    transform(values);
    const double full = std::ldexp(double(kWindow) / 4, costs_.sound.form.bits() - 1);  // of a sine as loud as can be
    for (uint32_t y = 0; y < kSpectrumHeight; ++y) {
      const double loud = std::abs(values[kSpectrumHeight - 1 - y]) / full;
      Bytes colour;
      append_colour(colour, loud > 0 ? float(1 + 20 * std::log10(loud) / kDecibels) : 0.0f);
      set(x, kWaveHeight + kGap + y, {colour[0], colour[1], colour[2]});
    }
  }

  void bits(uint32_t x) {
    static constexpr uint8_t kOrange[3] = {249, 142, 9};
    if (costs_.bits.empty()) return;
    const auto next = std::ranges::upper_bound(costs_.begins, frame_at(x));
    const size_t i = size_t(next - costs_.begins.begin()) - 1;
    const auto height = uint32_t(bits_a_sample(i) / most() * kBitsHeight + 0.5);
    for (uint32_t y = 0; y < std::min(height, kBitsHeight); ++y) set(x, picture_.height - 1 - y, kOrange);
  }
  double bits_a_sample(size_t i) const {
    const size_t end = i + 1 < costs_.begins.size() ? costs_.begins[i + 1] : costs_.sound.frames;
    return double(costs_.bits[i]) / double((end - costs_.begins[i]) * channels_);
  }
  double most() {
    if (most_ == 0)
      for (size_t i = 0; i < costs_.bits.size(); ++i) most_ = std::max(most_, bits_a_sample(i));
    return std::max(most_, 1e-9);
  }

  const SoundCosts& costs_;
  size_t channels_;
  double most_ = 0;  // bits a sample
  Picture picture_{.width = kWidth,
                   .height = kWaveHeight + kSpectrumHeight + kBitsHeight + 2 * kGap,
                   .channels = 3,
                   .bits = 8,
                   .samples = {}};
};

}  // namespace

void append_colour(Bytes& out, float share) {
  constexpr float kStops[5][3] = {{0, 0, 4}, {87, 16, 110}, {188, 55, 84}, {249, 142, 9}, {252, 255, 164}};
  const float position = std::clamp(share, 0.0f, 1.0f) * 4.0f;
  const int i = std::min(int(position), 3);
  const float f = position - float(i);
  for (int c = 0; c < 3; ++c) out.push_back(uint8_t(kStops[i][c] + (kStops[i + 1][c] - kStops[i][c]) * f + 0.5f));
}

Picture draw_sound(const SoundCosts& costs) { return Drawing(costs).draw(); }

}  // namespace lmc
