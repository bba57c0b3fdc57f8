// Byte strings for the tests.
#ifndef LMC_BASE_BYTES_TEST_SUPPORT_H_
#define LMC_BASE_BYTES_TEST_SUPPORT_H_

#include <random>
#include <string>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

inline Bytes noise(size_t size_bytes, uint32_t seed = 1) {
  std::mt19937 random(seed);
  Bytes out(size_bytes);
  for (uint8_t& byte : out) byte = uint8_t(random());
  return out;
}

// Compressible, and no two places alike.
inline Bytes numbers(size_t size_bytes) {
  std::string text;
  for (uint32_t i = 0; text.size() < size_bytes; ++i) text += std::to_string(i * i % 10007) + (i % 8 == 7 ? "\n" : ",");
  return Bytes(text.begin(), text.begin() + long(size_bytes));
}

inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) append_bytes(out, part);
  return out;
}

}  // namespace lmc

#endif  // LMC_BASE_BYTES_TEST_SUPPORT_H_
