// How red, green and blue are made of luma and two chroma values by the programs that most pictures went through, and
// back. Exact, in integers. docs/pixels.md, section 8.
#ifndef LMC_SAMPLES_IMAGE_COLOUR_MAKING_H_
#define LMC_SAMPLES_IMAGE_COLOUR_MAKING_H_

#include <array>
#include <cstdint>
#include <optional>

namespace lmc {

using Rgb = std::array<uint8_t, 3>;

enum class ColourMaking {
  kJpeg,     // libjpeg's YCbCr
  kPhotoCd,  // PhotoYCC, as Photo CD scans were converted; chroma is C1 and C2
};

// The values of luma that make a colour with given chroma: low..high, none if low > high; then the gap says how far the
// chroma is from any that can.
struct LumaRange {
  int low, high;
  bool possible() const { return low <= high; }
};

struct Chroma {
  int blue, red;
};

inline bool is_inside(const Rgb& rgb) {  // no channel is at an end, where values were cut off
  for (uint8_t sample : rgb)
    if (sample == 0 || sample == 255) return false;
  return true;
}

// luma, blue, red: 0..255.
Rgb rgb_of(ColourMaking making, int luma, int blue, int red);
LumaRange luma_range(ColourMaking making, const Rgb& rgb, int blue, int red);
// Chroma that makes this colour with some luma, near the one hoped for; nothing if there is none.
std::optional<Chroma> chroma_of(ColourMaking making, const Rgb& rgb, const Chroma& near);
Chroma grey_chroma(ColourMaking making);

}  // namespace lmc

#endif  // LMC_SAMPLES_IMAGE_COLOUR_MAKING_H_
