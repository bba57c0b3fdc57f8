// How far off many forecasts of a sample mostly are: for each of them histograms of its error, chosen by how far off it
// was around, turned into a probability for every decision. Most are simple extrapolations, which no training picture
// taught; which of them suit a picture, the mixer finds out. (After the residual maps of PAQ8px.)
#ifndef LMC_SAMPLES_RESIDUAL_MAPS_H_
#define LMC_SAMPLES_RESIDUAL_MAPS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "lmc/samples/least_squares.h"

namespace lmc {

class ResidualMaps {
 public:
  static constexpr int kGiven = 6;      // forecasts of others
  static constexpr int kSurprises = 8;  // how far off the network was: the histograms of the second kind
  static int forecasts(PlaneRole role);
  static int inputs(PlaneRole role) { return kKinds * forecasts(role); }
  int inputs() const { return kKinds * count_; }

  ResidualMaps(PlaneRole role, int width, int height, ptrdiff_t stride, Isa isa);

  // The sample at place is next. surprise < kSurprises.
  void begin(const LeastSquares::Place& place, const std::array<int32_t, kGiven>& given, uint32_t surprise);
  // What the mixer sees of a decision, (inputs): whether the sample, in [low, high), is `middle` or more.
  void input(int32_t low, int32_t middle, int32_t high, float* x);
  // After the decision, if input was asked.
  void narrow(int bit);
  void learn(uint32_t sample);
  // In place of begin and learn, where the sample was known to equal its neighbours.
  void pass(const LeastSquares::Place& place);

 private:
  static constexpr int kKinds = 2;
  static constexpr int kMostForecasts = 38, kMostInputs = (kKinds * kMostForecasts + 7) / 8 * 8;
  static constexpr uint32_t kSizes = 32;  // of errors around: the histograms of the first kind
  static constexpr size_t kPerForecast = kSizes + kSurprises;
  static constexpr int kCentre = 192;  // where no error is counted: what counts up from there is short
  static constexpr uint16_t kMostCounts = 4096;

  uint8_t* errors_at(int x, int y);
  void forecast(const LeastSquares::Place& place, int32_t* out) const;

  PixelKernels kernels_;
  int planes_, count_;
  ptrdiff_t stride_;
  size_t row_size_, error_rows_;
  std::vector<uint8_t> errors_;   // (rows in work, width + 3, count), of the forecasts; 255 outside
  std::vector<uint16_t> counts_;  // (count, kPerForecast, kHistogram): sums of what stands before each bin
  // Of the sample at hand.
  LeastSquares::Place place_{};
  std::array<int32_t, kMostForecasts> forecasts_{};
  std::array<int32_t, kMostInputs> chosen_{}, totals_{};  // histograms, as places in counts_
  std::array<int32_t, kMostInputs> bins_{};               // of value 0
  struct Threshold {
    int32_t value = -1;
    std::array<int32_t, kMostInputs> below{};  // what counts below it
  };
  Threshold low_, middle_, high_;

  void find(Threshold& threshold, int32_t value);
};

}  // namespace lmc

#endif  // LMC_SAMPLES_RESIDUAL_MAPS_H_
