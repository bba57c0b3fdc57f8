#include "lmc/mixing/mixer.h"

namespace lmc {
namespace {

float clamp_logit(float x) { return x > kMaxLogit ? kMaxLogit : x < -kMaxLogit ? -kMaxLogit : x; }

inline float error_of(const Logistic& table, float target, float logit) {
  return target - float(table.squash(logit)) * (1.0f / 65536.0f);
}

}  // namespace

Mixer::Mixer(const MixerShape& shape, const MixerRates& rates, Isa isa)
    : kernels_(mixer_kernels(isa)),
      rates_(rates),
      width_((shape.inputs + kMixerLanes - 1) / kMixerLanes * kMixerLanes),
      last_width_((int(shape.set_sizes.size()) + 7) / 8 * 8),
      sizes_(shape.set_sizes),
      inputs_(size_t(width_), 0.0f) {
  for (uint32_t size : shape.last_sizes)
    last_weights_.emplace_back(size_t(size) * size_t(last_width_), 1.0f / float(sizes_.size()));
  for (uint32_t size : sizes_) weights_.emplace_back(size_t(size) * size_t(width_), 0.0f);
}

void Mixer::set_initial(int input, float weight) {
  for (auto& set : weights_)
    for (size_t i = size_t(input); i < set.size(); i += size_t(width_)) set[i] = weight;
}

float Mixer::predict() {
  const int count = sets();
  for (int s = 0; s < count; ++s) rows_[s] = weights_[size_t(s)].data() + size_t(chosen_[s]) * size_t(width_);
  kernels_.dots(inputs_.data(), rows_, outputs_, count, width_);
  for (int s = 0; s < count; ++s) outputs_[s] = clamp_logit(outputs_[s]);
  float mean = 0.0f;
  for (int l = 0; l < last_sets(); ++l) {
    const float* row = last_row(size_t(l), last_chosen_[l]);
    float sum = 0.0f;
    for (int s = 0; s < count; ++s) sum += outputs_[s] * row[s];
    last_outputs_[l] = clamp_logit(sum);
    mean += last_outputs_[l];
  }
  return mean / float(last_sets());
}

void Mixer::update(int bit) {
  const float rate = rates_.floor + (rates_.start - rates_.floor) / (1.0f + float(int64_t(decisions_)) / rates_.decay);
  ++decisions_;
  const Logistic& table = logistic();
  const float target = bit ? 1.0f : 0.0f;
  const int count = sets();
  float step[kMaxSets];
  for (int s = 0; s < count; ++s) step[s] = rate * error_of(table, target, outputs_[s]);
  kernels_.train(inputs_.data(), rows_, step, count, width_);
  for (int l = 0; l < last_sets(); ++l) {
    float* row = last_row(size_t(l), last_chosen_[l]);
    const float last_step = rates_.last * error_of(table, target, last_outputs_[l]);
    for (int s = 0; s < count; ++s) row[s] += last_step * outputs_[s];
  }
}

std::vector<float*> Mixer::parameters() {
  std::vector<float*> out;
  for (auto& set : weights_)
    for (float& weight : set) out.push_back(&weight);
  for (auto& set : last_weights_)
    for (float& weight : set) out.push_back(&weight);
  return out;
}

}  // namespace lmc
