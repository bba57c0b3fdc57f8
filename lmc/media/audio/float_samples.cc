#include "lmc/media/audio/float_samples.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/mixing/counters.h"

namespace lmc {
namespace {

constexpr int kPlaces = 24;           // of a number
constexpr int kLeastExponent = -149;  // of the last place
constexpr int kMostExponent = 104;
constexpr int kMostIntegerBits = 30;
constexpr uint8_t kCutOff = 254, kInOrder = 255;  // how; below: exponent - kLeastExponent of the integers' unit
constexpr uint32_t kSign = uint32_t(1) << 31;

Error damaged() { return bad_input("floating-point samples: no such number; the file is damaged"); }

// size * 2^exponent; size has kPlaces bits, less below 2^-126.
struct Number {
  uint32_t size;
  int exponent;
  bool is_negative;
};
bool is_finite(uint32_t bits) { return (bits >> 23 & 255) != 255; }
Number number_of(uint32_t bits) {
  const int exponent = int(bits >> 23 & 255);
  const uint32_t places = bits & ((1u << 23) - 1);
  return {exponent == 0 ? places : places | 1u << 23, std::max(exponent, 1) - 1 + kLeastExponent, (bits & kSign) != 0};
}
// Of a size up to 2^kPlaces; 0 stands for no such number (the number 0 is asked for by nobody).
uint32_t bits_of(uint64_t size, int exponent, bool is_negative) {
  const int up = kPlaces - int(std::bit_width(size));
  if (up < 0) return 0;
  const int least = std::min(up, exponent - kLeastExponent);  // below 2^-126 there are fewer places
  if (least < 0) return 0;
  size <<= least;
  exponent -= least;
  if (exponent > kMostExponent) return 0;
  const bool is_full = size >> 23 != 0;
  return (is_negative ? kSign : 0) | (is_full ? uint32_t(exponent - kLeastExponent + 1) << 23 : 0) |
         (uint32_t(size) & ((1u << 23) - 1));
}

int32_t in_order(uint32_t bits) { return int32_t(bits & kSign ? bits ^ ~kSign : bits); }

// The unit that all numbers are small multiples of, as its exponent - kLeastExponent; kCutOff or kInOrder: none is.
uint8_t find_unit(std::span<const int32_t> samples) {
  int low = kMostExponent, high = kLeastExponent;
  bool has_minus_zero = false;
  for (int32_t sample : samples) {
    const auto bits = uint32_t(sample);
    if (!is_finite(bits)) return kInOrder;
    has_minus_zero = has_minus_zero || bits == kSign;
    const Number number = number_of(bits);
    if (number.size == 0) continue;
    low = std::min(low, number.exponent + std::countr_zero(number.size));
    high = std::max(high, number.exponent + int(std::bit_width(number.size)));
  }
  if (has_minus_zero || high - low > kMostIntegerBits) return kCutOff;
  return uint8_t(std::min(low, kMostExponent) - kLeastExponent);
}

// The places that the integers leave unsaid, written and read by the same calls. exponent: of the integers' unit.
template <typename Coder>
class Places {
 public:
  Places(Coder& coder, int exponent) : coder_(coder), exponent_(exponent) {}

  // bits: of the number; when read, ignored. Gives them, or 0 for no such number where integer is not 0.
  uint32_t code(int32_t integer, uint32_t bits) {
    if (integer == 0) {
      if (flag(bits == 0, zeros_[0])) return 0;
      if (flag(bits == kSign, zeros_[1])) return kSign;
      return plain(bits, 32);
    }
    const auto size = uint64_t(std::abs(int64_t(integer)));
    const int unsaid = kPlaces - int(std::bit_width(size));
    if (unsaid < 0) return 0;
    const uint32_t mask = (1u << unsaid) - 1;
    const uint32_t low = flag((bits & mask) == 0, none_[size_t(unsaid)]) ? 0 : plain(bits & mask, unsaid);
    return exponent_ - unsaid < kLeastExponent ? 0 : bits_of(size << unsaid | low, exponent_ - unsaid, integer < 0);
  }

 private:
  bool flag(bool bit, MapEntry& entry) {
    constexpr uint32_t kLimit = 255;
    bit = coder_.code(bit, std::clamp<uint32_t>(entry.p16(), 1, 65535));
    entry.update_fast(bit, kLimit);
    return bit;
  }
  uint32_t plain(uint32_t bits, int count) {
    constexpr uint32_t kHalf = 32768;
    uint32_t out = 0;
    for (int i = count; i-- > 0;) out = out << 1 | uint32_t(coder_.code(bits >> i & 1, kHalf));
    return out;
  }

  Coder& coder_;
  int exponent_;
  std::array<MapEntry, 2> zeros_{};
  std::array<MapEntry, kPlaces> none_{};
};

}  // namespace

Bytes split_floats(std::span<int32_t> samples) {
  Bytes out = {find_unit(samples)};
  if (out[0] == kInOrder) {
    for (int32_t& sample : samples) sample = in_order(uint32_t(sample));
    return out;
  }
  int most = kLeastExponent;
  for (int32_t sample : samples) most = std::max(most, number_of(uint32_t(sample)).exponent);
  const bool cuts = out[0] == kCutOff;
  const int unit = cuts ? most : int(out[0]) + kLeastExponent;
  if (cuts) out.push_back(uint8_t(most - kLeastExponent));
  std::vector<uint32_t> numbers(samples.begin(), samples.end());
  for (int32_t& sample : samples) {
    const Number number = number_of(uint32_t(sample));
    const int up = number.exponent - unit;
    // Below 2^-126 nothing tells how many places there are.
    const bool is_lost = up <= -kPlaces || (cuts && number.size >> 23 == 0);
    const auto size = int64_t(is_lost ? 0 : up >= 0 ? uint64_t(number.size) << up : number.size >> -up);
    sample = int32_t(number.is_negative ? -size : size);
  }
  if (!cuts) return out;
  ArithmeticEncoder coder(out);
  Places places(coder, unit);
  for (size_t i = 0; i < samples.size(); ++i) places.code(samples[i], numbers[i]);
  coder.finish();
  return out;
}

Status join_floats(std::span<int32_t> samples, ByteSpan rest) {
  if (rest.empty() || (rest[0] != kCutOff && rest.size() > 1)) return damaged();
  if (rest[0] == kInOrder) {
    for (int32_t& sample : samples) sample = in_order(uint32_t(sample));
    return Ok();
  }
  if (rest[0] != kCutOff) {
    const int unit = int(rest[0]) + kLeastExponent;
    for (int32_t& sample : samples) {
      if (sample == 0) continue;
      const uint64_t size = uint64_t(std::abs(int64_t(sample)));
      const int zeros = std::countr_zero(size);
      const uint32_t bits = bits_of(size >> zeros, unit + zeros, sample < 0);
      if (bits == 0) return damaged();
      sample = int32_t(bits);
    }
    return Ok();
  }
  if (rest.size() < 2 || rest[1] > kMostExponent - kLeastExponent) return damaged();
  ArithmeticDecoder coder(rest.subspan(2));
  Places places(coder, int(rest[1]) + kLeastExponent);
  for (int32_t& sample : samples) {
    const uint32_t bits = places.code(sample, 0);
    if (bits == 0 && sample != 0) return damaged();
    sample = int32_t(bits);
  }
  return Ok();
}

}  // namespace lmc
