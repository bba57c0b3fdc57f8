// Instruction sets the kernels are written for. Every one gives the same integers; only the speed differs. kScalar is
// what every machine of its architecture runs: on x86-64 that is SSE2, elsewhere plain loops.
#ifndef LMC_NUMERICS_ISA_H_
#define LMC_NUMERICS_ISA_H_

#include <optional>
#include <span>
#include <string_view>

namespace lmc {

enum class Isa { kScalar, kAvx2, kAvxVnni, kAvx512, kNeon };

// Those that kernels of one source are compiled for: ROW(..., isa) of each. NEON is not among them: on aarch64 the
// compiler uses it for kScalar; nor is AVX-VNNI, which is good for products alone.
#if defined(__x86_64__)
#define LMC_ISAS_OF_COMPILER(ROW, ...) ROW(__VA_ARGS__, kScalar) ROW(__VA_ARGS__, kAvx2) ROW(__VA_ARGS__, kAvx512)
#else
#define LMC_ISAS_OF_COMPILER(ROW, ...) ROW(__VA_ARGS__, kScalar)
#endif

// All of them, of every architecture, slower before faster.
std::span<const Isa> all_isas();
// The fastest one this machine runs. kAvx512 means F, BW, DQ, VL and VNNI together.
Isa best_isa();
bool isa_available(Isa isa);
// The one whose kernels stand in where there are none for this one; kScalar for kScalar.
Isa isa_below(Isa isa);
const char* isa_name(Isa isa);                        // "scalar", "avx2", "avxvnni", "avx512", "neon"
std::optional<Isa> parse_isa(std::string_view name);  // the inverse; nullopt for any other word

}  // namespace lmc

#endif  // LMC_NUMERICS_ISA_H_
