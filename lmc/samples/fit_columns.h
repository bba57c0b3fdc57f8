// What a fit of LineLeastSquares and WideLeastSquares combines: the nearest neighbours in the plane itself and in the
// planes before, less a centre of their plane around the sample, so that covariances of different samples add up.
#ifndef LMC_SAMPLES_FIT_COLUMNS_H_
#define LMC_SAMPLES_FIT_COLUMNS_H_

#include <vector>

#include "lmc/samples/least_squares.h"

namespace lmc {

class FitColumns {
 public:
  // own, earlier: how many in the plane itself and in each plane before.
  FitColumns(PlaneRole role, int own, int earlier, ptrdiff_t stride);

  int count() const { return int(own_.size()) + planes_ * int(earlier_.size()); }
  // out (count), one in every two elements: pairs of samples lie side by side.
  void gather(const LeastSquares::Place& place, int16_t* out) const;
  int32_t centre_of(const uint16_t* p) const {
    return (3 * (int32_t(p[-1]) + p[-stride_]) + p[-stride_ - 1] + p[-stride_ + 1] + 4) >> 3;
  }
  // The sample itself, once it is known, as another column.
  int16_t target(const LeastSquares::Place& place) const { return int16_t(*place.own - centre_of(place.own)); }
  // With those columns and as many weights; at least 0.
  float forecast(const LeastSquares::Place& place, const double* weights, const int16_t* columns) const;

 private:
  ptrdiff_t stride_;
  int planes_;
  std::vector<ptrdiff_t> own_, earlier_;  // steps
};

// Root of the mean square that a fit leaves, from its last pivot; at most 4096.
float left_of(double pivot, double total);

}  // namespace lmc

#endif  // LMC_SAMPLES_FIT_COLUMNS_H_
