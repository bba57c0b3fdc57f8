#include "lmc/samples/video/plane_predictor.h"

#include <algorithm>

namespace lmc {
namespace {

using S = TapSource;
struct Place {
  int8_t x, y;
};
// The nearest first.
constexpr Place kPlacesBefore[] = {{-1, 0}, {0, -1},  {-1, -1}, {1, -1},  {-2, 0}, {0, -2},
                                   {2, -1}, {-2, -1}, {1, -2},  {-1, -2}, {-3, 0}, {2, -2}};
constexpr Place kPlacesAround[] = {{0, 0},  {1, 0},   {0, 1}, {-1, 0}, {0, -1}, {1, 1},  {-1, 1},
                                   {1, -1}, {-1, -1}, {2, 0}, {0, 2},  {-2, 0}, {0, -2}, {2, 1}};

// How many of the places of each source there are: of luma, and of a plane with one or two coded before it.
struct SourcePlaces {
  S source;
  std::span<const Place> places;
  int counts[3];
};
constexpr SourcePlaces kSources[] = {
    {S::kNow, kPlacesBefore, {12, 8, 8}},         {S::kBefore, kPlacesAround, {14, 9, 9}},
    {S::kLong, kPlacesAround, {5, 5, 5}},         {S::kLeft, kPlacesAround, {5, 5, 5}},
    {S::kLeftNow, kPlacesBefore, {4, 4, 4}},      {S::kLuma, kPlacesAround, {0, 9, 9}},
    {S::kLumaBefore, kPlacesAround, {0, 5, 5}},   {S::kChroma, kPlacesAround, {0, 0, 5}},
    {S::kChromaBefore, kPlacesAround, {0, 0, 1}},
};

// At most so many inputs from each source, in the order of TapSource.
using Inputs = std::array<int, kTapSources>;
constexpr int kAny = 99;
constexpr Inputs kAll = {kAny, kAny, kAny, kAny, kAny, kAny, kAny, kAny, kAny};
constexpr Inputs kFromNow = {kAny, 0, 0, 0, 0, kAny, 0, kAny, 0};
constexpr Inputs kFromTwo = {kAny, kAny, 0, 0, 0, kAny, kAny, kAny, 0};
constexpr Inputs kFromBefore = {0, kAny, kAny, kAny, 0, kAny, kAny, 0, 0};
constexpr Inputs kMany = {8, 9, 0, kAny, 0, 5, kAny, kAny, 0};
constexpr Inputs kFew = {6, 5, 0, 0, 0, 3, 1, 3, 0};
constexpr Inputs kFewest = {4, 3, 0, 0, 0, 1, 1, 1, 0};

struct PlaneFit {
  Inputs inputs;
  double keep;
  int interval;  // samples from one solution to the next; the best profile takes a quarter
  int strip;     // columns that share a fit; 0: all
};
// The fast profile takes the first few, the usual one most, the best one all.
constexpr PlaneFit kFits[] = {
    {kFromNow, 0.998, 16, 0}, {kFromTwo, 0.9985, 16, 0},    {kAll, 0.998, 16, 16}, {kFewest, 0.94, 2, 8},
    {kFewest, 0.97, 4, 16},   {kAll, 0.9998, 32, 0},        {kFew, 0.98, 8, 0},    {kFew, 0.99, 8, 32},
    {kAll, 0.99, 8, 0},       {kFromBefore, 0.998, 16, 16}, {kMany, 0.997, 8, 8},  {kFewest, 0.9, 2, 0},
    {kFewest, 0.985, 4, 4},
};
constexpr size_t kFastFits = 4, kUsualFits = 10;
constexpr double kBlendMemories[] = {0.998, 0.98};

size_t fits_of(SampleEffort effort) {
  return effort == SampleEffort::kFast ? kFastFits : effort == SampleEffort::kUsual ? kUsualFits : std::size(kFits);
}

}  // namespace

PlanePredictor::PlanePredictor(SampleEffort effort, int earlier, int width, ptrdiff_t stride, Isa isa)
    : stride_(stride) {
  std::array<Part, kTapSources> of_source{};
  for (const SourcePlaces& each : kSources) {
    const Part run{int(taps_.size()), each.counts[earlier]};
    of_source[size_t(each.source)] = run;
    if (run.count > 0) runs_.push_back(run);
    for (int i = 0; i < run.count; ++i) {
      const Place place = each.places[size_t(i)];
      taps_.push_back({each.source, place.x, place.y});
      offsets_.push_back(place.y * stride + place.x);
    }
  }
  values_.resize(taps_.size());
  const AudioKernels& kernels = audio_kernels(isa);
  for (const PlaneFit& each : std::span(kFits).first(fits_of(effort))) {
    std::vector<Part> parts;
    int inputs = 0;
    for (size_t s = 0; s < kTapSources; ++s) {
      const Part part{of_source[s].begin, std::min(of_source[s].count, each.inputs[s])};
      if (part.count > 0) parts.push_back(part);
      inputs += part.count;
    }
    const int interval = effort == SampleEffort::kBest ? std::max(1, each.interval / 4) : each.interval;
    const FitShape shape{.inputs = inputs, .keep = each.keep, .interval = interval, .ridge = 1.0};
    const size_t strips = each.strip == 0 ? 1 : size_t((width + each.strip - 1) / each.strip);
    fits_.push_back({std::move(parts), each.strip, {strips, RecursiveFit(shape, kernels)}});
  }
  for (double keep : kBlendMemories) {
    const int interval = effort == SampleEffort::kBest ? 1 : 4;
    const FitShape fit{.inputs = int(fits_.size()), .keep = keep, .interval = interval, .ridge = 1.0};
    blends_.emplace_back(fit, kernels);
  }
  count_ = fits_.size() + 1 + blends_.size();
}

void PlanePredictor::gather(const Places& places) {
  const auto mean = [&](const float* at) {
    return (at[-1] + at[-stride_] + at[-stride_ - 1] + at[-stride_ + 1]) * 0.25f;
  };
  centre_ = mean(places[size_t(S::kNow)]);
  for (const Part& run : runs_) {
    const S source = taps_[size_t(run.begin)].source;
    const float* const at = places[size_t(source)];
    double* out = values_.data() + run.begin;
    if (at == nullptr) {
      std::fill_n(out, run.count, 0.0);
      continue;
    }
    float centre = centre_;
    if (source == S::kLeft || source == S::kLeftNow) centre = 0;
    if (source == S::kLuma || source == S::kLumaBefore) centre = mean(places[size_t(S::kLuma)]);
    if (source == S::kChroma || source == S::kChromaBefore) centre = mean(places[size_t(S::kChroma)]);
    const ptrdiff_t* offset = offsets_.data() + run.begin;
    for (int i = 0; i < run.count; ++i) out[i] = double(at[offset[i]] - centre);
  }
}

std::span<const float> PlanePredictor::predict(const Places& places, int x, std::span<const float> errors) {
  gather(places);
  const auto clamped = [](double value) {
    return value > 1024.0 ? 1024.0f : value > -1024.0 ? float(value) : -1024.0f;
  };
  size_t n = 0;
  for (Fit& fit : fits_) {
    fit.chosen = &fit.by_strip[fit.strip == 0 ? 0 : size_t(x / fit.strip)];
    double* to = fit.chosen->inputs();
    for (const Part& part : fit.parts) to = std::copy_n(values_.data() + part.begin, part.count, to);
    predictions_[n++] = clamped(fit.chosen->predict());
  }
  // What did well around the sample counts more.
  float sum = 0, weights = 0;
  for (size_t i = 0; i < n; ++i) {
    const float error = errors[i] + 0.05f;
    const float weight = 1.0f / (error * error * error);
    sum += predictions_[i] * weight;
    weights += weight;
  }
  predictions_[n++] = sum / weights;
  const size_t base = n - 1;
  for (RecursiveFit& blend : blends_) {
    for (size_t i = 0; i < base; ++i) blend.inputs()[i] = double(predictions_[i] - predictions_[base]);
    predictions_[n++] = clamped(double(predictions_[base]) + blend.predict());
  }
  for (size_t i = 0; i < n; ++i) predictions_[i] += centre_;
  return {predictions_.data(), n};
}

void PlanePredictor::learn(float value) {
  const double own = double(value - centre_);
  for (Fit& fit : fits_) fit.chosen->learn(own);
  const size_t base = fits_.size();
  for (RecursiveFit& blend : blends_) blend.learn(double(value - predictions_[base]));
}

}  // namespace lmc
