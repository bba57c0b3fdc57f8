// The reference: what every other kernel must equal. Plain loops over int16 copies of the values, which compilers turn
// into multiply-add of pairs even on the oldest 64-bit machines.
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

constexpr int kBlock = 1024;  // columns widened at a time
constexpr int kRows = 8;      // rows of A widened at a time

void widen(const int8_t* in, int n, int16_t* out) {
  for (int k = 0; k < n; ++k) out[k] = in[k];
}

int32_t dot(const int16_t* a, const int16_t* w, int n) {
  int32_t sum = 0;
  for (int k = 0; k < n; ++k) sum += int32_t(a[k]) * int32_t(w[k]);
  return sum;
}

}  // namespace

void matmul_scalar(const MatmulTask& task) {
  int16_t rows[kRows * kBlock];
  int16_t weights[kBlock];
  for (int k0 = 0; k0 < task.columns; k0 += kBlock) {
    const int columns = task.columns - k0 < kBlock ? task.columns - k0 : kBlock;
    for (int b0 = 0; b0 < task.count; b0 += kRows) {
      const int count = task.count - b0 < kRows ? task.count - b0 : kRows;
      for (int b = 0; b < count; ++b) widen(task.a + size_t(b0 + b) * task.a_stride + k0, columns, rows + b * kBlock);
      for (int o = 0; o < task.panels_used; ++o) {
        widen(reinterpret_cast<const int8_t*>(task.panels + size_t(o) * task.panel_bytes) + k0, columns, weights);
        for (int b = 0; b < count; ++b) {
          int32_t& y = task.y[size_t(b0 + b) * task.y_stride + size_t(o)];
          const int32_t sum = dot(rows + b * kBlock, weights, columns);
          y = k0 == 0 ? sum : y + sum;
        }
      }
    }
  }
}

}  // namespace lmc
