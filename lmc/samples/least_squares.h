// Predicts a sample as the linear combination of its neighbours that fitted best around it.
//
// For every sample the weights are fitted anew: over a window of kWindow rows above and samples to the left, nearer
// ones counting more, from exact integer covariances, by LDL^T in binary64 in one fixed order. The last pivot is what
// the fit leaves unexplained. (After Wu and Barthel's edge-directed and Ye and Hou's TMW-like least-squares
// predictors.)
#ifndef LMC_SAMPLES_LEAST_SQUARES_H_
#define LMC_SAMPLES_LEAST_SQUARES_H_

#include <vector>

#include "lmc/samples/neighbourhood.h"
#include "lmc/samples/padded_plane.h"
#include "lmc/samples/pixel_kernels.h"

namespace lmc {

struct Fit {
  float prediction = 0;  // in samples, not bounded
  float error = 0;       // root of the mean square that the fit leaves over its window, in samples
};

class LeastSquares {
 public:
  static constexpr int kInputs = 15, kColumns = 16;  // neighbours; and the sample itself
  static constexpr int kWindow = 6;

  LeastSquares(PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa);

  struct Place {
    int x, y;
    const uint16_t* own;
    std::array<const uint16_t*, 2> earlier;
  };
  // fits (count). The samples at places are not read.
  void fit(const Place* places, int count, Fit* fits);
  // After the sample at place is known.
  void learn(const Place& place);

 private:
  void gather(const Place& place, int16_t* columns) const;  // (kColumns)
  void centres(const Place& place, int16_t* columns) const;
  // out (kColumns, kColumns): of differences from centre, in units of 2^shift samples. Returns shift.
  int covariances(const Place& place, const int16_t* centre, int32_t* out);

  int width_;
  PixelKernels kernels_;
  ptrdiff_t stride_;
  std::array<int32_t, kInputs> steps_;
  int own_count_, each_;
  std::vector<int16_t> seen_;  // (height, width, kColumns): neighbours and sample of every place that is known
  struct Window {
    int8_t x, y;
    int16_t weight;
  };
  std::vector<Window> window_;
  std::vector<const int16_t*> samples_;
  std::vector<int16_t> weights_;
  std::vector<int16_t> plain_, weighted_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_LEAST_SQUARES_H_
