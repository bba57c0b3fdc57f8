// Synthetic images: where all neighbours of a sample are equal it mostly equals them too, and one decision says so
// instead of one for each bit. It is mixed from maps in small contexts of equality: in the surroundings, in earlier
// planes, in how long it has lasted.
#ifndef LMC_SAMPLES_FLAT_MODEL_H_
#define LMC_SAMPLES_FLAT_MODEL_H_

#include <array>
#include <vector>

#include "lmc/mixing/counters.h"
#include "lmc/mixing/mixer.h"
#include "lmc/samples/neighbourhood.h"

namespace lmc {

class FlatModel {
 public:
  FlatModel(PlaneRole role, ptrdiff_t stride, Isa isa);

  // Whether the four neighbours of the sample at own are equal.
  static bool is_flat(const uint16_t* own, ptrdiff_t stride) {
    return own[-1] == own[-stride] && own[-1] == own[-stride - 1] && own[-1] == own[-stride + 1];
  }

  // The probability, of 65536, that the sample equals them. earlier: the same place in the planes coded before.
  uint32_t predict(const uint16_t* own, const std::array<const uint16_t*, 2>& earlier);
  void learn(int same);

 private:
  static constexpr int kMaps = 5;

  int planes_;
  ptrdiff_t stride_;
  std::array<std::vector<MapEntry>, kMaps> maps_;
  std::array<MapEntry*, kMaps> chosen_{};
  Mixer mixer_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_FLAT_MODEL_H_
