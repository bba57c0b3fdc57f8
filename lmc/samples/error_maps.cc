#include "lmc/samples/error_maps.h"

#include <algorithm>

#include "lmc/samples/error_level.h"

namespace lmc {
namespace {

constexpr size_t kAllMaps = 6, kLightMaps = 2;
constexpr size_t kContexts[kAllMaps] = {72, 16 * 16, 16 * 15, 216, 121, 121};
constexpr size_t kLevels = 8, kLogits = 24;  // of each context

}  // namespace

ErrorMaps::ErrorMaps(Choice choice, PlaneRole role, ptrdiff_t stride)
    : is_light_(choice != Choice::kAll), planes_(int(role)), stride_(stride) {
  maps_.resize(!is_light_ ? kAllMaps : choice == Choice::kLight ? kLightMaps : kLightMaps + 1);
  std::array<MapEntry, kLogits> first;
  for (size_t z = 0; z < first.size(); ++z) first[z].value = domain_.squash((float(z) - 11.5f) * 0.5f) << 16 | 4;
  for (size_t i = 0; i < maps_.size(); ++i) {
    std::vector<MapEntry>& entries = maps_[i].entries;
    entries.resize(kContexts[is_light_ && i == kLightMaps ? kAllMaps - 1 : i] * kLevels * kLogits);
    for (size_t k = 0; k < entries.size(); k += first.size())
      std::copy(first.begin(), first.end(), entries.begin() + ptrdiff_t(k));
  }
}

void ErrorMaps::begin(const SampleAt& at) {
  mean_ = at.mean;
  spread_ = at.spread;
  const uint16_t* p = at.place.own;
  int32_t difference = 0, coded = 0;
  if (planes_ > 0) {
    const uint16_t* q = at.place.earlier[size_t(planes_) - 1];
    difference = int32_t(q[0]) - q[-1];
    coded = level_of(q[0] - ((q[-1] + q[-stride_] + q[1] + q[stride_] + 2) >> 2));
  }
  maps_[0].context = uint32_t(int(at.errors) * 9 + sign_of(at.left) * 3 + sign_of(at.above));
  if (!is_light_) {
    const auto few = [](int8_t level) { return uint32_t(std::min(size_of(level), 5)); };
    maps_[2].context = spread_ * 15 + uint32_t(coded + 7);
    maps_[3].context = few(at.right) * 36 + few(at.corner) * 6 + few(at.far);
  }
  reference_[0] = p[-1], reference_[1] = p[-stride_];
  reference_[2] = int32_t(p[-1]) + p[-stride_] - p[-stride_ - 1];
  reference_[3] = planes_ == 0 ? int32_t(p[-stride_]) + p[-stride_ + 1] - p[-2 * stride_ + 1] : p[-1] + difference;
}

void ErrorMaps::input(const SampleDecision& decision, float* x) {
  const int32_t middle = decision.middle;
  const int32_t quarters = std::clamp(int32_t((mean_ - float(middle)) * 4.0f) + 8, 0, 15);
  maps_[1].context = uint32_t(quarters) * 16 + spread_;
  const auto near = [&](int32_t value) { return uint32_t(std::clamp(int(level_of(middle - value)), -5, 5) + 5); };
  if (!is_light_) maps_[4].context = near(reference_[0]) * 11 + near(reference_[1]);
  if (maps_.size() > kLightMaps) maps_.back().context = near(reference_[2]) * 11 + near(reference_[3]);
  const auto level = size_t(std::min(decision.left, 7));
  for (Map& map : maps_) {
    map.chosen = &map.entries[(map.context * kLevels + level) * kLogits + decision.by_logit];
    *x++ = domain_.stretch(map.chosen->p16());
  }
}

}  // namespace lmc
