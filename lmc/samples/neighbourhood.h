// What the pixel network sees of a sample's surroundings: neighbours less a local centre, over a local scale.
//
// Own neighbours come before the sample in raster order and lie at most kReach samples to the right, so row y can
// follow row y - 1 at a distance of kLag samples. In planes that are coded already all neighbours may be looked at.
// All in integers and element-wise binary32: the same on every machine (docs/numerics.md).
#ifndef LMC_SAMPLES_NEIGHBOURHOOD_H_
#define LMC_SAMPLES_NEIGHBOURHOOD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lmc/samples/pixel_kernels.h"

namespace lmc {

// How many planes are coded before: none (grey, green), one (red), two (blue).
enum class PlaneRole { kFirst = 0, kSecond = 1, kThird = 2 };
inline constexpr int kPlaneRoles = 3;

inline constexpr int kNeighbours = 42;  // in every role
inline constexpr int kPixelInputs = 48;
inline constexpr int kInputPeak = 2047;            // an input is an integer within this; kInputUnit of them are 1.0,
inline constexpr float kInputUnit = 128.0f;        // which for a neighbour is one local scale
inline constexpr int kLag = 4, kReach = kLag - 1;  // to the right, in the row above; further above one more each
inline constexpr int kLookAhead = 2;               // rows and samples that later planes see of earlier ones

struct Offset {
  int8_t x, y;
};

// The first own_count offsets are in the plane itself, then come equally many in each earlier plane.
struct NeighbourOffsets {
  std::array<Offset, kNeighbours> offsets;
  int own_count = 0;
};
const NeighbourOffsets& neighbour_offsets(PlaneRole role);

class Neighbourhood {
 public:
  // All planes have the same stride, in samples. 1 <= bits <= 16.
  Neighbourhood(PlaneRole role, ptrdiff_t stride, int bits, Isa isa = Isa::kScalar);

  struct Normal {
    float centre = 0;  // in samples
    float scale = 1;   // in samples, at least kLeastScale
  };
  static constexpr float kLeastScale = 0.375f;

  // own: the sample itself, which is not read; earlier[p]: the same place in the p-th earlier plane.
  // inputs: (kPixelInputs), each within kInputPeak.
  Normal gather(const uint16_t* own, const std::array<const uint16_t*, 2>& earlier, int16_t* inputs) const;

 private:
  PlaneRole role_;
  PixelKernels kernels_;
  float peak_;
  ptrdiff_t stride_;
  int32_t masks_[kPlaneRoles][kPixelInputs] = {};  // whose plane a neighbour is in
};

}  // namespace lmc

#endif  // LMC_SAMPLES_NEIGHBOURHOOD_H_
