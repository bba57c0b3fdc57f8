// Filters whose weights follow the gradient (normalised LMS), one behind the other: each predicts what the one before
// it has left over. Long ones hear far back, short ones follow fast.
//
// binary32, with the sums and steps of the mixers' kernels: the same bits on every machine.
#ifndef LMC_SAMPLES_AUDIO_LMS_CASCADE_H_
#define LMC_SAMPLES_AUDIO_LMS_CASCADE_H_

#include <span>
#include <vector>

#include "lmc/mixing/mixer_kernels.h"
#include "lmc/samples/audio/audio_kernels.h"
#include "lmc/samples/audio/history.h"

namespace lmc {

// How far a weight goes: by the energy of all inputs, or each by what its own steps have been.
enum class LmsStep : uint8_t { kByEnergy, kByOwnSteps };

struct LmsShape {
  int inputs;  // a multiple of kMixerLanes
  float rate;
  LmsStep step = LmsStep::kByEnergy;
};

class LmsFilter {
 public:
  LmsFilter(const LmsShape& shape, Isa isa)
      : shape_(shape),
        kernels_(&mixer_kernels(isa)),
        audio_kernels_(&audio_kernels(isa)),
        history_(size_t(shape.inputs)),
        weights_(size_t(shape.inputs)),
        steps_(shape.step == LmsStep::kByOwnSteps ? size_t(shape.inputs) : 0) {}

  float predict() {
    const float* row = weights_.data();
    kernels_->dots(history_.data(), &row, &prediction_, 1, shape_.inputs);
    return prediction_;
  }
  void learn(float value) {
    if (shape_.step == LmsStep::kByOwnSteps) {
      audio_kernels_->step(history_.data(), value - prediction_, shape_.rate, kKeep, shape_.inputs, steps_.data(),
                           weights_.data());
      history_.push(value);
      return;
    }
    const float oldest = history_.data()[shape_.inputs - 1];
    const double positive = energy_ > 0.0 ? energy_ : 0.0;
    const float step = float(double(shape_.rate * (value - prediction_)) / (positive + kLeastEnergy * shape_.inputs));
    float* row = weights_.data();
    kernels_->train(history_.data(), &row, &step, 1, shape_.inputs);
    energy_ += double(value) * double(value) - double(oldest) * double(oldest);
    history_.push(value);
  }

 private:
  static constexpr double kLeastEnergy = 1.0;
  static constexpr float kKeep = 0.998f;

  LmsShape shape_;
  const MixerKernels* kernels_;
  const AudioKernels* audio_kernels_;
  History<float> history_;
  std::vector<float> weights_;  // (inputs)
  std::vector<float> steps_;    // (inputs): mean squares
  double energy_ = 0;           // of the history
  float prediction_ = 0;
};

class LmsCascade {
 public:
  LmsCascade(std::span<const LmsShape> shapes, Isa isa) {
    for (const LmsShape& shape : shapes) filters_.emplace_back(shape, isa);
    sums_.resize(shapes.size());
  }

  // Sums of what the first filter, the first two, ... predict.
  std::span<const float> predict() {
    float sum = 0;
    for (size_t i = 0; i < filters_.size(); ++i) sums_[i] = sum += filters_[i].predict();
    return sums_;
  }
  void learn(float value) {
    for (size_t i = 0; i < filters_.size(); ++i) filters_[i].learn(i == 0 ? value : value - sums_[i - 1]);
  }

 private:
  std::vector<LmsFilter> filters_;
  std::vector<float> sums_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_LMS_CASCADE_H_
