// What common encoders would choose for a subframe: the partitions and parameters of the Rice code, and the
// coefficients of the linear predictor.
//
// Guesses only: a wrong one costs bits. But writer and reader must make the same one, so floating-point numbers are
// used in one written order (docs/audio.md). Sources: the encoders of libFLAC 1.4 and FFmpeg 5.
#ifndef LMC_MEDIA_AUDIO_FLAC_FLAC_FORECAST_H_
#define LMC_MEDIA_AUDIO_FLAC_FLAC_FORECAST_H_

#include "lmc/media/audio/flac/flac_frame.h"

namespace lmc {

// The greatest order of partitions that a block can have, at most `most`.
int most_partition_order(size_t block, int order, int most);

// Of one residual.
class RiceForecast {
 public:
  enum Encoder { kLibFlac, kFfmpeg };
  static constexpr int kEncoders = 2;

  // residual: behind the first `order` samples of a block. most: see most_partition_order.
  void start(const FlacSignal& residual, size_t block, int order, int most, bool wide);
  int partition_order(Encoder encoder) const { return partition_orders_[encoder]; }
  // partition_order: at most that of most_partition_order.
  int parameter(Encoder encoder, int partition_order, size_t partition) const;
  // The parameter that takes the fewest bits, about, and how far above it the mean is, 0 to 3.
  struct Mean {
    int size, place;
  };
  Mean mean(int partition_order, size_t partition) const;

 private:
  struct Sums {
    uint64_t sizes = 0, folded = 0;  // of absolute values, and of values folded to be 0 or more
  };
  const Sums& sums(int partition_order, size_t partition) const {
    return sums_[(size_t(1) << partition_order) - 1 + partition];
  }
  size_t count(int partition_order, size_t partition) const {
    return (block_ >> partition_order) - (partition == 0 ? order_ : 0);
  }

  std::vector<Sums> sums_;  // level by level, the whole first
  size_t block_ = 0, order_ = 0;
  int most_parameter_ = 14;
  int partition_orders_[kEncoders] = {};
};

// How an encoder weights a block before it fits predictors, and adds up: what is common to a stream.
enum class FlacWindows : uint8_t {
  kNone = 0,          // no guess
  kTukey = 1,         // libFLAC 1.4: tukey(1/2)
  kHalves = 2,        // subdivide_tukey(2)
  kThirds = 3,        // subdivide_tukey(3)
  kFfmpeg = 4,        // FFmpeg up to 5, and flake
  kWelch = 5,         // a true Welch window
  kParts = 6,         // libFLAC 1.3: tukey(1/2), partial_tukey(2), punchout_tukey(3)
  kPartsInOrder = 7,  // the same with sums in order: before, and for other processors
};
inline constexpr int kFlacWindows = 8;
int candidates_of(FlacWindows windows);  // ways to weight a block

// Fits predictors to one signal.
class FlacFit {
 public:
  // most_order: the longest predictor of the stream.
  void start(FlacWindows windows, const FlacSignal& signal, int order, int most_order);
  // The coefficients of order `order`, before they are rounded; all 0 if there is no fit.
  const std::array<double, kMostFlacOrder>& coefficients(int candidate);

 private:
  struct Correlation {
    bool is_there = false;
    std::array<double, kMostFlacOrder + 1> lags{};
  };
  const Correlation& correlation(int candidate);
  void weigh_whole(int candidate);
  void weigh_part(int candidate);
  void correlate(std::span<const double> values, Correlation& out) const;
  double sum_of_products(std::span<const double> values, size_t lag) const;

  FlacWindows windows_ = FlacWindows::kNone;
  const FlacSignal* signal_ = nullptr;
  int order_ = 0, most_order_ = 0;
  static constexpr int kMostCandidates = 9;
  std::array<Correlation, kMostCandidates> correlations_;
  std::array<double, kMostFlacOrder> fitted_{};
  std::vector<std::vector<float>> shapes_;  // windows of the block size at hand
  std::vector<double> weighted_;
};

// Rounds coefficients one after the other; what one is off is added to the next.
class FlacRounding {
 public:
  FlacRounding(FlacWindows windows, const std::array<double, kMostFlacOrder>& coefficients, int order, int precision);
  int shift() const { return shift_; }  // 0 to 15
  // Then guess(0), take(its true value), guess(1) …
  void scale_by(int shift) { scale_ = double(1 << shift); }
  int32_t guess(int i);
  void take(int32_t value) { off_ -= double(value); }

 private:
  const std::array<double, kMostFlacOrder>& coefficients_;
  int32_t least_, most_;
  int shift_ = 0;
  double scale_ = 1.0, off_ = 0.0;
};

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_FLAC_FLAC_FORECAST_H_
