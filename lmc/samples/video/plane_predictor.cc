#include "lmc/samples/video/plane_predictor.h"

#include <algorithm>
#include <cstdlib>
namespace lmc {
namespace {

using S = TapSource;
struct Place {
  int8_t x, y;
};
constexpr Place kNowPlaces[] = {{-1, 0}, {0, -1}, {-1, -1}, {1, -1}, {-2, 0}, {0, -2},
                                {2, -1}, {-2, -1}, {1, -2}, {-1, -2}, {-3, 0}, {2, -2}};
constexpr Place kBeforePlaces[] = {{0, 0},  {1, 0},  {0, 1},  {-1, 0}, {0, -1}, {1, 1},  {-1, 1},
                                   {1, -1}, {-1, -1}, {2, 0}, {0, 2}, {-2, 0}, {0, -2}, {2, 1}};
constexpr Place kCross[] = {{0, 0}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};

}  // namespace

PlanePredictor::PlanePredictor(VideoEffort effort, int earlier, int width, ptrdiff_t stride, Isa isa)
    : stride_(stride) {
  std::array<Part, kTapSources> of_source{};
  const auto add = [&](S source, std::span<const Place> places, size_t count) {
    of_source[size_t(source)] = {int(taps_.size()), int(count)};
    for (size_t i = 0; i < count; ++i) taps_.push_back({source, places[i].x, places[i].y});
  };
  const bool is_luma = earlier == 0;
  add(S::kNow, kNowPlaces, is_luma ? 12 : 8);
  add(S::kBefore, kBeforePlaces, is_luma ? 14 : 9);
  add(S::kLong, kCross, is_luma ? 5 : 1);
  add(S::kLeft, kCross, is_luma ? 5 : 1);
  add(S::kLeftNow, kNowPlaces, is_luma ? 4 : 0);
  if (earlier > 0) add(S::kLuma, kCross, 9);
  if (earlier > 0) add(S::kLumaBefore, kCross, 5);
  if (earlier > 1) add(S::kChroma, kCross, 5);
  if (earlier > 1) add(S::kChromaBefore, kCross, 1);
  for (size_t i = 0; i < taps_.size(); ++i) {
    offsets_.push_back(taps_[i].y * stride + taps_[i].x);
    if (runs_.empty() || taps_[size_t(runs_.back().begin)].source != taps_[i].source) runs_.push_back({int(i), 0});
    ++runs_.back().count;
  }
  values_.resize(taps_.size());
  const AudioKernels& kernels = audio_kernels(isa);
  const auto part = [&](S source, int most = 99) {
    Part p = of_source[size_t(source)];
    p.count = std::min(p.count, most);
    return p;
  };
  const Part all{0, int(taps_.size())};
  const auto add_fit = [&](std::vector<Part> parts, double keep, int interval, int strip = 0) {
    int inputs = 0;
    std::erase_if(parts, [](const Part& p) { return p.count == 0; });
    for (const Part& p : parts) inputs += p.count;
    const FitShape shape{.inputs = inputs, .keep = keep, .interval = interval, .ridge = 1.0};
    const size_t strips = strip == 0 ? 1 : size_t((width + strip - 1) / strip);
    fits_.push_back({std::move(parts), strip, {strips, RecursiveFit(shape, kernels)}});
  };
  (void)effort;
  const Part now = part(S::kNow), before = part(S::kBefore), luma = part(S::kLuma), chroma = part(S::kChroma);
  add_fit({now, luma, chroma}, 0.998, 16);
  add_fit({now, before, luma, part(S::kLumaBefore), chroma}, 0.9985, 16);
  add_fit({all}, 0.998, 16, 32);
  add_fit({all}, 0.9998, 32);
  add_fit({part(S::kNow, 6), part(S::kBefore, 5), part(S::kLuma, 3), part(S::kLumaBefore, 1), part(S::kChroma, 3)}, 0.98, 8);
  add_fit({part(S::kNow, 6), part(S::kBefore, 5), part(S::kLuma, 3), part(S::kLumaBefore, 1), part(S::kChroma, 3)}, 0.99, 8,
          32);
  for (double keep : {0.998, 0.98}) {
    const FitShape fit{.inputs = int(fits_.size()), .keep = keep, .interval = 4, .ridge = 1.0};
    blends_.emplace_back(fit, kernels);
  }
  count_ = fits_.size() + 1 + blends_.size();
}

void PlanePredictor::gather(const Places& places) {
  const auto mean = [&](const float* at) { return (at[-1] + at[-stride_] + at[-stride_ - 1] + at[-stride_ + 1]) * 0.25f; };
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
  const auto clamped = [](double value) { return value > 1024.0 ? 1024.0f : value > -1024.0 ? float(value) : -1024.0f; };
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
