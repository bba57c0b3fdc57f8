#include "lmc/coefficients/decoded/inverse_dct.h"

#include <algorithm>
#include <cstddef>

namespace lmc {
namespace {

// What each even, and each odd, frequency adds to samples 0..3, times 2^13; samples 7..4 get the same of the even and
// the opposite of the odd ones. The factorisation rounds nothing within a pass, so these sums of its constants
// (4433, 6270, 15137; 2446, 16819, 25172, 12299, 7373, 20995, 16069, 3196, 9633) give the same integers.
constexpr int64_t kEven[4][4] = {
    {8192, 8192, 8192, 8192}, {10703, 4433, -4433, -10703}, {8192, -8192, -8192, 8192}, {4433, -10704, 10704, -4433}};
constexpr int64_t kOdd[4][4] = {
    {11363, 9633, 6437, 2260}, {9633, -2259, -11362, -6436}, {6437, -11362, 2261, 9633}, {2260, -6436, 9633, -11363}};

// Of eight values that lie so far apart, in place.
void transform(int64_t* values, size_t apart, int shift) {
  int64_t even[4] = {}, odd[4] = {};
  for (size_t frequency = 0; frequency < 4; ++frequency) {
    const int64_t of_even = values[2 * frequency * apart], of_odd = values[(2 * frequency + 1) * apart];
    for (size_t i = 0; i < 4; ++i) {
      even[i] += kEven[frequency][i] * of_even;
      odd[i] += kOdd[frequency][i] * of_odd;
    }
  }
  const int64_t half = int64_t(1) << (shift - 1);
  for (size_t i = 0; i < 4; ++i) {
    values[i * apart] = (even[i] + odd[i] + half) >> shift;
    values[(7 - i) * apart] = (even[i] - odd[i] + half) >> shift;
  }
}

}  // namespace

void inverse_dct(const int16_t* coefficients, const std::array<uint16_t, 64>& steps, std::array<int, 64>& samples) {
  int64_t values[64];
  for (size_t i = 0; i < 64; ++i)
    values[i] = std::clamp(int64_t(coefficients[i]) * steps[i], int64_t(-32768), int64_t(32767));
  for (size_t column = 0; column < 8; ++column) transform(values + column, 8, 11);
  for (size_t row = 0; row < 8; ++row) transform(values + 8 * row, 1, 18);
  for (size_t i = 0; i < 64; ++i) samples[i] = int(values[i]) + 128;
}

}  // namespace lmc
