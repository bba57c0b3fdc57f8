// AVX-512 VNNI: tiles of up to 8 rows of A by up to 4 panels (64 outputs). Weights are read once per tile; with 24
// accumulators in flight both vpdpbusd ports stay busy.
#include <immintrin.h>

#include "lmc/numerics/kernel_set.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

// vpdpbusd multiplies unsigned by signed: W is stored as w + 128, and 128 * sum(a) is taken off.
constexpr PanelLayout kLayout{.rows = 16, .columns = 4, .flip = 128};
constexpr int kPanelRows = kLayout.rows;

// 128 * sum of a[0..columns): what the bias of the weights added to every output.
inline int32_t bias_sum(const int8_t* a, int columns) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sum = _mm512_setzero_si512();
  int k = 0;
  for (; k + 64 <= columns; k += 64) sum = _mm512_dpbusd_epi32(sum, ones, _mm512_loadu_si512(a + k));
  if (k < columns) {
    const __mmask64 mask = (1ull << (columns - k)) - 1;
    sum = _mm512_dpbusd_epi32(sum, ones, _mm512_maskz_loadu_epi8(mask, a + k));
  }
  return 128 * _mm512_reduce_add_epi32(sum);
}

template <int R, int P>
inline void tile(const MatmulTask& task, int first_row, int first_panel, const int32_t* bias_sums) {
  const int8_t* a[R];
  for (int r = 0; r < R; ++r) a[r] = task.a + size_t(first_row + r) * task.a_stride;
  const uint8_t* w = task.panels + size_t(first_panel) * task.panel_bytes;
  const size_t panel_bytes = task.panel_bytes;
  // Short panels: the next tile's weights are fetched meanwhile; long ones: those a little further on.
  const size_t ahead = panel_bytes <= 4096 ? 2 * size_t(P) * panel_bytes : 8192 / P;
  __m512i sums[R][P];
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < P; ++p) sums[r][p] = _mm512_set1_epi32(-bias_sums[first_row + r]);
  const int columns = task.columns;
  for (int k = 0; k < columns; k += 4) {
    __m512i weights[P];
    for (int p = 0; p < P; ++p) {
      weights[p] = _mm512_load_si512(w + size_t(p) * panel_bytes);
      _mm_prefetch(reinterpret_cast<const char*>(w + size_t(p) * panel_bytes + ahead), _MM_HINT_T0);
    }
    w += kPanelRows * 4;
    for (int r = 0; r < R; ++r) {
      int32_t four;
      __builtin_memcpy(&four, a[r] + k, 4);
      const __m512i activations = _mm512_set1_epi32(four);
      for (int p = 0; p < P; ++p) sums[r][p] = _mm512_dpbusd_epi32(sums[r][p], weights[p], activations);
    }
  }
  for (int r = 0; r < R; ++r) {
    int32_t* y = task.y + size_t(first_row + r) * task.y_stride + first_panel * kPanelRows;
    for (int p = 0; p < P; ++p) _mm512_storeu_si512(y + p * kPanelRows, sums[r][p]);
  }
}

template <int R, int P>
void rows_loop(const MatmulTask& task, int first_row, const int32_t* bias_sums, int panel, int panels) {
  for (; panel + P <= panels; panel += P) tile<R, P>(task, first_row, panel, bias_sums);
  if constexpr (P > 1) rows_loop<R, P / 2>(task, first_row, bias_sums, panel, panels);
}

// All panels for rows [first_row, first_row + rows), rows <= 8.
void some_rows(const MatmulTask& task, int first_row, int rows, const int32_t* bias_sums, int panel, int panels) {
  switch (rows) {
    case 1:
      return rows_loop<1, 8>(task, first_row, bias_sums, panel, panels);
    case 2:
      return rows_loop<2, 8>(task, first_row, bias_sums, panel, panels);
    case 3:
      return rows_loop<3, 4>(task, first_row, bias_sums, panel, panels);
    case 4:
      return rows_loop<4, 4>(task, first_row, bias_sums, panel, panels);
    case 5:
      return rows_loop<5, 4>(task, first_row, bias_sums, panel, panels);
    case 6:
      return rows_loop<6, 4>(task, first_row, bias_sums, panel, panels);
    case 7:
      return rows_loop<7, 3>(task, first_row, bias_sums, panel, panels);
    default:
      return rows_loop<8, 3>(task, first_row, bias_sums, panel, panels);
  }
}

void multiply(const MatmulTask& task) {
  constexpr int kMaxRows = 64;      // rows of A whose sums are at hand at once
  constexpr int kBlockPanels = 12;  // with 256 columns 48 KB of weights: they stay near while all rows pass
  int32_t bias_sums[kMaxRows];
  for (int begin = 0; begin < task.count; begin += kMaxRows) {
    MatmulTask part = task;
    part.count = task.count - begin < kMaxRows ? task.count - begin : kMaxRows;
    part.a = task.a + size_t(begin) * task.a_stride;
    part.y = task.y + size_t(begin) * task.y_stride;
    for (int b = 0; b < part.count; ++b) bias_sums[b] = bias_sum(part.a + size_t(b) * part.a_stride, part.columns);
    const int chunks = (part.count + 7) / 8;
    const int block = chunks == 1 ? part.panels_used : kBlockPanels;
    for (int panel = 0; panel < part.panels_used; panel += block) {
      const int panels = panel + block < part.panels_used ? panel + block : part.panels_used;
      for (int chunk = 0; chunk < chunks; ++chunk) {  // rows spread evenly: 9 are 5 + 4, not 8 + 1
        const int first = part.count * chunk / chunks, last = part.count * (chunk + 1) / chunks;
        some_rows(part, first, last - first, bias_sums, panel, panels);
      }
    }
  }
}

}  // namespace

LMC_DEFINE_KERNELS(MatmulKernels, matmul_kernels) = {.layout = kLayout, .multiply = multiply};

}  // namespace lmc
