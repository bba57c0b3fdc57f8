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

struct MatmulKernels {
  PanelLayout layout;
  void (*multiply)(const MatmulTask& task) = nullptr;
};

}  // namespace lmc

#endif  // LMC_NUMERICS_MATMUL_KERNELS_H_
