#include "lmc/samples/video/value_coder.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lmc/samples/steps.h"

namespace lmc {
namespace {

constexpr float kLeastWidth = 0.02f;            // in units of the predictions
constexpr float kWidthOfError = 1.0f / 1.386f;  // a logistic density's width, of its mean absolute error
constexpr int kUnit = 16;                       // likelihoods: in a nat
constexpr float kSharpness = 0.6f;              // how much likelihoods around a sample count

// Half octaves of a positive number: 0 for what is below `least`, up to most - 1.
uint32_t half_octaves_from(float x, float least, uint32_t most) {
  if (!(x >= least)) return 0;
  const uint32_t steps = 1 + (std::bit_cast<uint32_t>(x) >> 22) - (std::bit_cast<uint32_t>(least) >> 22);
  return std::min(steps, most - 1);
}

constexpr float kLeastError = 0.15f, kLeastActivity = 0.5f;  // the first half octave ends there
constexpr float kRatios[] = {0.35f, 0.6f, 0.85f, 1.2f, 1.7f, 2.8f};
constexpr float kSignedErrors[] = {0.3f, 0.9f, 1.8f, 3.5f};  // in usual errors
constexpr float kApart[] = {0.06f, 0.2f, 0.5f, 1.2f};
constexpr uint32_t kRatioLevels = std::size(kRatios) + 1, kLevels = 16, kSpreadLevels = 12, kShifts = 17;
constexpr uint32_t kSigned = 2 * std::size(kSignedErrors) + 1;

constexpr MixerRates kMixing{.start = 0.02f, .floor = 0.003f, .decay = 3000.0f, .last = 0.002f};
constexpr uint32_t kMapLimit = 400;

MixerShape mixer_shape(int densities) {
  return {
      .inputs = densities + 7,
      .set_sizes = {128, kRatioLevels * kRatioLevels * kNodeKinds, kSpreadLevels * kNodeKinds, kShifts * 8 * kNodeKinds,
                    kSigned * kSigned * kNodeKinds, kLevels * kNodeKinds, 48 * kNodeKinds, kLevels * 8 * kNodeKinds},
      .last_sizes = {kNodeKinds, kLevels}};
}

// exp(-i / kUnit) in units of 2^-15.
struct Fading {
  std::array<int32_t, 12 * kUnit> values;
  Fading() {
    double x = 32768.0;
    for (int32_t& value : values) {
      value = int32_t(x);
      x *= 0.93941306281347578611971082462231;  // exp(-1/16)
    }
  }
};

}  // namespace

ValueCoder::ValueCoder(size_t predictions, size_t first_blend, SampleRange range, float scale, int width, Isa isa)
    : kernels_(&audio_kernels(isa)),
      range_(range),
      scale_(scale),
      blend_(first_blend),
      densities_([&] {
        std::vector<Density> out;
        for (size_t p = 0; p < predictions; ++p) {
          out.push_back({p, 0, std::vector<Calibration>(kLevels * kRatioLevels * kRatioLevels)});
          out.push_back({p, 1, std::vector<Calibration>(kLevels * kLevels)});
        }
        for (int kind = 2; kind < 4; ++kind)
          out.push_back({first_blend, kind, std::vector<Calibration>(kLevels * kLevels * kLevels)});
        return out;
      }()),
      count_(int((densities_.size() + 15) / 16 * 16)),
      above_(size_t(width) + 2),
      now_(size_t(width) + 2),
      mixer_(mixer_shape(int(densities_.size())), kMixing, isa),
      apms_{FineApm(kStepNodes * kLevels), FineApm(kStepNodes * kSigned * kSigned)},
      predictions_count_(predictions) {
  for (size_t i = 0; i < densities_.size(); ++i) mixer_.set_initial(int(i), 0.3f / float(densities_.size()));
  mixer_.set_initial(int(densities_.size()), 0.6f);
  for (int i = 0; i < kMaps; ++i) mixer_.set_initial(int(densities_.size()) + 1 + i, 0.04f);
  const size_t sizes[kMaps] = {kShifts * 8 * kRatioLevels, kLevels * kRatioLevels, kSigned * kSigned, kSigned * kSigned,
                               kShifts * 8 * 4};
  for (int i = 0; i < kMaps; ++i) maps_[i].resize(sizes[i] * kStepNodes);
}

void ValueCoder::begin_row() {
  std::swap(above_, now_);
  now_[0] = above_[1];
  above_.back() = above_[above_.size() - 2];
}

void ValueCoder::pass(int x) { now_[size_t(x) + 1] = above_[size_t(x) + 1]; }

void ValueCoder::begin(std::span<const float> predictions, const ErrorField& errors, const SampleScene& scene, int x) {
  std::copy(predictions.begin(), predictions.end(), predictions_.begin());
  base_ = std::floor(predictions[blend_] * scale_);
  centre_ = std::clamp(int32_t(base_), range_.low, range_.high + 1);
  side_ = 0;
  begin_densities(errors, scene);
  begin_mixture(x);
  begin_contexts(errors, scene);
}

// What a density expects of its error, and the context in which that is calibrated.
size_t ValueCoder::expect(Density& density, const ErrorField& errors, const SampleScene& scene) const {
  const size_t p = density.prediction;
  const float near = errors.near()[p], wide = errors.wide()[p];
  const auto level = [](float error) { return size_t(half_octaves_from(error, kLeastError, kLevels)); };
  const auto activity = size_t(half_octaves_from(scene.activity, kLeastActivity, kLevels));
  switch (density.kind) {
    case 0:
      density.expected = near * 0.6f + wide * 0.4f + 0.02f;
      return (level(density.expected) * kRatioLevels + steps_reached(near / (wide + 0.02f), kRatios)) * kRatioLevels +
             steps_reached(scene.then / density.expected, kRatios);
    case 1:
      density.expected = wide + 0.02f;
      return level(density.expected) * kLevels + activity;
    case 2:
      density.expected = near * 0.4f + wide * 0.3f + scene.then * 0.3f + 0.02f;
      return (level(density.expected) * kLevels + activity) * kLevels + level(scene.then);
    default:
      density.expected = wide * 0.5f + scene.then * 0.5f + 0.02f;
      return (level(density.expected) * kLevels + level(scene.earlier)) * kLevels + level(near);
  }
}

void ValueCoder::begin_densities(const ErrorField& errors, const SampleScene& scene) {
  for (size_t i = 0; i < densities_.size(); ++i) {
    Density& density = densities_[i];
    density.chosen = &density.by_context[expect(density, errors, scene)];
    // Centres are counted from the middle of the mass, so that binary32 has digits left.
    centres_[i] = predictions_[density.prediction] * scale_ - base_;
    inverses_[i] = 1.0f / ((density.width() * scale_ + kLeastWidth) * kWidthOfError);
  }
  mass_low_.fill(0);
  mass_high_.fill(1 << 24);
}

// Weighs the densities by how likely they made the samples around.
void ValueCoder::begin_mixture(int x) {
  static const Fading fading;
  const auto at = size_t(x) + 1;
  const Likelihoods &w = now_[at - 1], &n = above_[at], &nw = above_[at - 1], &ne = above_[at + 1];
  std::array<float, kMostDensities> sums;
  best_density_ = 0;
  for (size_t i = 0; i < densities_.size(); ++i) {
    sums[i] = (float(w[i] + n[i]) + float(nw[i] + ne[i]) * 0.7f) * kSharpness;
    if (sums[i] > sums[best_density_]) best_density_ = uint32_t(i);
  }
  int64_t total = 0;
  for (size_t i = 0; i < densities_.size(); ++i) {
    const float less = sums[best_density_] - sums[i];
    weights_[i] = less < float(fading.values.size() - 1) ? fading.values[size_t(less)] : 0;
    total += weights_[i];
  }
  all_low_ = 0;
  all_high_ = total << 24;
}

void ValueCoder::begin_contexts(const ErrorField& errors, const SampleScene& scene) {
  const float usual_units = densities_[densities_.size() - 2].width();
  const float usual = usual_units * scale_ + kLeastWidth;
  // The step: about two thirds of the usual error, a power of two.
  shift_ = 0;
  while (shift_ < 15 && float(2 << shift_) <= usual * 0.9f) ++shift_;
  const auto fraction = uint32_t(std::min(7.0f, usual * 4.0f / float(1 << shift_)));
  const uint32_t size = uint32_t(shift_) * 8 + fraction;
  const float unit = 1.0f / usual_units;
  const uint32_t level = half_octaves_from(usual_units, kLeastError, kLevels);
  const uint32_t by_near = steps_reached(errors.near()[blend_] * unit, kRatios);
  const uint32_t by_then = steps_reached(scene.then * unit, kRatios);
  const uint32_t beside =
      signed_steps(scene.left_w * unit, kSignedErrors) * kSigned + signed_steps(scene.left_n * unit, kSignedErrors);
  const auto apart = [&](size_t i) { return signed_steps((predictions_[i] - predictions_[blend_]) * unit, kApart); };
  const auto [least, greatest] =
      std::minmax_element(predictions_.begin(), predictions_.begin() + ptrdiff_t(predictions_count_));
  const auto spread = uint32_t(std::min(float(kSpreadLevels - 1), (*greatest - *least) * unit * 3.0f));
  const uint32_t place = uint32_t((predictions_[blend_] * scale_ - base_) * 4.0f) & 3;
  contexts_[0] = size * kRatioLevels + by_near;
  contexts_[1] = level * kRatioLevels + by_then;
  contexts_[2] = apart(0) * kSigned + apart(1);
  contexts_[3] = beside;
  contexts_[4] = size * 4 + place;
  sets_[0] = by_near * kRatioLevels + by_then;
  sets_[1] = spread;
  sets_[2] = size;
  sets_[3] = beside;
  sets_[4] = level;
  sets_[5] = best_density_;
  sets_[6] = half_octaves_from(scene.activity, kLeastActivity, kLevels) * 8 +
             std::min(half_octaves_from(scene.earlier, kLeastError, kLevels), 7u);
  apm_contexts_[0] = level;
  apm_contexts_[1] = beside;
}

uint32_t ValueCoder::predict(int32_t edge, int node) {
  const float at = float(edge) - base_ - 0.5f;
  const float sign = side_ == 0 ? 1.0f : -1.0f;
  kernels_->below(centres_.data(), inverses_.data(), at, count_, mass_middle_.data());
  float* x = mixer_.inputs();
  const int n = int(densities_.size());
  kernels_->logits(mass_low_.data(), mass_middle_.data(), mass_high_.data(), sign, n, x);
  all_middle_ = 0;
  for (size_t i = 0; i < size_t(n); ++i) all_middle_ += int64_t(weights_[i]) * mass_middle_[i];
  const auto over = uint32_t(std::max<int64_t>(1, (all_high_ - all_middle_) >> 15));
  const auto under = uint32_t(std::max<int64_t>(1, (all_middle_ - all_low_) >> 15));
  x[n] = (domain_.ln(over) - domain_.ln(under)) * sign;
  const auto row = size_t(node + 64 * side_);
  for (int i = 0; i < kMaps; ++i) {
    chosen_[i] = &maps_[i][contexts_[i] * kStepNodes + row];
    x[n + 1 + i] = domain_.stretch(chosen_[i]->p16());
  }
  x[n + 1 + kMaps] = 0.3f;
  const uint32_t kind = kind_of_node(node);
  mixer_.select(0, uint32_t(row));
  for (int i = 0; i < kSceneSets; ++i) mixer_.select(1 + i, sets_[i] * kNodeKinds + kind);
  mixer_.select_last(0, kind);
  mixer_.select_last(1, apm_contexts_[0]);
  const float logit = mixer_.predict();
  const uint32_t mixed = domain_.squash(logit);
  const uint32_t first = apms_[0].predict(logit, row * kLevels + apm_contexts_[0]);
  const uint32_t second = apms_[1].predict(logit, row * kSigned * kSigned + apm_contexts_[1]);
  const uint32_t p = (2 * mixed + first + second + 2) >> 2;
  return p < 1 ? 1 : p > 65535 ? 65535 : p;
}

void ValueCoder::learn(int bit) {
  mixer_.update(bit);
  for (MapEntry* entry : chosen_) entry->update_fast(bit, kMapLimit);
  for (FineApm& apm : apms_) apm.update(bit);
}

void ValueCoder::end(int32_t value, int x) {
  const float at = float(value) - base_;
  kernels_->below(centres_.data(), inverses_.data(), at - 0.5f, count_, mass_low_.data());
  kernels_->below(centres_.data(), inverses_.data(), at + 0.5f, count_, mass_high_.data());
  Likelihoods& own = now_[size_t(x) + 1];
  const float units = float(value) / scale_;
  for (size_t i = 0; i < densities_.size(); ++i) {
    own[i] = int16_t(domain_.ln(uint32_t(std::max(16, mass_high_[i] - mass_low_[i]))) * float(kUnit));
    Density& density = densities_[i];
    const float error = std::fabs(units - predictions_[density.prediction]);
    constexpr float kLimit = 400.0f;
    density.chosen->found += error;
    density.chosen->expected += density.expected;
    if (density.chosen->expected > kLimit) density.chosen->found *= 0.5f, density.chosen->expected *= 0.5f;
  }
}

}  // namespace lmc
