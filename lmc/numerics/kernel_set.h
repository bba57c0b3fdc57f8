// One registry of kernels: a struct of functions has a row for each instruction set that it was written or compiled
// for, and the best row that does not lie above the asked instruction set is taken.
//
// Kernels of one source for all instruction sets (CMake's lmc_kernels compiles it for each):
//   in the header             const MixerKernels& mixer_kernels(Isa isa);
//   at the end of the source  LMC_DEFINE_KERNELS(MixerKernels, mixer_kernels) = {dots, train};
//   in a file of the module   LMC_CHOOSE_KERNELS(MixerKernels, mixer_kernels)
// Kernels written by hand for some of them have a table of KernelRow instead (matmul.cc).
#ifndef LMC_NUMERICS_KERNEL_SET_H_
#define LMC_NUMERICS_KERNEL_SET_H_

#include <cstddef>

#include "lmc/numerics/isa.h"

namespace lmc {

// In kernels: words of 32 bits in the widest vector of the instruction set that they are compiled for.
#if defined(__AVX512F__)
constexpr int kVectorWords = 16;
#elif defined(__AVX2__)
constexpr int kVectorWords = 8;
#else
constexpr int kVectorWords = 4;
#endif

template <typename Kernels>
struct KernelRow {
  Isa isa;
  const Kernels* kernels;
};

// There must be a row for kScalar.
template <typename Kernels, size_t kRows>
const Kernels& best_kernels(const KernelRow<Kernels> (&rows)[kRows], Isa asked) {
  for (Isa isa = asked;; isa = isa_below(isa))
    for (const KernelRow<Kernels>& row : rows)
      if (row.isa == isa) return *row.kernels;
}

}  // namespace lmc

#define LMC_JOIN_(a, b) a##_##b
#define LMC_KERNEL_NAME(name, isa) LMC_JOIN_(name, isa)  // isa may be a macro
#define LMC_DECLARE_KERNELS(Kernels, name, isa) extern const Kernels LMC_KERNEL_NAME(name, isa);
#define LMC_DEFINE_KERNELS(Kernels, name)            \
  LMC_DECLARE_KERNELS(Kernels, name, LMC_KERNEL_ISA) \
  const Kernels LMC_KERNEL_NAME(name, LMC_KERNEL_ISA)

#define LMC_KERNEL_ROW(Kernels, name, isa) {Isa::isa, &LMC_KERNEL_NAME(name, isa)},
#define LMC_CHOOSE_KERNELS(Kernels, name)                                                                \
  LMC_ISAS_OF_COMPILER(LMC_DECLARE_KERNELS, Kernels, name)                                               \
  const Kernels& name(Isa isa) {                                                                         \
    static constexpr KernelRow<Kernels> kRows[] = {LMC_ISAS_OF_COMPILER(LMC_KERNEL_ROW, Kernels, name)}; \
    return best_kernels(kRows, isa);                                                                     \
  }

#endif  // LMC_NUMERICS_KERNEL_SET_H_
