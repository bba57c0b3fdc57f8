// The fixed facts of deflate (RFC 1951): tokens, their symbols and extra bits, kinds of blocks, code lengths.
#ifndef LMC_MEDIA_DEFLATE_DEFLATE_FORMAT_H_
#define LMC_MEDIA_DEFLATE_DEFLATE_FORMAT_H_

#include <array>
#include <bit>
#include <cstdint>

namespace lmc {

inline constexpr int kMinMatch = 3, kMaxMatch = 258;
inline constexpr uint32_t kMaxDistance = 32768;
inline constexpr int kLiteralCodes = 286, kDistanceCodes = 30, kCodeLengthCodes = 19;
inline constexpr int kEndOfBlock = 256, kFirstLength = 257;
inline constexpr int kMaxCodeBits = 15, kMaxCodeLengthBits = 7;
inline constexpr uint32_t kMaxStoredBytes = 65535;

// The next byte as it is (length 1, distance 0), or length bytes as they were distance bytes before.
struct Token {
  uint16_t length = 1;
  uint16_t distance = 0;

  bool is_match() const { return distance != 0; }
  bool operator==(const Token&) const = default;
};

enum class BlockKind : uint8_t { kStored = 0, kFixed = 1, kDynamic = 2 };

// The order in which a dynamic header gives the lengths of the code for code lengths.
inline constexpr std::array<uint8_t, kCodeLengthCodes> kCodeLengthOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                           11, 4,  12, 3, 13, 2, 14, 1, 15};

struct SymbolRange {
  uint16_t base = 0;
  uint8_t extra_bits = 0;
};

// Symbols 257 to 285. 258 has a symbol of its own, though the one before could express it.
inline constexpr std::array<SymbolRange, 29> kLengthRanges = [] {
  std::array<SymbolRange, 29> ranges{};
  int base = kMinMatch;
  for (int i = 0; i < 28; ++i) {
    const int extra = i < 8 ? 0 : i / 4 - 1;
    ranges[size_t(i)] = {uint16_t(base), uint8_t(extra)};
    base += 1 << extra;
  }
  ranges[28] = {kMaxMatch, 0};
  return ranges;
}();

inline constexpr std::array<SymbolRange, kDistanceCodes> kDistanceRanges = [] {
  std::array<SymbolRange, kDistanceCodes> ranges{};
  int base = 1;
  for (int i = 0; i < kDistanceCodes; ++i) {
    const int extra = i < 4 ? 0 : i / 2 - 1;
    ranges[size_t(i)] = {uint16_t(base), uint8_t(extra)};
    base += 1 << extra;
  }
  return ranges;
}();

inline constexpr std::array<uint8_t, kMaxMatch + 1> kLengthSymbolIndex = [] {
  std::array<uint8_t, kMaxMatch + 1> index{};
  for (size_t i = 0; i < kLengthRanges.size(); ++i) {
    const int end = i + 1 < kLengthRanges.size() ? kLengthRanges[i + 1].base : kMaxMatch + 1;
    for (int length = kLengthRanges[i].base; length < end; ++length) index[size_t(length)] = uint8_t(i);
  }
  return index;
}();

// 0 to 28; the symbol is kFirstLength more. length from 3 to 258.
inline int length_index(uint32_t length) { return kLengthSymbolIndex[length]; }

// 0 to 29. distance from 1 to 32768.
inline int distance_symbol(uint32_t distance) {
  const uint32_t below = distance - 1;
  if (below < 4) return int(below);
  const int top = std::bit_width(below) - 1;
  return 2 * top + int(below >> (top - 1) & 1);
}

// Lengths of the codes of a block in bits; 0: not used. Symbols above 285 and 29 exist in the fixed code only.
struct CodeLengths {
  std::array<uint8_t, 288> literal{};
  std::array<uint8_t, 32> distance{};

  bool operator==(const CodeLengths&) const = default;
};

inline constexpr CodeLengths kFixedLengths = [] {
  CodeLengths lengths;
  for (size_t i = 0; i < 288; ++i) lengths.literal[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  for (uint8_t& length : lengths.distance) length = 5;
  return lengths;
}();

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_DEFLATE_FORMAT_H_
