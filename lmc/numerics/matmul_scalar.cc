// The reference: what every other kernel must equal.
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {

void matmul_scalar(const MatmulTask& task) {
  for (int b = 0; b < task.count; ++b) {
    const int8_t* a = task.a + size_t(b) * task.a_stride;
    int32_t* y = task.y + size_t(b) * task.y_stride;
    for (int o = 0; o < task.panels_used; ++o) {
      const int8_t* w = reinterpret_cast<const int8_t*>(task.panels + size_t(o) * task.panel_bytes);
      int32_t sum = 0;
      for (int k = 0; k < task.columns; ++k) sum += int32_t(a[k]) * int32_t(w[k]);
      y[o] = sum;
    }
  }
}

}  // namespace lmc
