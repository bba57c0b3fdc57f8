#include "lmc/samples/image/chroma_grid.h"

namespace lmc {
namespace {

enum : uint8_t { kHalfX = 1, kHalfY = 2, kSmooth = 4, kOddX = 8, kOddY = 16, kSited = 32, kKnown = 63 };

}  // namespace

ChromaAxis chroma_axis(const ChromaGrid& grid, bool half, bool odd, int pixel) {
  if (!half) return {pixel, pixel, true};
  const int place = pixel + grid.lead(odd);
  const bool first = place % 2 == 0;
  if (grid.sited) return {place / 2, place / 2 + (first ? 0 : 1), first};
  return {place / 2, first ? place / 2 - 1 : place / 2 + 1, first};
}

uint8_t ChromaGrid::to_byte() const {
  return uint8_t((half_x ? kHalfX : 0) | (half_y ? kHalfY : 0) | (smooth ? kSmooth : 0) | (odd_x ? kOddX : 0) |
                 (odd_y ? kOddY : 0) | (sited ? kSited : 0));
}

std::optional<ChromaGrid> ChromaGrid::from_byte(uint8_t byte) {
  const ChromaGrid grid{.half_x = (byte & kHalfX) != 0,
                        .half_y = (byte & kHalfY) != 0,
                        .smooth = (byte & kSmooth) != 0,
                        .odd_x = (byte & kOddX) != 0,
                        .odd_y = (byte & kOddY) != 0,
                        .sited = (byte & kSited) != 0};
  if ((byte & ~kKnown) != 0 || (grid.odd_x && !grid.half_x) || (grid.odd_y && !grid.half_y) ||
      (grid.smooth && !grid.halved()) || (grid.sited && grid.smooth != grid.halved()))
    return std::nullopt;
  return grid;
}

ChromaTaps chroma_taps(const ChromaGrid& grid, int plane_width, int x, int y) {
  return chroma_taps(grid, plane_width, chroma_axis(grid, grid.half_x, grid.odd_x, x),
                     chroma_axis(grid, grid.half_y, grid.odd_y, y));
}

ChromaTaps chroma_taps(const ChromaGrid& grid, int plane_width, const ChromaAxis& across, const ChromaAxis& down) {
  const auto place = [&](int column, int row) { return size_t(row) * size_t(plane_width) + size_t(column); };
  ChromaTaps taps{.places = {place(across.near, down.near), place(across.far, down.near), place(across.near, down.far),
                             place(across.far, down.far)},
                  .weights = {1, 0, 0, 0},
                  .bias = 0,
                  .shift = 0};
  if (!grid.smooth) return taps;
  if (grid.sited) {
    const int wide = across.first ? 0 : 1, high = down.first ? 0 : 1;
    taps.weights = {1, wide, high, wide * high};
    taps.shift = wide + high, taps.bias = (1 << taps.shift) >> 1;
    return taps;
  }
  if (grid.half_x && grid.half_y) {
    taps.weights = {9, 3, 3, 1};
    taps.bias = across.first ? 8 : 7, taps.shift = 4;
  } else {
    taps.weights = {3, grid.half_x ? 1 : 0, grid.half_x ? 0 : 1, 0};
    taps.bias = (grid.half_x ? across.first : down.first) ? 1 : 2, taps.shift = 2;
  }
  return taps;
}

}  // namespace lmc
