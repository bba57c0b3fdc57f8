#include "lmc/media/vp8l_costs.h"

#include <algorithm>
#include <bit>

namespace lmc {
namespace {

// log2 of 0..65535, cut off after 16 binary places: squaring a number from 1 to 2 says one place after the other.
std::vector<uint32_t> make_logarithms() {
  std::vector<uint32_t> table(1 << 16);
  for (uint32_t value = 2; value < table.size(); ++value) {
    const int whole = std::bit_width(value) - 1;
    uint64_t mantissa = uint64_t(value) << (31 - whole);
    uint32_t places = 0;
    for (int i = 0; i < 16; ++i) {
      mantissa = mantissa * mantissa >> 31;
      const bool above = mantissa >> 32 != 0;
      if (above) mantissa >>= 1;
      places = places << 1 | uint32_t(above);
    }
    table[value] = uint32_t(whole) << 16 | places;
  }
  return table;
}

}  // namespace

uint32_t vp8l_log2(uint64_t value) {
  static const std::vector<uint32_t> table = make_logarithms();  // constant after the first call
  const int shift = std::max(0, int(std::bit_width(value)) - 16);
  return table[value >> shift] + (uint32_t(shift) << 16);
}

std::vector<uint32_t> vp8l_costs(const std::vector<uint32_t>& counts) {
  uint64_t sum = 0;
  size_t used = 0;
  for (const uint32_t count : counts) {
    sum += count;
    used += count > 0;
  }
  std::vector<uint32_t> costs(counts.size());
  if (used <= 1) return costs;
  for (size_t i = 0; i < counts.size(); ++i) costs[i] = vp8l_log2(sum) - vp8l_log2(counts[i]);
  return costs;
}

}  // namespace lmc
