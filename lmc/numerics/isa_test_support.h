// For tests that do the same on every instruction set.
#ifndef LMC_NUMERICS_ISA_TEST_SUPPORT_H_
#define LMC_NUMERICS_ISA_TEST_SUPPORT_H_

#include <vector>

#include "lmc/numerics/isa.h"

namespace lmc {

// Those that this machine has; the first is kScalar.
inline std::vector<Isa> isas() {
  std::vector<Isa> out;
  for (Isa isa : all_isas())
    if (isa_available(isa)) out.push_back(isa);
  return out;
}

}  // namespace lmc

#endif  // LMC_NUMERICS_ISA_TEST_SUPPORT_H_
