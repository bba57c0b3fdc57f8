#include "lmc/numerics/isa.h"

#include <array>
#include <cstddef>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace lmc {
namespace {

#if defined(__x86_64__)
#define LMC_X86_HAS(feature) (__builtin_cpu_supports(feature) != 0)
#else
#define LMC_X86_HAS(feature) false
#endif
#if defined(__aarch64__)
constexpr bool kIsAarch64 = true;  // NEON is part of every ARMv8-A
#else
constexpr bool kIsAarch64 = false;
#endif

// Compilers do not agree on a name for it.
bool has_avx_vnni() {
#if defined(__x86_64__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax >> 4 & 1) != 0;
#else
  return false;
#endif
}

struct IsaRow {
  Isa isa, below;
  const char* name;
  bool (*is_here)();
};

constexpr IsaRow kRows[] = {
    {Isa::kScalar, Isa::kScalar, "scalar", [] { return true; }},
    {Isa::kNeon, Isa::kScalar, "neon", [] { return kIsAarch64; }},
    {Isa::kAvx2, Isa::kScalar, "avx2", [] { return LMC_X86_HAS("avx2"); }},
    {Isa::kAvxVnni, Isa::kAvx2, "avxvnni", [] { return LMC_X86_HAS("avx2") && has_avx_vnni(); }},
    {Isa::kAvx512, Isa::kAvxVnni, "avx512",
     [] {
       return LMC_X86_HAS("avx512f") && LMC_X86_HAS("avx512bw") && LMC_X86_HAS("avx512dq") && LMC_X86_HAS("avx512vl") &&
              LMC_X86_HAS("avx512vnni");
     }},
};
constexpr size_t kIsas = std::size(kRows);

constexpr std::array<Isa, kIsas> kAll = [] {
  std::array<Isa, kIsas> all{};
  for (size_t i = 0; i < kIsas; ++i) all[i] = kRows[i].isa;
  return all;
}();

const IsaRow& row_of(Isa isa) {
  for (const IsaRow& row : kRows)
    if (row.isa == isa) return row;
  return kRows[0];
}

}  // namespace

std::span<const Isa> all_isas() { return kAll; }
bool isa_available(Isa isa) { return row_of(isa).is_here(); }
Isa isa_below(Isa isa) { return row_of(isa).below; }
const char* isa_name(Isa isa) { return row_of(isa).name; }

Isa best_isa() {
  Isa best = Isa::kScalar;
  for (const IsaRow& row : kRows)
    if (row.is_here()) best = row.isa;
  return best;
}

std::optional<Isa> parse_isa(std::string_view name) {
  for (const IsaRow& row : kRows)
    if (name == row.name) return row.isa;
  return std::nullopt;
}

}  // namespace lmc
