// What exact values of the surroundings say about a sample: hashes for tables of counters. They see how the pixels were
// made: few colours, gaps in the histogram, a lattice of another colour space behind these planes, equal neighbours.
#ifndef LMC_SAMPLES_PIXEL_CONTEXTS_H_
#define LMC_SAMPLES_PIXEL_CONTEXTS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmc/samples/neighbourhood.h"

namespace lmc {

inline constexpr int kPixelContexts = 14;

struct PixelSurroundings {
  const uint16_t* own = nullptr;             // the sample's place
  std::array<const uint16_t*, 2> earlier{};  // the same place in earlier planes
  ptrdiff_t stride = 0;
  int32_t mean = 0;     // the network's, rounded
  uint32_t spread = 0;  // its spread, on a logarithmic scale
};

// hashes: well mixed, one a context; the first `count` are made, in order of use.
void hash_contexts(PlaneRole role, const PixelSurroundings& at, int count,
                   std::array<uint64_t, kPixelContexts>& hashes);

}  // namespace lmc

#endif  // LMC_SAMPLES_PIXEL_CONTEXTS_H_
