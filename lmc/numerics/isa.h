// Instruction sets the kernels are written for. Every one gives the same integers; only the speed differs. kScalar is
// what every machine of its architecture runs: on x86-64 that is SSE2, elsewhere plain loops.
#ifndef LMC_NUMERICS_ISA_H_
#define LMC_NUMERICS_ISA_H_

#include <optional>
#include <string_view>

namespace lmc {

enum class Isa { kScalar, kAvx2, kAvx512, kNeon };

// The fastest one this machine runs. kAvx512 means F, BW, DQ, VL and VNNI together.
Isa best_isa();
bool isa_available(Isa isa);
const char* isa_name(Isa isa);                        // "scalar", "avx2", "avx512", "neon"
std::optional<Isa> parse_isa(std::string_view name);  // the inverse; nullopt for any other word

}  // namespace lmc

#endif  // LMC_NUMERICS_ISA_H_
