// Chroma at half the picture's width, height or both, as JPEG files and Photo CDs have it, and how samples for every
// pixel are made of it. A decoder of JPEG files (libjpeg, libjpeg-turbo; with them nearly every program) repeats, or
// takes a triangle filter whose roundings alternate; of Photo CDs, samples lie on pixels and those between are means.
// All in integers: exact. docs/pixels.md, section 8.
#ifndef LMC_SAMPLES_IMAGE_CHROMA_GRID_H_
#define LMC_SAMPLES_IMAGE_CHROMA_GRID_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lmc {

struct ChromaGrid {
  bool half_x = false, half_y = false;
  bool smooth = false;                // else repeated
  bool odd_x = false, odd_y = false;  // the first pixel is the second of its pair
  bool sited = false;                 // samples lie on the first pixels of pairs; smooth where it is halved

  bool halved() const { return half_x || half_y; }
  // Of a plane for so many pixels: a sample behind the last pair and, unless sited, one before the first: the filters
  // look at them.
  int width(int pixels) const { return half_x ? ((pixels + lead(odd_x)) >> 1) + 1 : pixels; }
  int height(int pixels) const { return half_y ? ((pixels + lead(odd_y)) >> 1) + 1 : pixels; }
  // Pixels from the beginning of the first sample's pair to the first of the picture.
  int lead(bool odd) const { return sited ? int(odd) : odd ? 1 : 2; }

  uint8_t to_byte() const;
  static std::optional<ChromaGrid> from_byte(uint8_t byte);  // nothing for those that mean nothing
};

// Where a pixel's column, or row, lies among those of the plane.
struct ChromaAxis {
  int near, far;  // samples; far is on the pixel's side of near, or near itself where no other counts
  bool first;     // of its pair
};
ChromaAxis chroma_axis(const ChromaGrid& grid, bool half, bool odd, int pixel);

// A pixel's chroma is (sum of weight * sample + bias) >> shift.
struct ChromaTaps {
  std::array<size_t, 4> places;  // in the plane
  std::array<int, 4> weights;    // 0 for those that do not count
  int bias, shift;
};
ChromaTaps chroma_taps(const ChromaGrid& grid, int plane_width, const ChromaAxis& across, const ChromaAxis& down);
ChromaTaps chroma_taps(const ChromaGrid& grid, int plane_width, int x, int y);

inline int tapped(const ChromaTaps& taps, const std::vector<uint16_t>& plane) {
  int sum = 0;
  for (size_t i = 0; i < taps.places.size(); ++i)
    if (taps.weights[i] != 0) sum += taps.weights[i] * plane[taps.places[i]];
  return sum;
}

inline int chroma_at(const ChromaTaps& taps, const std::vector<uint16_t>& plane) {
  return (tapped(taps, plane) + taps.bias) >> taps.shift;
}

}  // namespace lmc

#endif  // LMC_SAMPLES_IMAGE_CHROMA_GRID_H_
