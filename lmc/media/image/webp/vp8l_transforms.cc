#include "lmc/media/image/webp/vp8l_transforms.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

namespace lmc {
namespace {

constexpr Argb kBlack = 0xff000000u;

// Per channel, rounded down.
Argb mean(Argb a, Argb b) { return (a & b) + (((a ^ b) & 0xfefefefeu) >> 1); }

template <typename Function>
Argb per_channel(const Function& function) {
  Argb out = 0;
  for (int shift = 0; shift < 32; shift += 8) out |= Argb(std::clamp(function(shift), 0, 255)) << shift;
  return out;
}
int channel(Argb pixel, int shift) { return int(pixel >> shift & 255); }

Argb select(Argb left, Argb top, Argb corner) {
  int to_left = 0, to_top = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    to_left += std::abs(channel(top, shift) - channel(corner, shift));
    to_top += std::abs(channel(left, shift) - channel(corner, shift));
  }
  return to_left < to_top ? left : top;
}

Argb add_subtract(Argb left, Argb top, Argb corner) {
  return per_channel([&](int shift) { return channel(left, shift) + channel(top, shift) - channel(corner, shift); });
}

Argb add_half(Argb average, Argb corner) {
  return per_channel(
      [&](int shift) { return channel(average, shift) + (channel(average, shift) - channel(corner, shift)) / 2; });
}

// Calls change(index, element of its block) for each pixel.
template <typename Change>
void for_each_in_blocks(const Vp8lTransform& transform, uint32_t width, uint32_t height, const Change& change) {
  size_t index = 0;
  for (uint32_t y = 0; y < height; ++y) {
    const Argb* row = transform.image.pixels.data() + size_t(y >> transform.block_bits) * transform.image.width;
    for (uint32_t x = 0; x < width; ++x, ++index) change(index, row[x >> transform.block_bits], x, y);
  }
}

Argb add_green(Argb pixel, Argb times) {
  const Argb green = (pixel >> 8 & 255) * times;
  return (pixel & 0xff00ff00u) | (((pixel & 0x00ff00ffu) + (green & 255) * 0x00010001u) & 0x00ff00ffu);
}

std::vector<Argb> unpack(const Vp8lTransform& transform, const std::vector<Argb>& packed, uint32_t height) {
  const std::vector<Argb> palette = vp8l_palette(transform);
  const int bundle = vp8l_bundle_bits(uint32_t(palette.size()));
  const uint32_t width = transform.width_before, packed_width = vp8l_blocks(width, bundle);
  const uint32_t bits = 8u >> bundle, in_bundle = (1u << bundle) - 1;
  std::vector<Argb> out(size_t(width) * height);
  size_t index = 0;
  for (uint32_t y = 0; y < height; ++y) {
    const Argb* row = packed.data() + size_t(y) * packed_width;
    for (uint32_t x = 0; x < width; ++x, ++index) {
      const uint32_t number = (row[x >> bundle] >> 8 & 255) >> (bits * (x & in_bundle)) & ((1u << bits) - 1);
      out[index] = number < palette.size() ? palette[number] : 0;
    }
  }
  return out;
}

Result<std::vector<Argb>> pack(const Vp8lTransform& transform, const std::vector<Argb>& pixels, uint32_t height) {
  const std::vector<Argb> palette = vp8l_palette(transform);
  const int bundle = vp8l_bundle_bits(uint32_t(palette.size()));
  const uint32_t width = transform.width_before, packed_width = vp8l_blocks(width, bundle);
  const uint32_t bits = 8u >> bundle, in_bundle = (1u << bundle) - 1;
  std::unordered_map<Argb, uint32_t> numbers;
  for (size_t i = 0; i < palette.size(); ++i) numbers.emplace(palette[i], uint32_t(i));
  if (palette.size() >> bits == 0) numbers.emplace(0, uint32_t(palette.size()));  // numbers past the end are clear
  std::vector<Argb> packed(size_t(packed_width) * height, kBlack);
  size_t index = 0;
  Argb last = 0;
  uint32_t last_number = 256;
  for (uint32_t y = 0; y < height; ++y) {
    Argb* row = packed.data() + size_t(y) * packed_width;
    for (uint32_t x = 0; x < width; ++x, ++index) {
      if (pixels[index] != last || last_number > 255) {
        const auto found = numbers.find(pixels[index]);
        if (found == numbers.end()) return bad_input("VP8L: a colour that is not in the palette");
        last = pixels[index];
        last_number = found->second;
      }
      row[x >> bundle] |= last_number << (8 + bits * (x & in_bundle));
    }
  }
  return packed;
}

Argb transform_colour(Argb pixel, const Vp8lMultipliers& with, uint32_t red, int sign) {
  const uint32_t green = pixel >> 8;
  const int red_change = vp8l_colour_delta(with.green_red, green);
  const int blue_change = vp8l_colour_delta(with.green_blue, green) + vp8l_colour_delta(with.red_blue, red);
  return (pixel & 0xff00ff00u) | (((pixel >> 16) + uint32_t(sign * red_change)) & 255) << 16 |
         ((pixel + uint32_t(sign * blue_change)) & 255);
}

}  // namespace

Argb predict_vp8l(const Argb* pixel, uint32_t x, uint32_t y, uint32_t width, uint32_t mode) {
  if (y == 0) return x == 0 ? kBlack : pixel[-1];
  const Argb* above = pixel - width;
  if (x == 0) return above[0];
  const Argb left = pixel[-1], top = above[0], corner = above[-1], right = above[1];
  switch (mode) {
    case 1:
      return left;
    case 2:
      return top;
    case 3:
      return right;
    case 4:
      return corner;
    case 5:
      return mean(mean(left, right), top);
    case 6:
      return mean(left, corner);
    case 7:
      return mean(left, top);
    case 8:
      return mean(corner, top);
    case 9:
      return mean(top, right);
    case 10:
      return mean(mean(left, corner), mean(top, right));
    case 11:
      return select(left, top, corner);
    case 12:
      return add_subtract(left, top, corner);
    case 13:
      return add_half(mean(left, top), corner);
    default:
      return kBlack;
  }
}

Argb transform_vp8l_colour(Argb pixel, const Vp8lMultipliers& with) {
  return transform_colour(pixel, with, pixel >> 16, -1);
}

std::vector<Argb> vp8l_palette(const Vp8lTransform& transform) {
  std::vector<Argb> palette = transform.image.pixels;
  for (size_t i = 1; i < palette.size(); ++i) palette[i] = add_argb(palette[i], palette[i - 1]);
  return palette;
}

std::vector<Argb> undo_vp8l(const Vp8lTransform& transform, std::vector<Argb> pixels, uint32_t height) {
  const uint32_t width = transform.width_before;
  switch (transform.kind) {
    case Vp8lTransformKind::kPredictor:
      for_each_in_blocks(transform, width, height, [&](size_t i, Argb element, uint32_t x, uint32_t y) {
        pixels[i] = add_argb(pixels[i], predict_vp8l(&pixels[i], x, y, width, element >> 8 & 15));
      });
      break;
    case Vp8lTransformKind::kColour:
      for_each_in_blocks(transform, width, height, [&](size_t i, Argb element, uint32_t, uint32_t) {
        const Vp8lMultipliers with(element);
        const uint32_t red = (pixels[i] >> 16) + uint32_t(vp8l_colour_delta(with.green_red, pixels[i] >> 8));
        pixels[i] = transform_colour(pixels[i], with, red, 1);
      });
      break;
    case Vp8lTransformKind::kSubtractGreen:
      for (Argb& pixel : pixels) pixel = add_green(pixel, 1);
      break;
    case Vp8lTransformKind::kPalette:
      return unpack(transform, pixels, height);
  }
  return pixels;
}

Result<std::vector<Argb>> apply_vp8l(const Vp8lTransform& transform, std::vector<Argb> pixels, uint32_t height) {
  const uint32_t width = transform.width_before;
  switch (transform.kind) {
    case Vp8lTransformKind::kPredictor: {
      std::vector<Argb> out(pixels.size());
      for_each_in_blocks(transform, width, height, [&](size_t i, Argb element, uint32_t x, uint32_t y) {
        out[i] = subtract_argb(pixels[i], predict_vp8l(&pixels[i], x, y, width, element >> 8 & 15));
      });
      return out;
    }
    case Vp8lTransformKind::kColour:
      for_each_in_blocks(transform, width, height, [&](size_t i, Argb element, uint32_t, uint32_t) {
        pixels[i] = transform_vp8l_colour(pixels[i], Vp8lMultipliers(element));
      });
      break;
    case Vp8lTransformKind::kSubtractGreen:
      for (Argb& pixel : pixels) pixel = add_green(pixel, 255);
      break;
    case Vp8lTransformKind::kPalette:
      return pack(transform, pixels, height);
  }
  return pixels;
}

}  // namespace lmc
