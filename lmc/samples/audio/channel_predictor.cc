#include "lmc/samples/audio/channel_predictor.h"

namespace lmc {
namespace {

struct OwnFitShape {
  int own, partner;  // inputs
  double keep;
  int interval;
};
constexpr int kMostOwn = 128;

constexpr OwnFitShape kFastFits[] = {{16, 8, 0.998, 16}};
constexpr OwnFitShape kUsualFits[] = {
    {32, 16, 0.998, 8}, {16, 8, 0.99, 4}, {32, 16, 0.9995, 16}, {12, 4, 0.975, 2}, {24, 8, 0.995, 8}};
constexpr OwnFitShape kBestFits[] = {
    {32, 16, 0.998, 2}, {16, 8, 0.99, 1}, {128, 64, 0.9995, 32}, {12, 4, 0.975, 1}, {24, 8, 0.995, 2}};

constexpr LmsShape kFastFilters[] = {{256, 0.03f}, {32, 0.01f}};
constexpr LmsShape kFilters[] = {{256, 0.03f}, {32, 0.01f}, {16, 0.016f}};
constexpr LmsShape kOwnStepFilters[] = {
    {256, 0.002f, LmsStep::kByOwnSteps}, {32, 0.002f, LmsStep::kByOwnSteps}, {16, 0.002f, LmsStep::kByOwnSteps}};
constexpr LmsShape kLongFilters[] = {{1024, 0.01f}};

constexpr double kBlendMemories[] = {0.998, 0.98, 0.9998};

std::span<const OwnFitShape> fits_of(SampleEffort effort) {
  if (effort == SampleEffort::kFast) return kFastFits;
  return effort == SampleEffort::kUsual ? std::span<const OwnFitShape>(kUsualFits) : kBestFits;
}
std::vector<std::span<const LmsShape>> cascades_of(SampleEffort effort) {
  if (effort == SampleEffort::kFast) return {kFastFilters};
  return {kFilters, kOwnStepFilters, kLongFilters};
}

// A power of two that brings a range to 16 bits, so that squares of squares stay within binary32.
double unit_of(SampleRange range) {
  double unit = 1.0;
  while (double(range.high) - double(range.low) > 65535.0 * unit) unit *= 2.0;
  return unit;
}

}  // namespace

ChannelPredictor::ChannelPredictor(SampleEffort effort, bool has_partner, SampleRange range, Isa isa)
    : low_(range.low), high_(range.high), unit_(unit_of(range)), own_(kMostOwn) {
  const AudioKernels& kernels = audio_kernels(isa);
  for (auto cascade : cascades_of(effort)) {
    cascades_.emplace_back(cascade, isa);
    filters_ += cascade.size();
  }
  for (const OwnFitShape& shape : fits_of(effort)) {
    const int partner = has_partner ? shape.partner : 0;
    const FitShape fit{.inputs = shape.own + partner, .keep = shape.keep, .interval = shape.interval, .ridge = 1.0};
    fits_.push_back({shape.own, partner, RecursiveFit(fit, kernels)});
  }
  const int inputs = int(fits_.size() + filters_) - 1;
  for (size_t i = 0; i < (effort == SampleEffort::kFast ? 1 : std::size(kBlendMemories)); ++i) {
    const FitShape fit{.inputs = inputs, .keep = kBlendMemories[i], .interval = 1, .ridge = 1.0};
    blends_.emplace_back(fit, kernels);
  }
}

// What is no number becomes the low end.
double ChannelPredictor::clamp(double prediction) const {
  return !(prediction > low_) ? low_ : prediction > high_ ? high_ : prediction;
}

std::span<const double> ChannelPredictor::predict(const double* partner) {
  double* out = predictions_;
  for (OwnFit& each : fits_) {
    double* x = each.fit.inputs();
    std::copy_n(own_.data(), each.own, x);
    if (partner != nullptr) std::copy_n(partner, each.partner, x + each.own);
    *out++ = clamp(each.fit.predict());
  }
  for (LmsCascade& cascade : cascades_)
    for (float sum : cascade.predict()) *out++ = clamp(predictions_[0] + double(sum) * unit_);
  const size_t count = size_t(out - predictions_);
  for (RecursiveFit& blend : blends_) {
    for (size_t i = 1; i < count; ++i) blend.inputs()[i - 1] = predictions_[i] - predictions_[0];
    *out++ = clamp(predictions_[0] + blend.predict());
  }
  return {predictions_, size()};
}

void ChannelPredictor::learn(int32_t sample) {
  const double value = sample;
  for (OwnFit& each : fits_) each.fit.learn(value);
  for (LmsCascade& cascade : cascades_) cascade.learn(float((value - predictions_[0]) / unit_));
  for (RecursiveFit& blend : blends_) blend.learn(value - predictions_[0]);
  own_.push(value);
}

}  // namespace lmc
