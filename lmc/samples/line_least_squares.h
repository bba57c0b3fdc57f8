// Predicts a sample as the linear combination of its neighbours that fitted best along its row, or along its column.
//
// Pictures that were scaled have rows, and columns, that all follow a rule of their own, which a window around the
// sample blurs. Covariances are exact integers that decay with every sample of the line.
#ifndef LMC_SAMPLES_LINE_LEAST_SQUARES_H_
#define LMC_SAMPLES_LINE_LEAST_SQUARES_H_

#include <vector>

#include "lmc/samples/fit_columns.h"

namespace lmc {

class LineLeastSquares {
 public:
  enum class Along { kRow, kColumn };

  LineLeastSquares(Along along, PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa);

  // fits (count). The samples at places are not read.
  void fit(const LeastSquares::Place* places, int count, Fit* fits);
  // After the sample at place is known.
  void learn(const LeastSquares::Place& place);

 private:
  int32_t* cell(const LeastSquares::Place& place) {
    return cells_.data() + size_t(along_ == Along::kRow ? place.y : place.x) * PixelKernels::kLineCell;
  }

  Along along_;
  PixelKernels kernels_;
  FitColumns columns_;
  std::vector<int32_t> cells_;  // (lines, kLineCell)
  std::vector<double> system_;  // (columns + 1, columns + 1, kFitLanes)
};

}  // namespace lmc

#endif  // LMC_SAMPLES_LINE_LEAST_SQUARES_H_
