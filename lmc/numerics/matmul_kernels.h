// The product kernels, one per instruction set. Internal to lmc/numerics; callers use PackedMatrix.
//
// Each kernel lives in a file of its own, compiled for its instruction set, and uses nothing from headers that could be
// emitted as a shared inline function: such code would run on machines that lack the instructions.
#ifndef LMC_NUMERICS_MATMUL_KERNELS_H_
#define LMC_NUMERICS_MATMUL_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace lmc {

// Where W[o][k] lies: panel o / rows, group k / columns, row o % rows, column k % columns; one byte each,
// with the bits of `flip` inverted.
struct PanelLayout {
  int rows = 1;
  int columns = 1;
  uint8_t flip = 0;  // 128 turns w into w + 128, unsigned
};

// What a kernel is given; see PackedMatrix::multiply.
struct MatmulTask {
  const uint8_t* panels;
  size_t panel_bytes;  // from panel to panel
  int panels_used;
  int columns;      // a multiple of 4
  const int8_t* a;  // (count, a_stride)
  size_t a_stride;
  int count;
  int32_t* y;  // (count, y_stride)
  size_t y_stride;
};
using MatmulKernel = void (*)(const MatmulTask& task);

inline constexpr PanelLayout kScalarLayout{.rows = 1, .columns = 4, .flip = 0};
inline constexpr PanelLayout kSse2Layout{.rows = 8, .columns = 2, .flip = 0};
inline constexpr PanelLayout kAvx2Layout{.rows = 8, .columns = 2, .flip = 0};
inline constexpr PanelLayout kNeonLayout{.rows = 8, .columns = 2, .flip = 0};
// vpdpbusd multiplies unsigned by signed: W is stored as w + 128, and 128 * sum(a) is taken off.
inline constexpr PanelLayout kAvx512Layout{.rows = 16, .columns = 4, .flip = 128};

#if defined(__x86_64__)
void matmul_sse2(const MatmulTask& task);  // what "scalar" means here: every such machine has it
void matmul_avx2(const MatmulTask& task);
void matmul_avx512(const MatmulTask& task);
#else
void matmul_scalar(const MatmulTask& task);
#if defined(__aarch64__)
void matmul_neon(const MatmulTask& task);
#endif
#endif

}  // namespace lmc

#endif  // LMC_NUMERICS_MATMUL_KERNELS_H_
