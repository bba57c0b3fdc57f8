#include "lmc/samples/audio/recursive_fit.h"

#include <cmath>

namespace lmc {
namespace {

constexpr double kRecent = 0.5, kUsual = 0.002;  // how fast the two mean errors follow
constexpr double kLeastError = 0.1;              // of a sample
constexpr double kMostError = 1e10;

}  // namespace

RecursiveFit::RecursiveFit(const FitShape& shape, const AudioKernels& kernels)
    : shape_(shape),
      kernels_(&kernels),
      width_((shape.inputs + kFitLanes - 1) / kFitLanes * kFitLanes),
      until_solved_(shape.interval),
      x_(size_t(width_)),
      b_(size_t(width_)),
      weights_(size_t(width_)),
      a_(size_t(width_) * size_t(width_)),
      work_(size_t(width_) * size_t(width_ + kFitLanes)) {}

void RecursiveFit::learn(double value) {
  const double off = std::fabs(value - prediction_);
  const double error = off < kMostError ? off : kMostError;  // also where the prediction is no number
  recent_ += (error - recent_) * kRecent;
  usual_ += (error - usual_) * kUsual;
  const double weight = (usual_ + kLeastError) / (recent_ + 0.2 * usual_ + kLeastError);
  kernels_->gather(x_.data(), value, weight, shape_.keep, width_, a_.data(), b_.data());
  if (--until_solved_ > 0) return;
  until_solved_ = shape_.interval;
  const double ridge = shape_.ridge + a_[0] * 0x1p-34;  // far above what the sums have lost to rounding
  kernels_->solve(a_.data(), b_.data(), ridge, width_, work_.data(), weights_.data());
}

}  // namespace lmc
