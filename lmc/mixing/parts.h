// Which parts of a predictor are in use. A file is coded with all of them, which the compiler knows; an ablation
// chooses.
#ifndef LMC_MIXING_PARTS_H_
#define LMC_MIXING_PARTS_H_

#include <cstdint>

namespace lmc {

struct AllParts {
  static constexpr bool uses(uint32_t) { return true; }
};

struct ChosenParts {
  uint32_t without;
  bool uses(uint32_t part) const { return (without & part) == 0; }
};

}  // namespace lmc

#endif  // LMC_MIXING_PARTS_H_
