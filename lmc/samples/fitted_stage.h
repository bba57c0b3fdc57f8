// A stage: a linear fit as an mixer input (fit_input.h). The nearest one (least_squares.h) comes first; the others,
// which only the best levels pay for, are the wide one and those along the row and the column.
#ifndef LMC_SAMPLES_FITTED_STAGE_H_
#define LMC_SAMPLES_FITTED_STAGE_H_

#include <algorithm>

#include "lmc/samples/fit_input.h"
#include "lmc/samples/line_least_squares.h"
#include "lmc/samples/sample_stage.h"
#include "lmc/samples/wide_least_squares.h"

namespace lmc {

template <typename Fitter, SampleFit kWhich>
class FittedStage : public SampleStage {
 public:
  // size: of the plane, bits: of a sample.
  FittedStage(int width, int height, int bits, Fitter fitter)
      : bits_(bits), fitter_(std::move(fitter)), mixer_input_(width, height) {}

  int inputs() const { return FitInput::kInputs; }
  float first_weight(int input) const {
    constexpr float kFirstWeights[kSampleFits] = {0.25f, 0.2f, 0.1f, 0.1f};
    return input == 0 ? kFirstWeights[kWhich] : 0.0f;
  }
  int last_error() const { return mixer_input_.last_error(); }
  const Fit& fit_of(size_t row) const { return by_row_[row]; }  // the last one of that row

  void fit(const LeastSquares::Place* places, const size_t* rows, size_t count) {
    together_.resize(count);
    fitter_.fit(places, int(count), together_.data());
    for (size_t k = 0; k < count; ++k) {
      if (rows[k] >= by_row_.size()) by_row_.resize(rows[k] + 1);
      by_row_[rows[k]] = together_[k];
    }
  }
  void begin(SampleAt& at) {
    place_ = at.place;
    mixer_input_.begin(by_row_[at.row], place_.x, place_.y, bits_);
    if (kWhich == kNearFit) at.forecasts.fill(mixer_input_.forecast());
    at.forecasts[kWhich] = mixer_input_.forecast();
  }
  void input(const SampleDecision& decision, float* x) { mixer_input_.input(decision.middle, x); }
  void learn(const SampleDecision& decision, int bit, bool asked) { mixer_input_.narrow(decision.middle, bit, asked); }
  void end(uint32_t sample) {
    mixer_input_.learn(sample);
    learn_place(place_, true);
  }
  void pass(const LeastSquares::Place& place) { learn_place(place, false); }

 private:
  void learn_place(const LeastSquares::Place& place, [[maybe_unused]] bool fitted) {
    if constexpr (requires { fitter_.learn(place, fitted); })
      fitter_.learn(place, fitted);
    else
      fitter_.learn(place);
  }

  int bits_;
  Fitter fitter_;
  FitInput mixer_input_;
  std::vector<Fit> together_, by_row_;  // by_row_: by number of row
  LeastSquares::Place place_{};
};

using NearSquares = FittedStage<LeastSquares, kNearFit>;
using WideSquares = FittedStage<WideLeastSquares, kWideFit>;
using RowSquares = FittedStage<LineLeastSquares, kRowFit>;
using ColumnSquares = FittedStage<LineLeastSquares, kColumnFit>;

}  // namespace lmc

#endif  // LMC_SAMPLES_FITTED_STAGE_H_
