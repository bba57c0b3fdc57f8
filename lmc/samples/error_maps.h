// A stage: maps that learn where the network errs. Each is asked in a small context of its own, at the place that the
// network's logit leads to.
#ifndef LMC_SAMPLES_ERROR_MAPS_H_
#define LMC_SAMPLES_ERROR_MAPS_H_

#include <vector>

#include "lmc/mixing/counters.h"
#include "lmc/mixing/logistic.h"
#include "lmc/samples/sample_stage.h"

namespace lmc {

class ErrorMaps : public SampleStage {
 public:
  enum class Choice { kAll, kLight, kLightAndSlope };  // six, two or three maps

  ErrorMaps(Choice choice, PlaneRole role, ptrdiff_t stride);

  int inputs() const { return int(maps_.size()); }
  float first_weight(int) const { return 0.25f / float(maps_.size()); }
  void begin(const SampleAt& at);
  void input(const SampleDecision& decision, float* x);
  void learn(const SampleDecision&, int bit, bool asked) {
    if (!asked) return;
    for (Map& map : maps_) map.chosen->update_fast(bit, kLimit);
  }

 private:
  static constexpr uint32_t kLimit = 255;
  struct Map {
    std::vector<MapEntry> entries;
    uint32_t context = 0;
    MapEntry* chosen = nullptr;
  };

  const Logistic& domain_ = logistic();
  bool is_light_;
  int planes_;  // coded before
  ptrdiff_t stride_;
  std::vector<Map> maps_;
  float mean_ = 0;
  uint32_t spread_ = 0;
  int32_t reference_[4] = {};  // neighbours that the threshold is compared with
};

}  // namespace lmc

#endif  // LMC_SAMPLES_ERROR_MAPS_H_
