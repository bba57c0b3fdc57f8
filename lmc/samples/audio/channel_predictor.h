// Predicts the next sample of one channel in several ways: least-squares fits of different length and memory,
// cascades of LMS filters behind the first fit, and fits that blend all of these.
#ifndef LMC_SAMPLES_AUDIO_CHANNEL_PREDICTOR_H_
#define LMC_SAMPLES_AUDIO_CHANNEL_PREDICTOR_H_

#include <span>
#include <vector>

#include "lmc/samples/audio/lms_cascade.h"
#include "lmc/samples/audio/recursive_fit.h"
#include "lmc/samples/sample_effort.h"
#include "lmc/samples/value_steps.h"

namespace lmc {

class ChannelPredictor {
 public:
  static constexpr size_t kMostFits = 5, kMostFilters = 7, kMostBlends = 3;
  static constexpr size_t kMostPredictions = kMostFits + kMostFilters + kMostBlends;

  ChannelPredictor(SampleEffort effort, bool has_partner, SampleRange range, Isa isa);

  // Number of predictions: fits, sums of the cascade, blends.
  size_t size() const { return fits_.size() + filters_ + blends_.size(); }
  size_t first_blend() const { return fits_.size() + filters_; }
  size_t fits() const { return fits_.size(); }

  // partner: the latest samples of another channel, the newest first, at least kPartnerInputs; null: there is none.
  std::span<const double> predict(const double* partner);
  void learn(int32_t sample);
  // (kPartnerInputs) or more
  const double* latest() const { return own_.data(); }

  static constexpr int kPartnerInputs = 64;

 private:
  double clamp(double prediction) const;

  double low_, high_;
  double unit_;         // of the cascades' values, in samples
  size_t filters_ = 0;  // of all cascades
  History<double> own_;
  struct OwnFit {
    int own, partner;
    RecursiveFit fit;
  };
  std::vector<OwnFit> fits_;
  std::vector<LmsCascade> cascades_;
  std::vector<RecursiveFit> blends_;
  double predictions_[kMostPredictions] = {};
};

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_CHANNEL_PREDICTOR_H_
