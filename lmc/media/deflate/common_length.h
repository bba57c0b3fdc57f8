// How far two places repeat each other.
#ifndef LMC_MEDIA_DEFLATE_COMMON_LENGTH_H_
#define LMC_MEDIA_DEFLATE_COMMON_LENGTH_H_

#include <bit>
#include <cstdint>
#include <cstring>

namespace lmc {

// The number of equal bytes at a and b, at most limit, which both have; the first known ones are equal.
inline uint32_t common_length(const uint8_t* a, const uint8_t* b, uint32_t known, uint32_t limit) {
  uint32_t length = known;
  while (length + 8 <= limit) {
    uint64_t x, y;
    std::memcpy(&x, a + length, 8);
    std::memcpy(&y, b + length, 8);
    if (x != y) {
      const uint64_t differing = x ^ y;
      const int byte = std::endian::native == std::endian::little ? std::countr_zero(differing) / 8
                                                                  : std::countl_zero(differing) / 8;
      return length + uint32_t(byte);
    }
    length += 8;
  }
  while (length < limit && a[length] == b[length]) ++length;
  return length;
}

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_COMMON_LENGTH_H_
