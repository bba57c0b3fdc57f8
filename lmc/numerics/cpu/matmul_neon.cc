// NEON as every ARMv8-A has it: widening multiply (int8 products fit int16) and pairwise add-long into int32.
#include <arm_neon.h>

#include "lmc/numerics/kernel_set.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

constexpr PanelLayout kLayout{.rows = 8, .columns = 2, .flip = 0};
constexpr int kPanelRows = kLayout.rows;
constexpr int kMaxTileRows = 4;

template <int R>
void tile(const MatmulTask& task, int first_row, int panel) {
  const int8_t* w = reinterpret_cast<const int8_t*>(task.panels + size_t(panel) * task.panel_bytes);
  int32x4_t sums[R][2];
  for (int r = 0; r < R; ++r) sums[r][0] = sums[r][1] = vdupq_n_s32(0);
  for (int k = 0; k < task.columns; k += 2) {
    const int8x16_t weights = vld1q_s8(w + k * kPanelRows);
    for (int r = 0; r < R; ++r) {
      int16_t pair;
      __builtin_memcpy(&pair, task.a + size_t(first_row + r) * task.a_stride + k, 2);
      const int8x8_t a = vreinterpret_s8_s16(vdup_n_s16(pair));
      sums[r][0] = vpadalq_s16(sums[r][0], vmull_s8(vget_low_s8(weights), a));
      sums[r][1] = vpadalq_s16(sums[r][1], vmull_s8(vget_high_s8(weights), a));
    }
  }
  for (int r = 0; r < R; ++r) {
    int32_t* y = task.y + size_t(first_row + r) * task.y_stride + panel * kPanelRows;
    vst1q_s32(y, sums[r][0]);
    vst1q_s32(y + 4, sums[r][1]);
  }
}

void multiply(const MatmulTask& task) {
  const int chunks = (task.count + kMaxTileRows - 1) / kMaxTileRows;
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int first = task.count * chunk / chunks, last = task.count * (chunk + 1) / chunks;
    for (int panel = 0; panel < task.panels_used; ++panel) {
      switch (last - first) {
        case 1:
          tile<1>(task, first, panel);
          break;
        case 2:
          tile<2>(task, first, panel);
          break;
        case 3:
          tile<3>(task, first, panel);
          break;
        default:
          tile<4>(task, first, panel);
          break;
      }
    }
  }
}

}  // namespace

LMC_DEFINE_KERNELS(MatmulKernels, matmul_kernels) = {.layout = kLayout, .multiply = multiply};

}  // namespace lmc
