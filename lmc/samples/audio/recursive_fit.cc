#include "lmc/samples/audio/recursive_fit.h"

namespace lmc {

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
  kernels_->gather(x_.data(), value, shape_.keep, width_, a_.data(), b_.data());
  if (--until_solved_ > 0) return;
  until_solved_ = shape_.interval;
  const double ridge = shape_.ridge + a_[0] * 0x1p-34;  // far above what the sums have lost to rounding
  kernels_->solve(a_.data(), b_.data(), ridge, width_, work_.data(), weights_.data());
}

}  // namespace lmc
