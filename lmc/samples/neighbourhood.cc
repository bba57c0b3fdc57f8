#include "lmc/samples/neighbourhood.h"

#include <bit>
#include <cstring>
#include <utility>

namespace lmc {
namespace {

struct Run {  // offsets (from..to, y)
  int y, from, to;
};

constexpr Run kFirstOwn[] = {{0, -5, -1}, {-1, -5, 3}, {-2, -4, 4}, {-3, -3, 4}, {-4, -3, 3}, {-5, -1, 2}};
constexpr Run kSecondOwn[] = {{0, -3, -1}, {-1, -3, 3}, {-2, -3, 3}, {-3, -1, 2}};
constexpr Run kSecondEarlier[] = {{-2, -1, 1}, {-1, -2, 2}, {0, -2, 2}, {1, -2, 2}, {2, -1, 1}};
constexpr Run kThirdOwn[] = {{0, -3, -1}, {-1, -2, 3}, {-2, -2, 2}, {-3, 0, 1}};
constexpr Run kThirdEarlier[] = {{-2, 0, 0}, {-1, -1, 1}, {0, -2, 2}, {1, -1, 1}, {2, 0, 0}};

NeighbourOffsets make_offsets(std::span<const Run> own, std::span<const Run> earlier) {
  NeighbourOffsets out;
  size_t n = 0;
  const auto append = [&](std::span<const Run> runs) {
    for (const Run& run : runs)
      for (int x = run.from; x <= run.to; ++x) out.offsets[n++] = {int8_t(x), int8_t(run.y)};
  };
  append(own);
  out.own_count = int(n);
  while (n < kNeighbours && !earlier.empty()) append(earlier);
  return out;
}

// The samples of runs whose lengths the compiler knows; returns where the next ones go.
template <const auto& kRuns>
inline uint16_t* copy_runs(const uint16_t* at, ptrdiff_t stride, uint16_t* out) {
  [&]<size_t... kNumber>(std::index_sequence<kNumber...>) {
    const auto copy = [&]<size_t kCount>(const Run& run, std::integral_constant<size_t, kCount>) {
      std::memcpy(out, at + run.y * stride + run.from, kCount * sizeof *out);
      out += kCount;
    };
    (copy(kRuns[kNumber], std::integral_constant<size_t, size_t(kRuns[kNumber].to - kRuns[kNumber].from + 1)>()), ...);
  }
  (std::make_index_sequence<std::size(kRuns)>());
  return out;
}

// Nearest integer, ties to even, without a library call: |x| < 2^22.
inline int32_t round_to_int(float x) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23
  return std::bit_cast<int32_t>(x + kMagic) - std::bit_cast<int32_t>(kMagic);
}

// log2(n) for n >= 1 by its leading bit and a parabola through the rest: within 0.01, and the same everywhere.
inline float rough_log2(uint32_t n) {
  const int exponent = int(std::bit_width(n)) - 1;
  const float mantissa = float(n) / float(1u << exponent) - 1.0f;
  return float(exponent) + mantissa * (1.344f - 0.344f * mantissa);
}

inline int16_t to_input(float value) {
  const float scaled = value * kInputUnit;
  const float peak = float(kInputPeak);
  return int16_t(round_to_int(scaled > peak ? peak : scaled < -peak ? -peak : scaled));
}

}  // namespace

const NeighbourOffsets& neighbour_offsets(PlaneRole role) {
  static const std::array<NeighbourOffsets, kPlaneRoles> table = {
      make_offsets(kFirstOwn, {}), make_offsets(kSecondOwn, kSecondEarlier), make_offsets(kThirdOwn, kThirdEarlier)};
  return table[size_t(role)];
}

Neighbourhood::Neighbourhood(PlaneRole role, ptrdiff_t stride, int bits, Isa isa)
    : role_(role), kernels_(pixel_kernels(isa)), peak_(float((1 << bits) - 1)), stride_(stride) {
  const int own_count = neighbour_offsets(role).own_count;
  for (int i = 0; i < kNeighbours; ++i)
    masks_[i < own_count ? 0 : 1 + (i - own_count) / ((kNeighbours - own_count) / int(role))][i] = -1;
}

// Differences are in sixteenths of a sample.
Neighbourhood::Normal Neighbourhood::gather(const uint16_t* own, const std::array<const uint16_t*, 2>& earlier,
                                            int16_t* inputs) const {
  const auto centre_of = [this](const uint16_t* p) {
    return 2 * (3 * (int32_t(p[-1]) + p[-stride_]) + p[-stride_ - 1] + p[-stride_ + 1]);
  };
  uint16_t samples[kPixelInputs] = {};
  switch (role_) {
    case PlaneRole::kFirst:
      copy_runs<kFirstOwn>(own, stride_, samples);
      break;
    case PlaneRole::kSecond:
      copy_runs<kSecondEarlier>(earlier[0], stride_, copy_runs<kSecondOwn>(own, stride_, samples));
      break;
    case PlaneRole::kThird:
      copy_runs<kThirdEarlier>(
          earlier[1], stride_,
          copy_runs<kThirdEarlier>(earlier[0], stride_, copy_runs<kThirdOwn>(own, stride_, samples)));
      break;
  }
  const int32_t centre = centre_of(own);
  int32_t centres[kPlaneRoles] = {centre};
  for (size_t p = 0; p < size_t(role_); ++p) centres[p + 1] = centre_of(earlier[p]);
  int32_t differences[kPixelInputs], sums[2];
  kernels_.differences(samples, masks_, centres, differences, sums);
  const int32_t own_sum = sums[0], sum = sums[1];
  const auto distance = [centre](uint16_t v) {
    const int32_t d = 16 * int32_t(v) - centre;
    return d < 0 ? -d : d;
  };
  const int32_t near = distance(own[-1]) + distance(own[-stride_]) + distance(own[-stride_ - 1]) +
                       distance(own[-stride_ + 1]) + distance(own[-2]) + distance(own[-2 * stride_]);

  Normal normal;
  normal.centre = float(centre) * 0.0625f;
  const float mean = float(sum) * (0.0625f / float(kNeighbours));
  normal.scale = mean > kLeastScale ? mean : kLeastScale;
  const float factor = 0.0625f * kInputUnit / normal.scale;
  kernels_.scale(differences, factor, float(kInputPeak), inputs);
  const float inverse = 1.0f / normal.scale;
  const float log_sum = rough_log2(uint32_t(sum) + kNeighbours);
  inputs[42] = to_input((log_sum - 10.0f) * 0.5f);
  inputs[43] = to_input(inverse * 4.0f);
  inputs[44] = to_input(normal.centre * inverse * 0.5f);
  inputs[45] = to_input((peak_ - normal.centre) * inverse * 0.5f);
  inputs[46] = to_input(rough_log2(uint32_t(near) * 7 + kNeighbours) - log_sum);
  inputs[47] =
      role_ == PlaneRole::kFirst ? to_input(0.0f) : to_input(rough_log2(uint32_t(own_sum) + kNeighbours) - log_sum);
  return normal;
}

}  // namespace lmc
