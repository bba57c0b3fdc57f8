#include "lmc/samples/ensemble.h"

#include <algorithm>

namespace lmc {

Ensemble::Ensemble(PlaneRole role, int bits, int width, int height, ptrdiff_t stride, Isa isa, const Without& without)
    : bits_(bits),
      without_(without),
      wide_(role, width, height, stride, isa),
      row_(LineLeastSquares::Along::kRow, role, width, height, stride, isa),
      column_(LineLeastSquares::Along::kColumn, role, width, height, stride, isa),
      opinions_{FitOpinion(width, height), FitOpinion(width, height), FitOpinion(width, height)},
      residuals_(role, width, height, stride, isa) {}

void Ensemble::fit(const LeastSquares::Place* places, const size_t* rows, size_t count) {
  together_.resize(count);
  const auto keep = [&](std::vector<Fit>& fits) {
    for (size_t k = 0; k < count; ++k) {
      if (rows[k] >= fits.size()) fits.resize(rows[k] + 1);
      fits[rows[k]] = together_[k];
    }
  };
  wide_.fit(places, int(count), together_.data());
  keep(fits_[0]);
  row_.fit(places, int(count), together_.data());
  keep(fits_[1]);
  column_.fit(places, int(count), together_.data());
  keep(fits_[2]);
}

void Ensemble::begin(size_t row, const LeastSquares::Place& place, float mean, float near, uint32_t surprise) {
  place_ = place;
  const auto rounded = [this](float x) { return std::clamp(int32_t(x + 0.5f), 0, (1 << bits_) - 1); };
  std::array<int32_t, ResidualMaps::kGiven> given{rounded(mean), rounded(near), rounded((mean + near) * 0.5f)};
  for (size_t i = 0; i < kFits; ++i) {
    opinions_[i].begin(fits_[i][row], place.x, place.y, bits_);
    given[3 + i] = rounded(uses(i) ? opinions_[i].forecast() : near);
  }
  residuals_.begin(place, given, surprise);
}

void Ensemble::input(int32_t low, int32_t middle, int32_t high, float* x) {
  for (size_t i = 0; i < kFits; ++i, x += FitOpinion::kInputs) {
    opinions_[i].input(middle, x);
    if (!uses(i)) std::fill_n(x, FitOpinion::kInputs, 0.0f);
  }
  residuals_.input(low, middle, high, x);
  if (without_.residuals) std::fill_n(x, residuals_.inputs(), 0.0f);
}

void Ensemble::narrow(int32_t middle, int bit, bool asked) {
  for (FitOpinion& opinion : opinions_) opinion.narrow(middle, bit, asked);
  if (asked) residuals_.narrow(bit);
}

void Ensemble::learn(uint32_t sample) {
  for (FitOpinion& opinion : opinions_) opinion.learn(sample);
  wide_.learn(place_, true);
  row_.learn(place_);
  column_.learn(place_);
  residuals_.learn(sample);
}

void Ensemble::pass(const LeastSquares::Place& place) {
  wide_.learn(place, false);
  row_.learn(place);
  column_.learn(place);
  residuals_.pass(place);
}

}  // namespace lmc
