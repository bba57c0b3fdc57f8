// Numbers cut into a few classes, which contexts are made of (docs/jpeg.md, section 5). All tables are fixed.
#ifndef LMC_COEFFICIENTS_JPEG_CLASSES_H_
#define LMC_COEFFICIENTS_JPEG_CLASSES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lmc/mixing/logistic.h"

namespace lmc {

// Of each number below N: the last place of `from` that is not above it.
template <size_t N, size_t M>
constexpr std::array<uint8_t, N> make_classes(const int (&from)[M]) {
  std::array<uint8_t, N> out{};
  for (size_t i = 0; i < N; ++i)
    for (size_t j = 0; j < M; ++j)
      if (int(i) >= from[j]) out[i] = uint8_t(j);
  return out;
}

inline constexpr int kSizeFrom[16] = {0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 50, 75, 110, 170};
inline constexpr auto kSizeClasses = make_classes<256>(kSizeFrom);
inline constexpr int kExpectedFrom[16] = {0, 2, 4, 6, 8, 11, 14, 18, 24, 32, 44, 60, 84, 120, 180, 300};
inline constexpr auto kExpectedClasses = make_classes<512>(kExpectedFrom);

// A magnitude or count, in 16 classes.
inline uint32_t size_class(int magnitude) { return kSizeClasses[size_t(std::min(magnitude, 255))]; }
inline uint32_t at_most(int value, int most) { return uint32_t(std::min(value, most)); }
// A small signed value, in 2 * most + 1 classes.
inline uint32_t signed_class(int value, int most) { return uint32_t(std::clamp(value, -most, most) + most); }

// ln(1 + magnitude), of magnitudes up to 255, and 32 classes of what is expected of it.
inline float log_size(int value) {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> out{};
    for (uint32_t i = 0; i < 256; ++i) out[i] = logistic().ln(i + 1);
    return out;
  }();
  return table[size_t(std::min(std::abs(value), 255))];
}
inline uint32_t log_class(float expected) {
  const float tenths = expected * 10.0f;
  return tenths > 0.0f ? uint32_t(tenths < 31.0f ? tenths : 31.0f) : 0;
}

// An expected value in quantisation steps, times 16, as an integer within +-16000 (towards zero).
inline int sixteenths(float expected) {
  const float scaled = expected * 16.0f;
  return int(scaled > 16000.0f ? 16000.0f : scaled < -16000.0f ? -16000.0f : scaled);
}
// Such an integer with its sign, in 32 classes.
inline uint32_t expected_class(int value) {
  const uint32_t size = kExpectedClasses[size_t(std::min(std::abs(value), 511))];
  return value < 0 ? 16 + size : size;
}

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_CLASSES_H_
