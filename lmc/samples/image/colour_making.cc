#include "lmc/samples/image/colour_making.h"

#include <algorithm>
#include <cstdlib>

namespace lmc {
namespace {

constexpr int kSeemingWithin = 2;  // luma lies so near to what the colour seems to have
constexpr int kFarthest = 510;     // two pairs of chroma lie no farther apart, summed

// A channel is (luma * scale + what chroma adds) / unit, cut off downwards and bounded to 0..255.
struct Channels {
  std::array<int, 3> added;
};

int floor_of(int value, int unit) { return value >= 0 ? value / unit : -((unit - 1 - value) / unit); }
int ceiling_of(int value, int unit) { return -floor_of(-value, unit); }

struct Jpeg {
  static constexpr int kScale = 1, kUnit = 1, kGrey = 128;
  static constexpr Chroma kNoColour{kGrey, kGrey};
  // Times 2^16: 1.40200, 1.77200, 0.34414, 0.71414.
  static constexpr int kRedOfRed = 91881, kBlueOfBlue = 116130, kGreenOfBlue = 22554, kGreenOfRed = 46802,
                       kHalf = 32768;

  static Channels added(int blue, int red) {
    blue -= kGrey, red -= kGrey;
    return {{(kRedOfRed * red + kHalf) >> 16, (-kGreenOfBlue * blue - kGreenOfRed * red + kHalf) >> 16,
             (kBlueOfBlue * blue + kHalf) >> 16}};
  }
  // The chroma that lifts red, or blue, so much above luma; -1 if none.
  static int red_of(int sample, int luma) { return inverse(kRedOfRed, sample - luma); }
  static int blue_of(int sample, int luma) { return inverse(kBlueOfBlue, sample - luma); }

 private:
  static int inverse(int factor, int difference) {
    const int chroma = ceiling_of((difference << 16) - kHalf, factor);
    return (factor * chroma + kHalf) >> 16 == difference ? chroma + kGrey : -1;
  }
};

// Kodak's published factors 1.3584, 2.2179, 1.8215, 0.194 and 0.509, in ten-thousandths. Green is made of the other
// channels' differences after these were cut off: found in scans that are in circulation, of which it makes all but a
// few pixels in a thousand.
struct PhotoCd {
  static constexpr int kScale = 13584, kUnit = 10000;
  static constexpr Chroma kNoColour{156, 137};
  static constexpr int kRedOfRed = 18215, kBlueOfBlue = 22179, kGreenOfBlue = 1940, kGreenOfRed = 5090;

  static Channels added(int blue, int red) {
    const int to_red = kRedOfRed * (red - kNoColour.red), to_blue = kBlueOfBlue * (blue - kNoColour.blue);
    return {{to_red, -kGreenOfBlue * floor_of(to_blue, kUnit) - kGreenOfRed * floor_of(to_red, kUnit), to_blue}};
  }
  static int red_of(int sample, int luma) { return inverse(kRedOfRed, kNoColour.red, sample, luma); }
  static int blue_of(int sample, int luma) { return inverse(kBlueOfBlue, kNoColour.blue, sample, luma); }

 private:
  static int inverse(int factor, int grey, int sample, int luma) {
    const int chroma = ceiling_of(kUnit * sample - kScale * luma, factor);
    return floor_of(kScale * luma + factor * chroma, kUnit) == sample ? chroma + grey : -1;
  }
};

template <typename Making>
Rgb made(int luma, int blue, int red) {
  const Channels channels = Making::added(blue, red);
  Rgb rgb;
  for (size_t i = 0; i < 3; ++i)
    rgb[i] = uint8_t(std::clamp(floor_of(Making::kScale * luma + channels.added[i], Making::kUnit), 0, 255));
  return rgb;
}

template <typename Making>
LumaRange range(const Rgb& rgb, int blue, int red) {
  const Channels channels = Making::added(blue, red);
  LumaRange out{0, 255};
  for (size_t i = 0; i < 3; ++i) {
    const int from = Making::kUnit * rgb[i] - channels.added[i];
    if (rgb[i] > 0) out.low = std::max(out.low, ceiling_of(from, Making::kScale));
    if (rgb[i] < 255) out.high = std::min(out.high, ceiling_of(from + Making::kUnit, Making::kScale) - 1);
  }
  return out;
}

// Of colours that were not cut off.
template <typename Making>
std::optional<Chroma> inner_chroma(const Rgb& rgb, const Chroma& near) {
  const int grey = (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000;
  const int seeming = grey * Making::kUnit / Making::kScale;
  std::optional<Chroma> best;
  int least = INT32_MAX;
  for (int luma = std::max(seeming - kSeemingWithin, 0); luma <= std::min(seeming + kSeemingWithin, 255); ++luma) {
    const int red = Making::red_of(rgb[0], luma), blue = Making::blue_of(rgb[2], luma);
    if (red < 0 || red > 255 || blue < 0 || blue > 255 || made<Making>(luma, blue, red) != rgb) continue;
    const int distance = std::abs(red - near.red) + std::abs(blue - near.blue);
    if (distance < least) least = distance, best = Chroma{blue, red};
  }
  return best;
}

template <typename Making>
std::optional<Chroma> any_chroma(const Rgb& rgb, const Chroma& near) {
  if (is_inside(rgb)) return inner_chroma<Making>(rgb, near);
  const auto makes = [&](int blue, int red) {
    return blue >= 0 && blue <= 255 && red >= 0 && red <= 255 && range<Making>(rgb, blue, red).possible();
  };
  for (int distance = 0; distance <= kFarthest; ++distance)
    for (int across = -distance; across <= distance; ++across) {
      const int down = distance - std::abs(across);
      if (makes(near.blue + across, near.red + down)) return Chroma{near.blue + across, near.red + down};
      if (makes(near.blue + across, near.red - down)) return Chroma{near.blue + across, near.red - down};
    }
  return std::nullopt;
}

}  // namespace

Rgb rgb_of(ColourMaking making, int luma, int blue, int red) {
  return making == ColourMaking::kJpeg ? made<Jpeg>(luma, blue, red) : made<PhotoCd>(luma, blue, red);
}

LumaRange luma_range(ColourMaking making, const Rgb& rgb, int blue, int red) {
  return making == ColourMaking::kJpeg ? range<Jpeg>(rgb, blue, red) : range<PhotoCd>(rgb, blue, red);
}

std::optional<Chroma> chroma_of(ColourMaking making, const Rgb& rgb, const Chroma& near) {
  return making == ColourMaking::kJpeg ? any_chroma<Jpeg>(rgb, near) : any_chroma<PhotoCd>(rgb, near);
}

Chroma grey_chroma(ColourMaking making) { return making == ColourMaking::kJpeg ? Jpeg::kNoColour : PhotoCd::kNoColour; }

}  // namespace lmc
