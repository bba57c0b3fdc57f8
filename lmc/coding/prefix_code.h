// Canonical prefix codes, as deflate (RFC 1951, 3.2.2) and WebP have them: the lengths of the words say all. Shorter
// words come first, among words of one length the symbols are in order. Words are read with their highest bit first,
// which a BitWriter wants turned round.
#ifndef LMC_CODING_PREFIX_CODE_H_
#define LMC_CODING_PREFIX_CODE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lmc {

inline constexpr size_t kMaxPrefixBits = 15;
using PrefixCounts = std::array<uint32_t, kMaxPrefixBits + 1>;

// Words of each length; of length 0, which means none, 0. lengths: up to kMaxPrefixBits.
inline PrefixCounts count_prefix_lengths(std::span<const uint8_t> lengths) {
  PrefixCounts counts{};
  for (const uint8_t length : lengths) ++counts[length];
  counts[0] = 0;
  return counts;
}

// The first word of each length.
inline PrefixCounts first_prefix_words(const PrefixCounts& counts) {
  PrefixCounts first{};
  for (size_t bits = 1; bits <= kMaxPrefixBits; ++bits) first[bits] = (first[bits - 1] + counts[bits - 1]) << 1;
  return first;
}

// visit(symbol, word, length) for each symbol that has a word.
template <typename Visit>
void for_each_prefix_word(std::span<const uint8_t> lengths, const PrefixCounts& counts, const Visit& visit) {
  PrefixCounts next = first_prefix_words(counts);
  for (size_t symbol = 0; symbol < lengths.size(); ++symbol)
    if (const uint8_t length = lengths[symbol]; length > 0) visit(symbol, next[length]++, int(length));
}

inline uint32_t turned_round(uint32_t word, int bits) {
  uint32_t out = 0;
  for (int i = 0; i < bits; ++i) out |= (word >> i & 1) << (bits - 1 - i);
  return out;
}

}  // namespace lmc

#endif  // LMC_CODING_PREFIX_CODE_H_
