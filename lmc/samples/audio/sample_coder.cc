#include "lmc/samples/audio/sample_coder.h"

#include <bit>
#include <cmath>

#include "lmc/samples/steps.h"

namespace lmc {
namespace {

// The first three densities, all of the first blend.
enum { kMainDensity, kFastDensity, kSlowDensity };

constexpr float kLeastWidth = 0.05f;
constexpr float kWidthOfError = 1.0f / 1.386f;  // a logistic density's width, of its mean absolute error

// Errors, in eighths of what is usual.
constexpr int kErrorSizes[] = {2, 5, 9, 15, 25, 40};
constexpr int kSignedErrors[] = {2, 7, 14, 28};
constexpr float kApart[] = {0.06f, 0.2f, 0.5f, 1.2f};  // of two predictions, in usual errors
constexpr float kRatios[] = {0.3f, 0.55f, 0.85f, 1.25f, 2.0f};
constexpr size_t kSizes = std::size(kErrorSizes) + 1, kSigned = 2 * std::size(kSignedErrors) + 1;
constexpr size_t kRatioLevels = std::size(kRatios) + 1, kSpreadLevels = 12, kShifts = 32;

constexpr MixerRates kMixing{.start = 0.02f, .floor = 0.002f, .decay = 3000.0f, .last = 0.002f};
constexpr uint32_t kMapLimit = 400;

MixerShape mixer_shape(int densities) {
  return {.inputs = densities + 6,
          .set_sizes = {128, kRatioLevels * kNodeKinds, kSpreadLevels * kNodeKinds, kShifts * kNodeKinds,
                        kSigned * kNodeKinds},
          .last_sizes = {kNodeKinds}};
}

int padded(size_t count) { return int((count + 15) / 16 * 16); }

}  // namespace

std::vector<SampleCoder::Density> SampleCoder::densities_of(const ChannelPredictor& predictor, SampleEffort effort) {
  std::vector<Density> out;
  const auto add = [&](size_t prediction, std::initializer_list<int> samples) {
    for (int memory : samples) out.push_back({prediction, 1.0f / float(memory)});
  };
  const size_t blend = predictor.first_blend();
  add(blend, {32, 10, 128});
  if (effort == SampleEffort::kFast) {
    add(blend - 1, {24});
    return out;
  }
  for (size_t i = blend + 1; i < predictor.size(); ++i) add(i, {16, 100});
  if (effort == SampleEffort::kUsual) {
    add(predictor.fits() + 2, {16, 100});  // of the whole first cascade
    for (size_t i = 0; i < predictor.fits(); ++i) add(i, {24});
    add(blend, {500});
    add(blend - 1, {24});
  } else {
    for (size_t i = 0; i < blend; ++i) add(i, {24});
    add(blend, {500});
    add(predictor.fits() + 2, {100});
    add(blend - 1, {100});
    for (size_t i = 0; i < 3; ++i) add(i, {200});
  }
  return out;
}

SampleCoder::SampleCoder(const ChannelPredictor& predictor, SampleRange range, SampleEffort effort, Isa isa)
    : kernels_(&audio_kernels(isa)),
      range_(range),
      densities_(densities_of(predictor, effort)),
      count_(padded(densities_.size())),
      blend_(predictor.first_blend()),
      mixer_(mixer_shape(int(densities_.size())), kMixing, isa),
      apms_{FineApm(kStepNodes * kRatioLevels), FineApm(kStepNodes * kSigned)} {
  for (Density& density : densities_) density.width = float(range.high - double(range.low)) / 64.0f + 1.0f;
  for (size_t i = 0; i < densities_.size(); ++i)
    mixer_.set_initial(
        int(i), densities_[i].prediction >= blend_ ? 0.8f / float(std::min<size_t>(densities_.size(), 7)) : 0.05f);
  for (int i = 0; i < kMaps; ++i) mixer_.set_initial(int(densities_.size()) + i, 0.06f);
  const size_t sizes[kMaps] = {8 * kRatioLevels, kSizes * kSizes, kSigned * kSigned, kSigned * kSigned, 8 * 4};
  for (int i = 0; i < kMaps; ++i) maps_[i].resize(sizes[i] * kStepNodes);
}

void SampleCoder::begin(std::span<const double> predictions, int partner_error) {
  std::copy(predictions.begin(), predictions.end(), predictions_.begin());
  for (size_t i = 0; i < densities_.size(); ++i) {
    // Centres are counted from the middle of the mass, so that binary32 has digits left.
    centres_[i] = float(predictions[densities_[i].prediction] - std::floor(predictions[blend_]));
    inverses_[i] = 1.0f / ((densities_[i].width + kLeastWidth) * kWidthOfError);
  }
  centre_ = int32_t(std::floor(predictions[blend_]));
  side_ = 0;
  mass_low_.fill(0);
  mass_high_.fill(1 << 24);
  const float usual = densities_[kMainDensity].width;
  // The step: about two thirds of the usual error, a power of two.
  shift_ = 0;
  while (shift_ < 30 && float(int64_t(2) << shift_) <= usual * 0.9f) ++shift_;
  const auto fraction = uint32_t(std::min(7.0f, usual * 4.0f / float(int64_t(1) << shift_)));
  ratio_ = steps_reached(densities_[kFastDensity].width / densities_[kSlowDensity].width, kRatios);
  const float unit = 1.0f / (usual + kLeastWidth);
  const auto apart = [&](size_t prediction) {
    return signed_steps(float(predictions[prediction] - predictions[blend_]) * unit, kApart);
  };
  const uint32_t by_fast = apart(predictions.size() > blend_ + 1 ? blend_ + 1 : 0);
  const uint32_t by_cascade = apart(blend_ - 1);
  float least = centres_[0], greatest = centres_[0];
  for (size_t i = 1; i < densities_.size(); ++i)
    least = std::min(least, centres_[i]), greatest = std::max(greatest, centres_[i]);
  const float disagreement = (greatest - least) * unit;
  spread_ = uint32_t(std::min(11.0f, disagreement * 4.0f));
  const uint32_t place = uint32_t((predictions[blend_] - std::floor(predictions[blend_])) * 4.0);
  contexts_[0] = fraction * kRatioLevels + ratio_;
  contexts_[1] = size_t(steps_reached(std::abs(errors_[0]), kErrorSizes)) * kSizes +
                 steps_reached(std::abs(errors_[1]), kErrorSizes);
  contexts_[2] = by_fast * kSigned + by_cascade;
  contexts_[3] = signed_steps(partner_error, kSignedErrors) * kSigned + signed_steps(errors_[0], kSignedErrors);
  contexts_[4] = fraction * 4 + std::min(place, 3u);
  apm_contexts_[0] = ratio_;
  apm_contexts_[1] = signed_steps(partner_error, kSignedErrors);
}

uint32_t SampleCoder::predict(int32_t edge, int node) {
  const float at = float(int64_t(edge) - centre_) - 0.5f;
  const float sign = side_ == 0 ? 1.0f : -1.0f;
  kernels_->below(centres_.data(), inverses_.data(), at, count_, mass_middle_.data());
  float* x = mixer_.inputs();
  const int n = int(densities_.size());
  kernels_->logits(mass_low_.data(), mass_middle_.data(), mass_high_.data(), sign, n, x);
  const auto row = size_t(node + 64 * side_);
  for (int i = 0; i < kMaps; ++i) {
    chosen_[i] = &maps_[i][contexts_[i] * kStepNodes + row];
    x[n + i] = domain_.stretch(chosen_[i]->p16());
  }
  x[n + kMaps] = 0.3f;
  const uint32_t kind = kind_of_node(node);
  mixer_.select(0, uint32_t(row));
  mixer_.select(1, ratio_ * kNodeKinds + kind);
  mixer_.select(2, spread_ * kNodeKinds + kind);
  mixer_.select(3, uint32_t(shift_) * kNodeKinds + kind);
  mixer_.select(4, apm_contexts_[1] * kNodeKinds + kind);
  mixer_.select_last(0, kind);
  const float logit = mixer_.predict();
  const uint32_t mixed = domain_.squash(logit);
  const uint32_t first = apms_[0].predict(logit, row * kRatioLevels + apm_contexts_[0]);
  const uint32_t second = apms_[1].predict(logit, row * kSigned + apm_contexts_[1]);
  const uint32_t p = (2 * mixed + first + second + 2) >> 2;
  return p < 1 ? 1 : p > 65535 ? 65535 : p;
}

void SampleCoder::learn(int bit) {
  mixer_.update(bit);
  for (MapEntry* entry : chosen_) entry->update_fast(bit, kMapLimit);
  for (FineApm& apm : apms_) apm.update(bit);
}

uint32_t SampleCoder::predict_plainly(int32_t edge) {
  const float at = float(int64_t(edge) - centre_) - 0.5f;
  kernels_->below(centres_.data(), inverses_.data(), at, 1, mass_middle_.data());
  const int32_t over = std::max(1, mass_high_[0] - mass_middle_[0]);
  const int32_t under = std::max(1, mass_middle_[0] - mass_low_[0]);
  const auto p = uint32_t((uint64_t(side_ == 0 ? over : under) << 16) / uint64_t(over + under));
  return p < 1 ? 1 : p > 65535 ? 65535 : p;
}

void SampleCoder::take(bool farther) {
  // At the first decision side_ is 0 and "farther" means above.
  (farther == (side_ == 0) ? mass_low_ : mass_high_) = mass_middle_;
}

void SampleCoder::end(int32_t value) {
  const double sample = value;
  const float usual = densities_[kMainDensity].width;
  for (Density& density : densities_) {
    const auto error = float(std::fabs(sample - predictions_[density.prediction]));
    density.width += (error - density.width) * density.rate;
  }
  const auto off = float(sample - predictions_[blend_]) * 8.0f / (usual + kLeastWidth);
  errors_[1] = errors_[0];
  errors_[0] = int(off < -64.0f ? -64.0f : off > 64.0f ? 64.0f : off);
}

}  // namespace lmc
