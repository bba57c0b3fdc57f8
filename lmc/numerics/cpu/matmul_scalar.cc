// The reference: what every other kernel must equal. Plain loops over int16 values, which compilers turn into
// multiply-add of pairs even on the oldest 64-bit machines.
#include "lmc/numerics/kernel_set.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

constexpr PanelLayout kLayout{.rows = 1, .columns = 4, .flip = 0};

constexpr int kBlock = 1024;  // columns widened at a time
constexpr int kRows = 32;     // rows of A widened at a time

void widen(const int8_t* in, int n, int16_t* out) {
  for (int k = 0; k < n; ++k) out[k] = in[k];
}

int32_t dot(const int16_t* a, const int16_t* w, int n) {
  int32_t sum = 0;
  for (int k = 0; k < n; ++k) sum += int32_t(a[k]) * int32_t(w[k]);
  return sum;
}

// Four rows of A, kBlock apart, with two of W: what is loaded is used more than once, and no sum waits for another.
struct Tile {
  int32_t first[4], second[4];
};
Tile tile(const int16_t* __restrict a, const int8_t* __restrict w0, const int8_t* __restrict w1, int n) {
  const int16_t *a0 = a, *a1 = a + kBlock, *a2 = a + 2 * kBlock, *a3 = a + 3 * kBlock;
  int32_t s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  for (int k = 0; k < n; ++k) {
    const int16_t v0 = w0[k], v1 = w1[k];
    s00 += int32_t(a0[k]) * int32_t(v0), s01 += int32_t(a1[k]) * int32_t(v0), s02 += int32_t(a2[k]) * int32_t(v0),
        s03 += int32_t(a3[k]) * int32_t(v0);
    s10 += int32_t(a0[k]) * int32_t(v1), s11 += int32_t(a1[k]) * int32_t(v1), s12 += int32_t(a2[k]) * int32_t(v1),
        s13 += int32_t(a3[k]) * int32_t(v1);
  }
  return {{s00, s01, s02, s03}, {s10, s11, s12, s13}};
}

void multiply(const MatmulTask& task) {
  int16_t rows[kRows * kBlock];
  int16_t weights[kBlock];
  for (int k0 = 0; k0 < task.columns; k0 += kBlock) {
    const int columns = task.columns - k0 < kBlock ? task.columns - k0 : kBlock;
    for (int b0 = 0; b0 < task.count; b0 += kRows) {
      const int count = task.count - b0 < kRows ? task.count - b0 : kRows;
      for (int b = 0; b < count; ++b) widen(task.a + size_t(b0 + b) * task.a_stride + k0, columns, rows + b * kBlock);
      const auto add = [&](int b, int o, int32_t sum) {
        int32_t& y = task.y[size_t(b0 + b) * task.y_stride + size_t(o)];
        y = k0 == 0 ? sum : y + sum;
      };
      for (int o = 0; o < task.panels_used; o += 2) {
        const int panels = task.panels_used - o < 2 ? 1 : 2;
        const auto* w = reinterpret_cast<const int8_t*>(task.panels + size_t(o) * task.panel_bytes) + k0;
        int b = 0;
        for (; panels == 2 && b + 4 <= count; b += 4) {
          const Tile sums = tile(rows + b * kBlock, w, w + task.panel_bytes, columns);
          for (int i = 0; i < 4; ++i) add(b + i, o, sums.first[i]), add(b + i, o + 1, sums.second[i]);
        }
        for (int p = 0; p < panels && b < count; ++p) {
          widen(w + size_t(p) * task.panel_bytes, columns, weights);
          for (int rest = b; rest < count; ++rest) add(rest, o + p, dot(rows + rest * kBlock, weights, columns));
        }
      }
    }
  }
}

}  // namespace

LMC_DEFINE_KERNELS(MatmulKernels, matmul_kernels) = {.layout = kLayout, .multiply = multiply};

}  // namespace lmc
