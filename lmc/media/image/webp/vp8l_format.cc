#include "lmc/media/image/webp/vp8l_format.h"

#include <algorithm>

namespace lmc {
namespace {

struct Place {
  int8_t left, up;
};

// RFC 9649, section 3.6.2.2: places around a pixel, the nearest first.
constexpr Place kPlaces[kVp8lNearCodes] = {
    {0, 1},  {1, 0},  {1, 1},  {-1, 1}, {0, 2},  {2, 0},  {1, 2},  {-1, 2}, {2, 1},  {-2, 1}, {2, 2}, {-2, 2},
    {0, 3},  {3, 0},  {1, 3},  {-1, 3}, {3, 1},  {-3, 1}, {2, 3},  {-2, 3}, {3, 2},  {-3, 2}, {0, 4}, {4, 0},
    {1, 4},  {-1, 4}, {4, 1},  {-4, 1}, {3, 3},  {-3, 3}, {2, 4},  {-2, 4}, {4, 2},  {-4, 2}, {0, 5}, {3, 4},
    {-3, 4}, {4, 3},  {-4, 3}, {5, 0},  {1, 5},  {-1, 5}, {5, 1},  {-5, 1}, {2, 5},  {-2, 5}, {5, 2}, {-5, 2},
    {4, 4},  {-4, 4}, {3, 5},  {-3, 5}, {5, 3},  {-5, 3}, {0, 6},  {6, 0},  {1, 6},  {-1, 6}, {6, 1}, {-6, 1},
    {2, 6},  {-2, 6}, {6, 2},  {-6, 2}, {4, 5},  {-4, 5}, {5, 4},  {-5, 4}, {3, 6},  {-3, 6}, {6, 3}, {-6, 3},
    {0, 7},  {7, 0},  {1, 7},  {-1, 7}, {5, 5},  {-5, 5}, {7, 1},  {-7, 1}, {4, 6},  {-4, 6}, {6, 4}, {-6, 4},
    {2, 7},  {-2, 7}, {7, 2},  {-7, 2}, {3, 7},  {-3, 7}, {7, 3},  {-7, 3}, {5, 6},  {-5, 6}, {6, 5}, {-6, 5},
    {8, 0},  {4, 7},  {-4, 7}, {7, 4},  {-7, 4}, {8, 1},  {8, 2},  {6, 6},  {-6, 6}, {8, 3},  {5, 7}, {-5, 7},
    {7, 5},  {-7, 5}, {8, 4},  {6, 7},  {-6, 7}, {7, 6},  {-7, 6}, {8, 5},  {7, 7},  {-7, 7}, {8, 6}, {8, 7}};

constexpr uint32_t kRowsUp = 8, kLeftMost = 8;

// Of a place, by rows up and columns left + 8; 0: none.
using CodeOfPlace = std::array<std::array<uint8_t, 2 * kLeftMost + 1>, kRowsUp>;
constexpr CodeOfPlace kCodeOfPlace = [] {
  CodeOfPlace codes{};
  for (size_t i = 0; i < kVp8lNearCodes; ++i)
    codes[size_t(kPlaces[i].up)][size_t(kPlaces[i].left + int(kLeftMost))] = uint8_t(i + 1);
  return codes;
}();

}  // namespace

uint32_t vp8l_distance(uint32_t distance_code, uint32_t width) {
  if (distance_code > kVp8lNearCodes) return distance_code - kVp8lNearCodes;
  const Place place = kPlaces[distance_code - 1];
  return uint32_t(std::max<int64_t>(1, place.left + int64_t(place.up) * width));
}

uint32_t vp8l_distance_code(uint32_t distance, uint32_t width) {
  const uint32_t up = distance / width, left = distance % width;
  if (left <= kLeftMost && up < kRowsUp)
    if (const uint8_t code = kCodeOfPlace[up][left + kLeftMost]) return code;
  if (left + kLeftMost > width && up + 1 < kRowsUp)  // to the right, one row further up
    if (const uint8_t code = kCodeOfPlace[up + 1][kLeftMost + left - width]) return code;
  return distance + kVp8lNearCodes;
}

}  // namespace lmc
