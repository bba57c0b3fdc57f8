#include "lmc/samples/flat_model.h"

#include <algorithm>

#include "lmc/mixing/logistic.h"

namespace lmc {
namespace {

constexpr uint32_t kMapSizes[] = {256, 64, 64, 4096, 256};
constexpr uint32_t kLimit = 1000;
constexpr float kStart = 4.0f;  // the logit before anything is known
constexpr MixerRates kFlatRates{.start = 0.01f, .floor = 0.002f, .decay = 1000.0f, .last = 0.001f, .prior_start = 0};

// How many of the samples at p, p + step, ... equal value, at most 15.
uint32_t run_of(const uint16_t* p, ptrdiff_t step, uint16_t value) {
  uint32_t run = 0;
  while (run < 15 && p[ptrdiff_t(run) * step] == value) ++run;
  return run;
}

}  // namespace

FlatModel::FlatModel(PlaneRole role, ptrdiff_t stride, Isa isa)
    : planes_(int(role)),
      stride_(stride),
      mixer_({.inputs = 1 + kMaps, .set_sizes = {kMapSizes[0], kMapSizes[1]}, .last_sizes = {1}}, kFlatRates, isa) {
  MapEntry first;
  first.value = uint32_t(logistic().squash(kStart)) << 16 | 1;
  for (size_t i = 0; i < kMaps; ++i) {
    maps_[i].assign(kMapSizes[i], first);
    mixer_.set_initial(int(i) + 1, 0.3f);
  }
}

uint32_t FlatModel::predict(const uint16_t* own, const std::array<const uint16_t*, 2>& earlier) {
  const uint16_t value = own[-1];
  uint32_t around = 0, before = 0, same = 0;
  const ptrdiff_t further[] = {-2,           2 - stride_,     3 - stride_,      -2 - stride_,
                               -2 * stride_, 1 - 2 * stride_, -1 - 2 * stride_, -3 * stride_};
  for (ptrdiff_t step : further) around = around << 1 | uint32_t(own[step] == value);
  for (size_t p = 0; p < size_t(planes_); ++p) {
    const uint16_t* q = earlier[p];
    before = before << 3 | uint32_t(q[-1] == q[0]) << 2 | uint32_t(q[1] == q[0]) << 1 | uint32_t(q[stride_] == q[0]);
    same = same << 1 | uint32_t(q[-1] == q[0] && q[-stride_] == q[0]);
  }
  const uint32_t left = run_of(own - 1, -1, value), up = run_of(own - stride_, -stride_, value);
  const uint32_t contexts[kMaps] = {around, before, left * 4 + same, (value * 0x9E3779B1u >> 22) * 4 + same,
                                    left * 16 + up};
  float* x = mixer_.inputs();
  x[0] = 0.3f;
  for (size_t i = 0; i < kMaps; ++i) {
    chosen_[i] = &maps_[i][contexts[i]];
    x[i + 1] = logistic().stretch(std::max(chosen_[i]->p16(), 1u));
  }
  mixer_.select(0, around);
  mixer_.select(1, before);
  mixer_.select_last(0, 0);
  return logistic().squash(mixer_.predict());
}

void FlatModel::learn(int same) {
  mixer_.update(same);
  for (MapEntry* entry : chosen_) entry->update(same, kLimit);
}

}  // namespace lmc
