#include "lmc/media/audio/flac/flac_forecast.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lmc {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Of 0 <= x <= pi + 0.001, by its series around pi / 2: -sin(x - pi / 2).
double cosine(double x) {
  const double y = x - kPi / 2, square = y * y;
  double sum = 0.0;
  for (int i = 25; i > 1; i -= 2) sum = (sum + 1.0) * (-square / double(i * (i - 1)));
  return -(y * (1.0 + sum));
}

// Of half a cosine; n up to 2 length. libFLAC 1.4 has angle and cosine in binary32.
enum class Curve { kShort, kLong };
float half_cosine(int n, int length, Curve curve) {
  double angle = kPi * n / length;
  if (curve == Curve::kShort) angle = double(float(angle));
  const double value = cosine(n > length ? 2 * kPi - angle : angle);
  return curve == Curve::kShort ? 0.5f - 0.5f * float(value) : float(0.5 - 0.5 * value);
}

// A rectangle with ends of half a cosine: share of the block that both take.
void make_tukey(size_t block, float share, Curve curve, std::vector<float>& window) {
  window.assign(block, 1.0f);
  const auto length = int32_t(share / 2.0f * float(block)) - 1;
  for (int n = 0; n <= length && length > 0; ++n) {
    window[size_t(n)] = half_cosine(n, length, curve);
    window[block - size_t(length) - 1 + size_t(n)] = half_cosine(length + n, length, curve);
  }
}

// Half cosines of `length` up from the place `at`, or down.
void rise(std::vector<float>& window, size_t at, int32_t length) {
  for (int32_t i = 0; i < length; ++i) window[at + size_t(i)] = half_cosine(i + 1, length, Curve::kLong);
}
void fall(std::vector<float>& window, size_t at, int32_t length) {
  for (int32_t i = 0; i < length; ++i) window[at + size_t(i)] = half_cosine(length - i, length, Curve::kLong);
}
constexpr float kPartShare = 0.2f;

struct Part {
  int32_t begin, end;
  // Of `parts` parts of a block, each overlapping the next by a share.
  Part(size_t block, int part, int parts, float overlap) {
    const float more = 1.0f / (1.0f - overlap) - 1.0f;
    begin = int32_t(float(part) / (float(parts) + more) * float(block));
    end = std::min(int32_t((float(part + 1) + more) / (float(parts) + more) * float(block)), int32_t(block));
  }
};
// A part of the block, the rest 0.
void make_partial(size_t block, int part, std::vector<float>& window) {
  window.assign(block, 0.0f);
  const Part at(block, part, 2, 0.1f);
  const auto length = int32_t(kPartShare / 2.0f * float(at.end - at.begin));
  std::fill(window.begin() + at.begin + length, window.begin() + at.end - length, 1.0f);
  rise(window, size_t(at.begin), length);
  fall(window, size_t(at.end - length), length);
}
// All but a part of the block.
void make_punchout(size_t block, int part, std::vector<float>& window) {
  window.assign(block, 1.0f);
  const Part at(block, part, 3, 0.2f);
  const auto before = int32_t(kPartShare / 2.0f * float(at.begin));
  const auto behind = int32_t(kPartShare / 2.0f * float(int32_t(block) - at.end));
  std::fill(window.begin() + at.begin, window.begin() + at.end, 0.0f);
  rise(window, 0, before);
  fall(window, size_t(at.begin - before), before);
  rise(window, size_t(at.end), behind);
  fall(window, block - size_t(behind), behind);
}

int32_t rounded(double value) {  // halves away from 0; what is no number is 0
  constexpr double kMost = 1e6;
  if (!(value > -kMost)) return value <= -kMost ? int32_t(-kMost) : 0;
  if (value > kMost) return int32_t(kMost);
  return int32_t(value + (value < 0 ? -0.5 : 0.5));
}

}  // namespace

int most_partition_order(size_t block, int order, int most) {
  int out = std::min(most, std::countr_zero(block));
  while (out > 0 && (block >> out) <= size_t(order)) --out;
  return out;
}

void RiceForecast::start(const FlacSignal& residual, size_t block, int order, int most, bool wide) {
  block_ = block;
  order_ = size_t(order);
  most_parameter_ = wide ? 30 : 14;
  const size_t finest = size_t(1) << most, each = block >> most;
  sums_.assign(2 * finest - 1, {});
  size_t at = 0;
  for (size_t partition = 0; partition < finest; ++partition) {
    Sums& sum = sums_[finest - 1 + partition];
    for (const size_t end = (partition + 1) * each - order_; at < end; ++at) {
      const int64_t value = residual[at];
      const uint64_t folded = uint64_t(value) << 1 ^ uint64_t(value >> 63);
      sum.folded += folded;
      sum.sizes += (folded + 1) / 2;
    }
  }
  for (size_t i = finest - 1; i-- > 0;) {
    sums_[i].sizes = sums_[2 * i + 1].sizes + sums_[2 * i + 2].sizes;
    sums_[i].folded = sums_[2 * i + 1].folded + sums_[2 * i + 2].folded;
  }
  for (Encoder encoder : {kLibFlac, kFfmpeg}) {
    uint64_t best = UINT64_MAX;
    for (int level = most; level >= 0; --level) {
      uint64_t bits = 0;
      for (size_t partition = 0; partition < size_t(1) << level; ++partition) {
        const auto k = uint64_t(parameter(encoder, level, partition)), n = uint64_t(count(level, partition));
        const Sums& sum = sums(level, partition);
        bits += 4 + (k + 1) * n;
        if (encoder == kLibFlac)
          bits += (k > 0 ? sum.sizes >> (k - 1) : sum.sizes << 1) - (n >> 1);
        else
          bits += uint64_t(int64_t(sum.folded - (n >> 1)) >> k);
      }
      if (bits < best) {
        best = bits;
        partition_orders_[encoder] = level;
      }
    }
  }
}

int RiceForecast::parameter(Encoder encoder, int partition_order, size_t partition) const {
  const auto n = uint64_t(count(partition_order, partition));
  const Sums& sum = sums(partition_order, partition);
  if (n == 0) return 0;
  int out = 0;
  if (encoder == kLibFlac) {
    const uint64_t inverse = 0x40000 / n;
    if (sum.sizes >= 2) out = int(std::bit_width((sum.sizes - 1) * inverse >> 18));
  } else if (sum.folded > n >> 1) {
    const uint64_t mean = std::min<uint64_t>((sum.folded - (n >> 1)) / n, INT32_MAX);
    out = std::max(int(std::bit_width(mean)) - 1, 0);
  }
  return std::min(out, most_parameter_);
}

RiceForecast::Mean RiceForecast::mean(int partition_order, size_t partition) const {
  const uint64_t n = std::max<uint64_t>(count(partition_order, partition), 1);
  const uint64_t eighths = sums(partition_order, partition).folded * 8 / n;
  const int size = int(std::bit_width(eighths));
  return {size, size < 3 ? 0 : int(eighths >> (size - 3) & 3)};
}

int candidates_of(FlacWindows windows) {
  constexpr int kCandidates[kFlacWindows] = {0, 1, 3, 9, 1, 1, 6, 6};
  return kCandidates[size_t(windows)];
}

void FlacFit::start(FlacWindows windows, const FlacSignal& signal, int order, int most_order) {
  signal_ = &signal;
  order_ = order;
  most_order_ = most_order;
  for (Correlation& each : correlations_) each.is_there = false;
  const bool is_parts = windows == FlacWindows::kParts || windows == FlacWindows::kPartsInOrder;
  if (windows == windows_ && !shapes_.empty() && shapes_[0].size() == signal.size()) return;
  windows_ = windows;
  shapes_.assign(is_parts ? 6 : 1, {});
  constexpr float kTukeyShare = 0.5f;
  const float parts = windows == FlacWindows::kHalves ? 2.0f : windows == FlacWindows::kThirds ? 3.0f : 1.0f;
  make_tukey(signal.size(), kTukeyShare / parts, is_parts ? Curve::kLong : Curve::kShort, shapes_[0]);
  if (!is_parts) return;
  for (int i = 0; i < 2; ++i) make_partial(signal.size(), i, shapes_[size_t(1 + i)]);
  for (int i = 0; i < 3; ++i) make_punchout(signal.size(), i, shapes_[size_t(3 + i)]);
}

double FlacFit::sum_of_products(std::span<const double> values, size_t lag) const {
  const size_t size = values.size();
  if (windows_ < FlacWindows::kParts) {
    double sum = windows_ == FlacWindows::kFfmpeg || windows_ == FlacWindows::kWelch ? 1.0 : 0.0;
    for (size_t i = lag; i < size; ++i) sum += values[i] * values[i - lag];
    return sum;
  }
  const auto product = [&](size_t i) { return float(values[i]) * float(values[i + lag]); };
  float sum = 0.0f;
  // With vectors of so many lags, the last products are added from the end.
  const size_t lanes = size_t(most_order_ / 4 + 1) * 4;
  const bool is_in_order = windows_ == FlacWindows::kPartsInOrder || most_order_ >= 16;
  const size_t pairs = size - std::min(lag, size);
  const size_t forward = is_in_order ? pairs : std::min(pairs, size + 1 - std::min(lanes, size + 1));
  for (size_t i = 0; i < forward; ++i) sum += product(i);
  for (size_t i = size; i-- > forward;)
    if (i + lag < size) sum += product(i);
  return double(sum);
}

void FlacFit::correlate(std::span<const double> values, Correlation& out) const {
  out.is_there = true;
  for (size_t lag = 0; lag <= size_t(order_); ++lag) out.lags[lag] = sum_of_products(values, lag);
}

void FlacFit::weigh_whole(int candidate) {
  const FlacSignal& signal = *signal_;
  const size_t block = signal.size();
  weighted_.assign(block, 0.0);
  if (windows_ == FlacWindows::kFfmpeg || windows_ == FlacWindows::kWelch) {
    const double c = 2.0 / (double(block) - 1.0);
    for (size_t i = 0; i < block / 2; ++i) {
      const double place = windows_ == FlacWindows::kFfmpeg ? c - double(i) - 1.0 : c * double(i) - 1.0;
      const double weight = 1.0 - place * place;
      weighted_[i] = double(signal[i]) * weight;
      weighted_[block - 1 - i] = double(signal[block - 1 - i]) * weight;
    }
    return;
  }
  const std::vector<float>& window = shapes_[size_t(candidate)];
  for (size_t i = 0; i < block; ++i) weighted_[i] = double(float(signal[i]) * window[i]);
}

// Of two or three, under both ends of the window.
void FlacFit::weigh_part(int candidate) {
  const FlacSignal& signal = *signal_;
  const std::vector<float>& window = shapes_[0];
  const size_t block = signal.size(), parts = candidate < 3 ? 2 : 3;
  const size_t part = candidate < 3 ? size_t(candidate) - 1 : size_t(candidate - 3) / 2;
  const size_t size = block / parts, half = size / 2, begin = part * block / parts;
  weighted_.assign(size, 0.0);
  for (size_t i = 0; i < half; ++i) {
    weighted_[i] = double(float(signal[begin + i]) * window[i]);
    weighted_[half + i] = double(float(signal[begin + half + i]) * window[block - half + i]);
  }
}

const FlacFit::Correlation& FlacFit::correlation(int candidate) {
  Correlation& out = correlations_[size_t(candidate)];
  if (out.is_there) return out;
  if (candidate == 0 || windows_ >= FlacWindows::kParts) {
    weigh_whole(candidate);
    correlate(weighted_, out);
    return out;
  }
  // 1, 2: the halves; 3, 5, 7: the thirds; 4, 6, 8: the whole less the third before.
  if (candidate < 3 || candidate % 2 != 0) {
    weigh_part(candidate);
    correlate(weighted_, out);
    return out;
  }
  const Correlation &whole = correlation(0), &third = correlation(candidate - 1);
  out.is_there = true;
  // libFLAC does not subtract the longest lag.
  for (size_t lag = 0; lag <= size_t(order_); ++lag)
    out.lags[lag] = lag < size_t(most_order_) ? whole.lags[lag] - third.lags[lag] : third.lags[lag];
  return out;
}

const std::array<double, kMostFlacOrder>& FlacFit::coefficients(int candidate) {
  const auto& lags = correlation(candidate).lags;
  fitted_.fill(0.0);
  double error = lags[0];
  auto& c = fitted_;
  for (int i = 0; i < order_; ++i) {
    double r = -lags[size_t(i) + 1];
    for (int j = 0; j < i; ++j) r -= c[size_t(j)] * lags[size_t(i - j)];
    r /= error;
    c[size_t(i)] = r;
    for (int j = 0; j < i / 2; ++j) {
      const double low = c[size_t(j)], high = c[size_t(i - 1 - j)];
      c[size_t(j)] = low + r * high;
      c[size_t(i - 1 - j)] = high + r * low;
    }
    if (i % 2 != 0) c[size_t(i / 2)] += c[size_t(i / 2)] * r;
    error *= 1.0 - r * r;
  }
  for (int i = 0; i < order_; ++i) {
    double& value = c[size_t(i)];
    value = windows_ == FlacWindows::kFfmpeg || windows_ == FlacWindows::kWelch ? -value : double(float(-value));
    if (!(std::fabs(value) < 1e6)) value = 0.0;
  }
  return c;
}

FlacRounding::FlacRounding(FlacWindows windows, const std::array<double, kMostFlacOrder>& coefficients, int order,
                           int precision)
    : coefficients_(coefficients), least_(-(1 << (precision - 1))), most_((1 << (precision - 1)) - 1) {
  double largest = 0.0;
  for (int i = 0; i < order; ++i) largest = std::max(largest, std::fabs(coefficients[size_t(i)]));
  constexpr int kMostShift = 15;
  shift_ = kMostShift;
  if (windows == FlacWindows::kFfmpeg || windows == FlacWindows::kWelch) {
    least_ = -most_;
    while (shift_ > 0 && largest * double(1 << shift_) > double(most_)) --shift_;
  } else {
    // The largest is less than 2^(precision - 1) then.
    while (shift_ > 0 && largest * double(1 << shift_) >= double(most_) + 1.0) --shift_;
  }
}

int32_t FlacRounding::guess(int i) {
  off_ += coefficients_[size_t(i)] * scale_;
  return std::clamp(rounded(off_), least_, most_);
}

}  // namespace lmc
