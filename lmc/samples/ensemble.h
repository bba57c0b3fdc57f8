// The predictors that only the best levels pay for, beside the network and the near least squares: a wide fit, fits
// along the row and the column, and histograms of what many forecasts leave.
#ifndef LMC_PIXELS_ENSEMBLE_H_
#define LMC_PIXELS_ENSEMBLE_H_

#include <array>
#include <vector>

#include "lmc/samples/fit_opinion.h"
#include "lmc/samples/line_least_squares.h"
#include "lmc/samples/residual_maps.h"
#include "lmc/samples/wide_least_squares.h"

namespace lmc {

class Ensemble {
 public:
  static constexpr int kMostBits = 8;  // of a sample
  static constexpr int kFits = 3;
  static int inputs(PlaneRole role) { return kFits * FitOpinion::kInputs + ResidualMaps::inputs(role); }

  struct Without {  // for ablations
    bool wide = false, lines = false, residuals = false;
  };
  Ensemble(PlaneRole role, int bits, int width, int height, ptrdiff_t stride, Isa isa, const Without& without);

  // What the mixer starts with.
  static float first_weight(int input) { return input % 2 == 0 && input < 2 * kFits ? kFirstWeights[input / 2] : 0.0f; }

  // Forecasts for the samples at places (count), of rows that are numbered 0..count of all - 1.
  void fit(const LeastSquares::Place* places, const size_t* rows, size_t count);
  // The sample at place, in the row of that number, is next. mean: the network's; near: the near least squares'
  // forecast; surprise: how far off the network was around.
  void begin(size_t row, const LeastSquares::Place& place, float mean, float near, uint32_t surprise);
  // What the mixer sees of a decision, (inputs): whether the sample, in [low, high), is `middle` or more.
  void input(int32_t low, int32_t middle, int32_t high, float* x);
  // After the decision; asked: whether input was.
  void narrow(int32_t middle, int bit, bool asked);
  void learn(uint32_t sample);
  // In place of all these, where the sample was known to equal its neighbours.
  void pass(const LeastSquares::Place& place);

 private:
  static constexpr float kFirstWeights[kFits] = {0.2f, 0.1f, 0.1f};

  bool uses(size_t fit) const { return fit == 0 ? !without_.wide : !without_.lines; }

  int bits_;
  Without without_;
  WideLeastSquares wide_;
  LineLeastSquares row_, column_;
  std::array<FitOpinion, kFits> opinions_;
  ResidualMaps residuals_;
  std::array<std::vector<Fit>, kFits> fits_;  // by number of row
  std::vector<Fit> together_;
  LeastSquares::Place place_{};
};

}  // namespace lmc

#endif  // LMC_PIXELS_ENSEMBLE_H_
