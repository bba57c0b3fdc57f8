// Stages: the parts of a model of samples that say something about each decision and learn from what was coded.
//
// A sample is cut into decisions, from its highest bit down: is it `middle` or more? Each stage offers inputs to one
// mixer, and all have the functions of SampleStage, so that a model (of a plane of an image, or later of a channel of
// sound) is a list of stages, a mixer, and what chooses the mixer's weights. Calls are bound at compile time: a stage
// that a model goes without costs one test.
#ifndef LMC_SAMPLES_SAMPLE_STAGE_H_
#define LMC_SAMPLES_SAMPLE_STAGE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "lmc/samples/least_squares.h"
#include "lmc/samples/pixel_contexts.h"

namespace lmc {

// Linear fits (fitted_stage.h).
enum SampleFit { kNearFit, kWideFit, kRowFit, kColumnFit, kSampleFits };

// The sample at hand, and what was found out about it before its stages begin.
struct SampleAt {
  LeastSquares::Place place{};
  size_t row = 0;                                                // of those that advance side by side
  float mean = 0;                                                // of the network's forecast
  uint32_t spread = 0;                                           // its width, 0..15, two steps an octave
  int8_t left = 0, above = 0, right = 0, corner = 0, far = 0;    // how far off it was around (level_of): W N NE NW WW
  uint32_t errors = 0;                                           // the larger size of W and N
  const std::array<uint64_t, kPixelContexts>* hashes = nullptr;  // of pixel_contexts.h
  std::array<float, kSampleFits> forecasts{};  // of fits, once they have begun; those that are not there: the nearest
};

struct SampleDecision {
  int left;                   // bits of the sample below this one
  int depth;                  // and above it
  uint32_t prefix;            // these, behind a leading one
  int32_t low, middle, high;  // the sample is in [low, high); the decision: middle or more
  uint32_t by_logit;          // 0..23: what the network says, as a context
};

// What a stage has not of its own does nothing.
struct SampleStage {
  // Of every stage: int inputs() const; what it shows the mixer, a logit each; and
  // void input(const SampleDecision&, float* x); x (inputs), before a decision that is mixed.
  float first_weight(int) const { return 0.0f; }  // of an input

  // Forecasts for the samples at places (count), of rows that are numbered rows[k]; the samples are not read.
  void fit(const LeastSquares::Place*, const size_t*, size_t) {}
  void begin(SampleAt&) {}
  // After a decision; asked: whether input was.
  void learn(const SampleDecision&, int /*bit*/, bool /*asked*/) {}
  void end(uint32_t /*sample*/) {}
  // In place of begin to end, where the sample was known to equal its neighbours.
  void pass(const LeastSquares::Place&) {}
};

// Stages in the order of their inputs, each there or not.
template <typename... Stage>
class SampleStages {
 public:
  template <typename One, typename... Args>
  void add(Args&&... args) {
    std::get<std::optional<One>>(stages_).emplace(std::forward<Args>(args)...);
    inputs_ += std::get<std::optional<One>>(stages_)->inputs();
  }
  template <typename One>
  std::optional<One>& get() {
    return std::get<std::optional<One>>(stages_);
  }

  int inputs() const { return inputs_; }
  // set(input, weight) for every input, numbered from `first` on.
  template <typename Set>
  void for_first_weights(int first, const Set& set) {
    each([&](auto& stage) {
      for (int i = 0; i < stage.inputs(); ++i) set(first + i, stage.first_weight(i));
      first += stage.inputs();
    });
  }
  void fit(const LeastSquares::Place* places, const size_t* rows, size_t count) {
    each([&](auto& stage) { stage.fit(places, rows, count); });
  }
  void begin(SampleAt& at) {
    each([&](auto& stage) { stage.begin(at); });
  }
  void input(const SampleDecision& decision, float* x) {
    each([&](auto& stage) {
      stage.input(decision, x);
      x += stage.inputs();
    });
  }
  void learn(const SampleDecision& decision, int bit, bool asked) {
    each([&](auto& stage) { stage.learn(decision, bit, asked); });
  }
  void end(uint32_t sample) {
    each([&](auto& stage) { stage.end(sample); });
  }
  void pass(const LeastSquares::Place& place) {
    each([&](auto& stage) { stage.pass(place); });
  }

 private:
  // Inline: GCC otherwise makes functions of them, and stages are asked for every bit.
  template <typename Call>
  [[gnu::always_inline]] void each(const Call& call) {
    std::apply(
        [&](auto&... stage) __attribute__((always_inline)) { (one(stage, call), ...); }, stages_);
  }
  template <typename One, typename Call>
  [[gnu::always_inline]] static void one(std::optional<One>& stage, const Call& call) {
    if (stage) call(*stage);
  }

  std::tuple<std::optional<Stage>...> stages_;
  int inputs_ = 0;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_SAMPLE_STAGE_H_
