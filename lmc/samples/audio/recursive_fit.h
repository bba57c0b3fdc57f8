// A linear prediction whose weights are the least-squares solution over the past, older samples counting less:
// covariances decay by `keep` a sample, and every `interval` samples the weights are solved for anew. A sample counts
// by how small the errors around it are beside the usual ones: what is loud or surprising says less.
//
// binary64 in one order of operations (audio_kernels.h): the same bits on every machine.
#ifndef LMC_SAMPLES_AUDIO_RECURSIVE_FIT_H_
#define LMC_SAMPLES_AUDIO_RECURSIVE_FIT_H_

#include <vector>

#include "lmc/samples/audio/audio_kernels.h"

namespace lmc {

struct FitShape {
  int inputs = 0;  // padded to a multiple of kFitLanes inside
  double keep = 0.998;
  int interval = 1;
  double ridge = 1.0;  // added to every variance
};

class RecursiveFit {
 public:
  RecursiveFit(const FitShape& shape, const AudioKernels& kernels);

  // (inputs); those behind stay 0.
  double* inputs() { return x_.data(); }
  double predict() { return prediction_ = kernels_->dot(x_.data(), weights_.data(), width_); }
  // The value that stood behind these inputs.
  void learn(double value);

 private:
  FitShape shape_;
  const AudioKernels* kernels_;
  int width_;
  int until_solved_;
  double prediction_ = 0;
  double recent_ = 0, usual_ = 0;        // mean errors
  std::vector<double> x_, b_, weights_;  // (width)
  std::vector<double> a_;                // (width, width)
  std::vector<double> work_;             // (width, width + kFitLanes)
};

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_RECURSIVE_FIT_H_
