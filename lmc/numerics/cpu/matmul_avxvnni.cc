// AVX-VNNI: vpdpbusd on registers of 256 bits, on processors that have no AVX-512. Tiles of up to 6 rows of A by up to
// 8 panels of 8 outputs: 8 to 12 sums in flight, which with the weights and a group of activations are the 16
// registers.
#include <immintrin.h>

#include "lmc/numerics/kernel_set.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

// vpdpbusd multiplies unsigned by signed: W is stored as w + 128, and 128 * sum(a) is taken off.
constexpr PanelLayout kLayout{.rows = 8, .columns = 4, .flip = 128};
constexpr int kPanelRows = kLayout.rows;
constexpr int kMaxTileRows = 6;

// 128 * sum of a[0..columns): what the bias of the weights added to every output. columns is a multiple of 4.
inline int32_t bias_sum(const int8_t* a, int columns) {
  const __m256i ones = _mm256_set1_epi8(1);
  __m256i sums = _mm256_setzero_si256();
  int k = 0;
  for (; k + 32 <= columns; k += 32)
    sums = _mm256_dpbusd_avx_epi32(sums, ones, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + k)));
  alignas(32) int32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sums);
  int32_t sum = 0;
  for (const int32_t lane : lanes) sum += lane;
  for (; k < columns; ++k) sum += a[k];
  return 128 * sum;
}

template <int R, int P>
inline void tile(const MatmulTask& task, int first_row, int first_panel, const int32_t* bias_sums) {
  const int8_t* a[R];
  for (int r = 0; r < R; ++r) a[r] = task.a + size_t(first_row + r) * task.a_stride;
  const uint8_t* w = task.panels + size_t(first_panel) * task.panel_bytes;
  const size_t panel_bytes = task.panel_bytes;
  constexpr size_t kAhead = 1024;  // bytes of a panel fetched ahead
  __m256i sums[R][P];
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < P; ++p) sums[r][p] = _mm256_set1_epi32(-bias_sums[first_row + r]);
  const int columns = task.columns;
  for (int k = 0; k < columns; k += 4) {
    __m256i weights[P];
    for (int p = 0; p < P; ++p) {
      weights[p] = _mm256_load_si256(reinterpret_cast<const __m256i*>(w + size_t(p) * panel_bytes));
      if (k % 8 == 0) _mm_prefetch(reinterpret_cast<const char*>(w + size_t(p) * panel_bytes + kAhead), _MM_HINT_T0);
    }
    w += kPanelRows * 4;
    for (int r = 0; r < R; ++r) {
      int32_t four;
      __builtin_memcpy(&four, a[r] + k, 4);
      const __m256i activations = _mm256_set1_epi32(four);
      for (int p = 0; p < P; ++p) sums[r][p] = _mm256_dpbusd_avx_epi32(sums[r][p], weights[p], activations);
    }
  }
  for (int r = 0; r < R; ++r) {
    int32_t* y = task.y + size_t(first_row + r) * task.y_stride + first_panel * kPanelRows;
    for (int p = 0; p < P; ++p) _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + p * kPanelRows), sums[r][p]);
  }
}

template <int R, int P>
void rows_loop(const MatmulTask& task, int first_row, const int32_t* bias_sums, int panel, int panels) {
  for (; panel + P <= panels; panel += P) tile<R, P>(task, first_row, panel, bias_sums);
  if constexpr (P > 1) rows_loop<R, P / 2>(task, first_row, bias_sums, panel, panels);
}

// Panels [panel, panels) for rows [first_row, first_row + rows), rows <= kMaxTileRows.
void some_rows(const MatmulTask& task, int first_row, int rows, const int32_t* bias_sums, int panel, int panels) {
  switch (rows) {
    case 1:
      return rows_loop<1, 8>(task, first_row, bias_sums, panel, panels);
    case 2:
      return rows_loop<2, 4>(task, first_row, bias_sums, panel, panels);
    case 3:
      return rows_loop<3, 3>(task, first_row, bias_sums, panel, panels);
    case 4:
      return rows_loop<4, 2>(task, first_row, bias_sums, panel, panels);
    case 5:
      return rows_loop<5, 2>(task, first_row, bias_sums, panel, panels);
    default:
      return rows_loop<6, 2>(task, first_row, bias_sums, panel, panels);
  }
}

void multiply(const MatmulTask& task) {
  constexpr int kMaxRows = 64;      // rows of A whose sums are at hand at once
  constexpr int kBlockPanels = 16;  // with 256 columns 32 KB of weights: they stay near while all rows pass
  int32_t bias_sums[kMaxRows];
  for (int begin = 0; begin < task.count; begin += kMaxRows) {
    MatmulTask part = task;
    part.count = task.count - begin < kMaxRows ? task.count - begin : kMaxRows;
    part.a = task.a + size_t(begin) * task.a_stride;
    part.y = task.y + size_t(begin) * task.y_stride;
    for (int b = 0; b < part.count; ++b) bias_sums[b] = bias_sum(part.a + size_t(b) * part.a_stride, part.columns);
    const int chunks = (part.count + kMaxTileRows - 1) / kMaxTileRows;
    const int block = chunks == 1 ? part.panels_used : kBlockPanels;
    for (int panel = 0; panel < part.panels_used; panel += block) {
      const int panels = panel + block < part.panels_used ? panel + block : part.panels_used;
      for (int chunk = 0; chunk < chunks; ++chunk) {  // rows spread evenly: 7 are 4 + 3, not 6 + 1
        const int first = part.count * chunk / chunks, last = part.count * (chunk + 1) / chunks;
        some_rows(part, first, last - first, bias_sums, panel, panels);
      }
    }
  }
}

}  // namespace

LMC_DEFINE_KERNELS(MatmulKernels, matmul_kernels) = {.layout = kLayout, .multiply = multiply};

}  // namespace lmc
