// Predicts a sample as a linear combination of many neighbours, fitted over a wide window: more columns and a longer
// memory than LeastSquares, but fitted anew only every kBlock samples.
//
// Columns are differences from a centre around the very sample they belong to, so that covariances add up. Those of
// kBlock samples side by side are summed exactly and decay from row to row, in one matrix for each block of the plane's
// width; a fit takes the blocks around. (A two-dimensional form of least squares with exponential forgetting.)
#ifndef LMC_SAMPLES_WIDE_LEAST_SQUARES_H_
#define LMC_SAMPLES_WIDE_LEAST_SQUARES_H_

#include <vector>

#include "lmc/samples/fit_columns.h"

namespace lmc {

class WideLeastSquares {
 public:
  static constexpr int kBlock = PixelKernels::kWideSamples;
  static constexpr int kColumns = PixelKernels::kWideColumns;  // neighbours, the sample itself, zeros

  WideLeastSquares(PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa);

  // fits (count), of samples that are in rows of their own. The samples at places are not read.
  void fit(const LeastSquares::Place* places, int count, Fit* fits);
  // After the sample at place is known; fitted: whether fit was called for it.
  void learn(const LeastSquares::Place& place, bool fitted);

 private:
  static constexpr int kBefore = 3, kAfter = 3;  // blocks of a fit's window, the sample's own among the latter

  struct Row {
    int16_t samples[kBlock / 2][kColumns][2] = {};  // columns of the block at hand, pairs of samples side by side
    double weights[kColumns] = {};
    float left = 1.0f;
  };
  using Cell = std::vector<int32_t>;

  int16_t* columns_of(const LeastSquares::Place& place);  // of the sample there, every second one
  void solve(const LeastSquares::Place* const* places, int count);
  void add_blocks(int block, int lane);

  PixelKernels kernels_;
  FitColumns columns_;
  std::vector<Cell> cells_;     // covariances of each block
  std::vector<Row> rows_;       // (height)
  std::vector<double> system_;  // (columns + 1, columns + 1, kFitLanes); lanes that nobody needs hold what they held
  Cell sums_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_WIDE_LEAST_SQUARES_H_
