// Hashes of contexts.
#ifndef LMC_MIXING_HASH_H_
#define LMC_MIXING_HASH_H_

#include <cstdint>

namespace lmc {

// A hash whose every bit depends on every bit.
inline uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ull;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ull;
  return x ^ (x >> 29);
}
inline uint64_t hash2(uint64_t a, uint64_t b) { return mix(a * 0x9E3779B97F4A7C15ull + b + 1); }

}  // namespace lmc

#endif  // LMC_MIXING_HASH_H_
