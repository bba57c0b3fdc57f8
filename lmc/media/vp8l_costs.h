// Logarithms and costs in bits, as integers: 65536 is one bit.
#ifndef LMC_MEDIA_VP8L_COSTS_H_
#define LMC_MEDIA_VP8L_COSTS_H_

#include <cstdint>
#include <vector>

namespace lmc {

// log2(value), cut off; of 0: 0.
uint32_t vp8l_log2(uint32_t value);
// Of the highest 8 bits of value, at least 1.
uint32_t vp8l_quick_log2(uint32_t value);
// value·log2(value) as libwebp approximates it: from 256 to 65535 by the highest 8 bits and a linear correction.
// Choices between nearly equal costs depend on the error, which therefore is made here too.
int64_t vp8l_entropy_term(uint32_t value);

// What each symbol costs by how often it occurs; nothing, if there is but one.
std::vector<uint32_t> vp8l_costs(const std::vector<uint32_t>& counts);

}  // namespace lmc

#endif  // LMC_MEDIA_VP8L_COSTS_H_
