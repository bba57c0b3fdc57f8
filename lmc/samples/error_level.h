// Sizes of errors on a logarithmic scale, as contexts.
#ifndef LMC_SAMPLES_ERROR_LEVEL_H_
#define LMC_SAMPLES_ERROR_LEVEL_H_

#include <algorithm>
#include <bit>
#include <cstdint>

namespace lmc {

// Signed: 0, +-1, +-2, 3..4, 5..8, ... to +-7.
inline int8_t level_of(int32_t error) {
  const auto size = uint32_t(error < 0 ? -error : error);
  const int level = size < 3 ? int(size) : std::min(int(std::bit_width(size - 1)) + 1, 7);
  return int8_t(error < 0 ? -level : level);
}

inline int size_of(int8_t level) { return level < 0 ? -level : level; }
inline int sign_of(int8_t level) { return (level > 0) - (level < 0) + 1; }

// n >= 1: 0, 2, 3, 4, 4, 5, ...: two steps an octave.
inline uint32_t half_octaves(uint32_t n) {
  const int octave = std::bit_width(n) - 1;
  return uint32_t(octave) * 2 + (octave > 0 ? n >> (octave - 1) & 1 : 0);
}

}  // namespace lmc

#endif  // LMC_SAMPLES_ERROR_LEVEL_H_
