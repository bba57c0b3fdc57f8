// Logarithms and costs in bits, as integers: 65536 is one bit.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_COSTS_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_COSTS_H_

#include <array>
#include <cstdint>
#include <vector>

namespace lmc {

class Vp8lLogarithms {
 public:
  Vp8lLogarithms();

  // log2 of the highest 8 bits of value, at least 1.
  uint32_t quick(uint32_t value) const {
    const int shift = value < kExactBelow ? 0 : 24 - __builtin_clz(value);
    return uint32_t(fine_[value >> shift] >> 16) + (uint32_t(shift) << 16);
  }
  // value·log2(value) as libwebp approximates it: from 256 to 65535 by the highest 8 bits and a linear correction.
  // Choices between nearly equal costs depend on the error, which therefore is made here too.
  int64_t term(uint32_t value) const { return value < kApproximateBelow ? terms_[value] : far_term(value); }

 private:
  static constexpr uint32_t kExactBelow = 256, kApproximateBelow = 65536;

  static int64_t far_term(uint32_t value);

  std::array<uint64_t, kExactBelow> fine_{};  // 32 binary places
  std::vector<int64_t> terms_;
};

const Vp8lLogarithms& vp8l_logarithms();  // constant after the first call

// log2(value), cut off; of 0: 0.
uint32_t vp8l_log2(uint32_t value);

// What each symbol costs by how often it occurs; nothing, if there is but one.
std::vector<uint32_t> vp8l_costs(const std::vector<uint32_t>& counts);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_COSTS_H_
