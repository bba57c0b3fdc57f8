// Adaptive statistics of binary decisions, all integers.
//
// BitSlot is what one context knows about one decision: a probability that learns at the rate 1/n, how often it was
// seen, and the last eight outcomes. HistoryMap turns the outcomes (exact up to eight, the last eight after that) into
// a probability learnt over the whole file: what a history *means* is itself learnt.
#ifndef LMC_MIXING_COUNTERS_H_
#define LMC_MIXING_COUNTERS_H_

#include <array>
#include <cstdint>

namespace lmc {

struct BitSlot {
  int16_t offset = 0;  // probability of a one, of 65536, less 32768: a slot of zeros knows nothing
  uint8_t count = 0;   // times seen, saturates at 255
  uint8_t recent = 0;  // outcomes, the latest in bit 0

  uint32_t p16() const { return uint32_t(int32_t(offset) + 32768); }
};

// 65536/(n + 1.2): the step of a probability seen n times before.
constexpr std::array<uint16_t, 256> make_rates() {
  std::array<uint16_t, 256> rates{};
  for (uint32_t n = 0; n < 256; ++n) rates[n] = uint16_t(655360 / (10 * n + 12));
  return rates;
}
inline constexpr std::array<uint16_t, 256> kRates = make_rates();

// The probability and the count.
inline void update_probability(BitSlot& slot, int bit, uint32_t limit) {
  const int32_t target = bit ? 32767 : -32768;
  // 64 bits: a slot whose count has aged to 0 may lie 60000 from the target.
  slot.offset = int16_t(slot.offset + ((int64_t(target - slot.offset) * kRates[slot.count]) >> 16));
  if (slot.count < limit) ++slot.count;
}
inline void update_slot(BitSlot& slot, int bit, uint32_t limit) {
  update_probability(slot, bit, limit);
  slot.recent = uint8_t(slot.recent << 1 | bit);
}

// 511 exact histories of up to eight outcomes (a leading one marks the length), then 256 of "eight or more".
inline uint32_t history_index(const BitSlot& slot) {
  return slot.count < 8 ? (1u << slot.count) | (slot.recent & ((1u << slot.count) - 1)) : 256u + slot.recent;
}
inline constexpr uint32_t kHistories = 512;

constexpr std::array<uint32_t, 1024> make_reciprocals() {
  std::array<uint32_t, 1024> out{};
  for (uint32_t n = 0; n < 1024; ++n) out[n] = 131072 / (2 * n + 3);
  return out;
}
inline constexpr std::array<uint32_t, 1024> kReciprocals = make_reciprocals();

// A probability with 22 bits of precision and a 10-bit count; learns at 1/n down to 1/limit.
struct MapEntry {
  uint32_t value = (1u << 31) | 0;

  uint32_t p16() const { return value >> 16; }
  void update(int bit, uint32_t limit) {
    move(int32_t((distance(bit) * 65536 * 2 / int32_t(2 * count() + 3)) >> 16), limit);
  }
  // The same with a table in place of the division: it rounds differently, so what uses one cannot use the other
  // without a change of the format.
  void update_fast(int bit, uint32_t limit) { move(int32_t((distance(bit) * kReciprocals[count()]) >> 16), limit); }

 private:
  uint32_t count() const { return value & 1023; }
  int64_t distance(int bit) const { return int64_t((bit ? (1 << 22) - 1 : 0) - int32_t(value >> 10)); }
  void move(int32_t step, uint32_t limit) {
    const uint32_t n = count();
    value = uint32_t(int32_t(value >> 10) + step) << 10 | (n < limit ? n + 1 : n);
  }
};

}  // namespace lmc

#endif  // LMC_MIXING_COUNTERS_H_
