// Where pixels repeat earlier ones: what libwebp's search would find at each position, by its published behaviour.
//
// Part of the archive format: never change what find_vp8l_matches returns for given pixels and effort.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_MATCHES_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_MATCHES_H_

#include <span>
#include <vector>

#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

struct Vp8lMatch {
  uint32_t distance : 20 = 0;  // 0: there is none
  uint32_t length : 12 = 0;    // 0..4095
};

struct Vp8lSearch {
  int quality = 75;        // 0..100: candidates looked at, and how far back
  bool near_first = true;  // the pixel before and the one above are tried first

  bool operator==(const Vp8lSearch&) const = default;
};

// One for each pixel; of an image of that width.
std::vector<Vp8lMatch> find_vp8l_matches(std::span<const Argb> pixels, uint32_t width, const Vp8lSearch& search);

// Pixels from `at` on that equal those `distance` before, up to most.
inline uint32_t vp8l_match_length(std::span<const Argb> pixels, size_t at, size_t distance, uint32_t most) {
  const Argb *here = pixels.data() + at, *there = here - distance;
  uint32_t length = 0;
  while (length < most && here[length] == there[length]) ++length;
  return length;
}

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_MATCHES_H_
