// The four transforms of VP8L, both ways. All but the palette's are exact inverses; a palette may leave an encoder a
// choice, and its forward transform makes the usual one. Source: RFC 9649, section 3.5.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_TRANSFORMS_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_TRANSFORMS_H_

#include <span>

#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

// Per channel, modulo 256.
inline Argb add_argb(Argb a, Argb b) {
  return (((a & 0xff00ff00u) + (b & 0xff00ff00u)) & 0xff00ff00u) |
         (((a & 0x00ff00ffu) + (b & 0x00ff00ffu)) & 0x00ff00ffu);
}
inline Argb subtract_argb(Argb a, Argb b) {
  return (((a | 0x00ff00ffu) - (b & 0xff00ff00u)) & 0xff00ff00u) |
         (((a | 0xff00ff00u) - (b & 0x00ff00ffu)) & 0x00ff00ffu);
}

// The forecast for the pixel (x, y), from those before it; mode: any byte. pixel points to it in rows of that width.
Argb predict_vp8l(const Argb* pixel, uint32_t x, uint32_t y, uint32_t width, uint32_t mode);

// The multipliers of a block of the colour transform: green to red, green to blue, red to blue.
struct Vp8lMultipliers {
  int8_t green_red = 0, green_blue = 0, red_blue = 0;

  explicit Vp8lMultipliers(Argb element)
      : green_red(int8_t(element)), green_blue(int8_t(element >> 8)), red_blue(int8_t(element >> 16)) {}
};
inline int vp8l_colour_delta(int8_t multiplier, uint32_t channel) { return multiplier * int8_t(channel) >> 5; }

Argb transform_vp8l_colour(Argb pixel, const Vp8lMultipliers& with);

std::vector<Argb> vp8l_palette(const Vp8lTransform& transform);

// What a decoder does: pixels of (height, width after) become (height, width_before).
std::vector<Argb> undo_vp8l(const Vp8lTransform& transform, std::vector<Argb> pixels, uint32_t height);
// What an encoder does. Errors: bad input, if a colour is not in the palette.
Result<std::vector<Argb>> apply_vp8l(const Vp8lTransform& transform, std::vector<Argb> pixels, uint32_t height);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_TRANSFORMS_H_
