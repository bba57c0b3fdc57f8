#include "lmc/media/image/webp/vp8l_costs.h"

#include <bit>
#include <cstddef>

namespace lmc {
namespace {

// log2 with 32 binary places, cut off: squaring a number from 1 to 2 says one place after the other. value: at least 1.
uint64_t fine_log2(uint32_t value) {
  const int whole = std::bit_width(value) - 1;
  uint64_t mantissa = uint64_t(value) << (31 - whole);
  uint64_t places = 0;
  for (int i = 0; i < 32; ++i) {
    mantissa = mantissa * mantissa >> 31;
    const bool above = mantissa >> 32 != 0;
    if (above) mantissa >>= 1;
    places = places << 1 | uint64_t(above);
  }
  return uint64_t(whole) << 32 | places;
}

int64_t times_log2(uint64_t value, uint64_t fine) {  // value below 2^27
  return int64_t((value * (fine >> 32) << 16) + (value * (fine & 0xffffffffu) >> 16));
}

}  // namespace

Vp8lLogarithms::Vp8lLogarithms() : terms_(kApproximateBelow) {
  for (uint32_t value = 1; value < kExactBelow; ++value) fine_[value] = fine_log2(value);
  for (uint32_t value = 1; value < kApproximateBelow; ++value) {
    const int shift = std::bit_width(value) > 8 ? std::bit_width(value) - 8 : 0;
    const uint64_t low = value & ((1u << shift) - 1);
    terms_[value] = times_log2(value, fine_[value >> shift] + (uint64_t(shift) << 32)) +
                    int64_t(23 * low >> 4 << 16);  // ln 2 is about 16/23
  }
}

int64_t Vp8lLogarithms::far_term(uint32_t value) { return times_log2(value, fine_log2(value)); }

const Vp8lLogarithms& vp8l_logarithms() {
  static const Vp8lLogarithms logarithms;
  return logarithms;
}

uint32_t vp8l_log2(uint32_t value) { return value == 0 ? 0 : uint32_t(fine_log2(value) >> 16); }

std::vector<uint32_t> vp8l_costs(const std::vector<uint32_t>& counts) {
  uint32_t sum = 0;
  std::size_t used = 0;
  for (const uint32_t count : counts) {
    sum += count;
    used += count > 0;
  }
  std::vector<uint32_t> costs(counts.size());
  if (used <= 1) return costs;
  for (std::size_t i = 0; i < counts.size(); ++i) costs[i] = vp8l_log2(sum) - vp8l_log2(counts[i]);
  return costs;
}

}  // namespace lmc
