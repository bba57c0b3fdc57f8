// The parts of a lossless WebP stream (VP8L, RFC 9649, section 3), as its reader hands them over and its writer takes
// them.
//
// Nothing here is compressed: pixels are whole, and beside them stands what an encoder was free to choose: transforms,
// how pixels are spelt (tokens), the lengths of prefix codes, and how those were written.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_FORMAT_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_FORMAT_H_

#include <array>
#include <optional>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

using Argb = uint32_t;  // alpha in the highest byte, blue in the lowest

inline constexpr uint8_t kVp8lSignature = 0x2f;
inline constexpr uint32_t kMaxVp8lEdge = 1 << 14;
inline constexpr uint32_t kMaxVp8lCopy = 4096;   // pixels
inline constexpr uint32_t kVp8lNearCodes = 120;  // distance codes that mean a place in the plane
inline constexpr uint32_t kVp8lLiterals = 256, kVp8lLengthCodes = 24, kVp8lDistanceCodes = 40;
inline constexpr uint32_t kMaxVp8lDistanceCode = 1 << 20;
inline constexpr int kMaxVp8lCacheBits = 11;

// One step of a pixel stream: length 0: a literal; 1 with distance code 0: an entry of the colour cache; else a copy.
struct Vp8lToken {
  uint32_t length = 0, distance_code = 0;

  bool is_literal() const { return length == 0; }
  bool is_cached() const { return length != 0 && distance_code == 0; }
  bool is_copy() const { return distance_code != 0; }
  uint32_t pixels() const { return length == 0 ? 1 : length; }
  bool operator==(const Vp8lToken&) const = default;
};

// A repeat or a length, as the lengths of a prefix code are written: 0..15 a length, 16..18 with its extra bits.
struct Vp8lLengthStep {
  uint8_t code = 0, extra = 0;
  bool operator==(const Vp8lLengthStep&) const = default;
};

// How the lengths of a prefix code were written.
struct Vp8lLengthEncoding {
  bool is_simple = false;      // one or two symbols by number
  bool first_in_byte = false;  // simple: the first in 8 bits, else in one
  std::vector<uint8_t> symbols;
  uint8_t step_lengths_written = 0;  // not simple: 4..19
  std::array<uint8_t, 19> step_lengths{};
  uint8_t count_bits = 0;  // of the number of steps; 0: it is not written
  std::vector<Vp8lLengthStep> steps;
  bool operator==(const Vp8lLengthEncoding&) const = default;
};

struct Vp8lCode {
  std::vector<uint8_t> lengths;  // by symbol, 0: not used
  Vp8lLengthEncoding length_encoding;
};

// Green (with length codes and the cache), red, blue, alpha, distances.
using Vp8lCodeGroup = std::array<Vp8lCode, 5>;

struct Vp8lImage {
  uint32_t width = 0, height = 0;
  int cache_bits = 0;  // 0: no colour cache
  std::vector<Argb> pixels;
  std::vector<Vp8lToken> tokens;
  std::vector<Vp8lCodeGroup> groups;

  uint32_t cache_size() const { return cache_bits == 0 ? 0 : 1u << cache_bits; }
  size_t size() const { return size_t(width) * height; }
};

enum class Vp8lTransformKind : uint8_t { kPredictor = 0, kColour = 1, kSubtractGreen = 2, kPalette = 3 };

struct Vp8lTransform {
  Vp8lTransformKind kind = Vp8lTransformKind::kPredictor;
  int block_bits = 0;         // predictor, colour: log2 of a block's edge
  Vp8lImage image;            // of the blocks; of a palette: its colours as differences
  uint32_t width_before = 0;  // of the image it is applied to by an encoder
};

struct Vp8lStream {
  uint32_t width = 0, height = 0;
  bool says_alpha = false;
  std::vector<Vp8lTransform> transforms;  // as an encoder applies them
  Vp8lImage main;                         // pixels: after all transforms
  std::optional<Vp8lImage> group_image;   // of the number of each block's group
  int group_bits = 0;                     // log2 of a block's edge
  uint8_t padding = 0;                    // the bits after the last
};

inline uint32_t vp8l_blocks(uint32_t size, int bits) { return (size + (1u << bits) - 1) >> bits; }

// Groups of prefix codes that an image may have: far more than the 2600 of libwebp, where each has as many pixels as a
// group of its own would pay for. Each takes some memory (bytes, at most), whatever its codes are.
inline constexpr uint64_t kMaxVp8lGroups = 4096, kVp8lGroupMemory = 36 << 10;
constexpr uint64_t most_vp8l_groups(uint64_t pixels) {
  const uint64_t blocks = (pixels >> 4) + 1;
  return blocks < kMaxVp8lGroups ? blocks : kMaxVp8lGroups;
}

// The number of the group, as a pixel of group_image says it.
inline uint32_t vp8l_group_of(Argb pixel) { return pixel >> 8 & 0xffff; }

// How many pixels of a palette image share one, as a power of two, from the number of colours.
inline int vp8l_bundle_bits(uint32_t colours) { return colours <= 2 ? 3 : colours <= 4 ? 2 : colours <= 16 ? 1 : 0; }

inline uint32_t vp8l_cache_slot(Argb pixel, int cache_bits) { return (pixel * 0x1e35a7bdu) >> (32 - cache_bits); }

// Lengths and distance codes as a prefix symbol and extra bits. value is at least 1.
struct Vp8lPrefix {
  uint32_t symbol = 0, extra = 0;
  int extra_bits = 0;
};
inline Vp8lPrefix vp8l_prefix(uint32_t value) {
  --value;
  if (value < 4) return {value, 0, 0};
  const int top = 31 - __builtin_clz(value);
  return {uint32_t(2 * top) + (value >> (top - 1) & 1), value & ((1u << (top - 1)) - 1), top - 1};
}
inline int vp8l_extra_bits(uint32_t symbol) { return symbol < 4 ? 0 : int(symbol - 2) >> 1; }
inline uint32_t vp8l_prefix_value(uint32_t symbol, uint32_t extra) {
  if (symbol < 4) return symbol + 1;
  return ((2 + (symbol & 1)) << vp8l_extra_bits(symbol)) + extra + 1;
}

// In pixels back, at least 1, in an image of that width.
uint32_t vp8l_distance(uint32_t distance_code, uint32_t width);
// The code that an encoder usually takes for a distance.
uint32_t vp8l_distance_code(uint32_t distance, uint32_t width);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_FORMAT_H_
