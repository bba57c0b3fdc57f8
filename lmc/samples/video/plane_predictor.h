// Predicts the next sample of a plane in several ways: least-squares fits over neighbours in this frame, in the frames
// before at the place that motion points to, what was left over there, and planes of the frame that are coded already;
// fits that differ in memory and inputs, and blends of them.
//
// Values are in units of an 8-bit sample whatever the bits.
#ifndef LMC_SAMPLES_VIDEO_PLANE_PREDICTOR_H_
#define LMC_SAMPLES_VIDEO_PLANE_PREDICTOR_H_

#include <array>
#include <span>
#include <vector>

#include "lmc/samples/audio/recursive_fit.h"
#include "lmc/samples/sample_effort.h"

namespace lmc {

// Where an input comes from.
enum class TapSource : uint8_t {
  kNow,         // the plane itself, before the sample
  kBefore,      // the frame before, at the place that motion points to
  kLong,        // two frames before
  kLeft,        // what the best prediction left over in the frame before
  kLeftNow,     // and in this one
  kLuma,        // planes coded before this one: the same frame,
  kLumaBefore,  // and the frame before
  kChroma,
  kChromaBefore
};
inline constexpr int kTapSources = 9;

class PlanePredictor {
 public:
  static constexpr int kMostPredictions = 16;

  // earlier: planes of the frame that are coded already and help, 0..2.
  PlanePredictor(SampleEffort effort, int earlier, int width, ptrdiff_t stride, Isa isa);

  // Where the sample at hand stands in each source; null: there is none. All planes have the same stride.
  using Places = std::array<const float*, kTapSources>;

  size_t size() const { return count_; }
  size_t first_blend() const { return fits_.size() + 1; }

  // errors (size, of earlier calls): mean error of each prediction around the sample.
  std::span<const float> predict(const Places& places, int x, std::span<const float> errors);
  void learn(float value);

 private:
  struct Tap {
    TapSource source;
    int8_t x, y;
  };
  struct Part {
    int begin, count;
  };
  struct Fit {
    std::vector<Part> parts;
    int strip;  // columns that share one; 0: all
    std::vector<RecursiveFit> by_strip;
    RecursiveFit* chosen = nullptr;
  };
  void gather(const Places& places);

  std::vector<Tap> taps_;
  std::vector<ptrdiff_t> offsets_;
  std::vector<Part> runs_;  // of one source
  std::vector<double> values_;
  std::vector<Fit> fits_;
  std::vector<RecursiveFit> blends_;
  size_t count_;
  ptrdiff_t stride_;
  float centre_ = 0;
  std::array<float, kMostPredictions> predictions_{};
};

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_PLANE_PREDICTOR_H_
