// AVX2: values widened to int16 and multiplied by vpmaddwd, whose pair sums of products of int8 values cannot overflow.
// (vpmaddubsw saturates and is of no use here.) Tiles of up to 5 rows of A by 2 panels (16 outputs).
#include <immintrin.h>

#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

constexpr int kPanelRows = kAvx2Layout.rows;
constexpr int kMaxTileRows = 5;
constexpr int kBlock = 512;  // columns widened at a time: 5 KB of stack

// Adds columns [k0, k0 + columns) of two panels. wide (R, kBlock): the rows of A, widened.
template <int R>
inline void tile(const uint8_t* panel0, const uint8_t* panel1, const int16_t* wide, int columns, bool first, int32_t* y,
                 size_t y_stride) {
  __m256i sums[R][2];
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < 2; ++p)
      sums[r][p] = first ? _mm256_setzero_si256()
                         : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y + size_t(r) * y_stride + p * 8));
  for (int k = 0; k < columns; k += 2) {
    const __m256i w0 = _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(panel0 + k * kPanelRows)));
    const __m256i w1 = _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(panel1 + k * kPanelRows)));
    for (int r = 0; r < R; ++r) {
      int32_t pair;
      __builtin_memcpy(&pair, wide + r * kBlock + k, 4);
      const __m256i a = _mm256_set1_epi32(pair);
      sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(w0, a));
      sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(w1, a));
    }
  }
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < 2; ++p)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + size_t(r) * y_stride + p * 8), sums[r][p]);
}

template <int R>
void some_rows(const MatmulTask& task, int first_row, int k0, int columns) {
  alignas(32) int16_t wide[kMaxTileRows * kBlock];
  for (int r = 0; r < R; ++r) {
    const int8_t* a = task.a + size_t(first_row + r) * task.a_stride + k0;
    for (int k = 0; k < columns; ++k) wide[r * kBlock + k] = a[k];
  }
  for (int panel = 0; panel < task.panels_used; panel += 2) {  // their number is even: rows come in sixteens
    const uint8_t* w = task.panels + size_t(panel) * task.panel_bytes + k0 * kPanelRows;
    tile<R>(w, w + task.panel_bytes, wide, columns, k0 == 0,
            task.y + size_t(first_row) * task.y_stride + panel * kPanelRows, task.y_stride);
  }
}

}  // namespace

void matmul_avx2(const MatmulTask& task) {
  const int chunks = (task.count + kMaxTileRows - 1) / kMaxTileRows;
  for (int k0 = 0; k0 < task.columns; k0 += kBlock) {
    const int columns = task.columns - k0 < kBlock ? task.columns - k0 : kBlock;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const int first = task.count * chunk / chunks, last = task.count * (chunk + 1) / chunks;
      switch (last - first) {
        case 1:
          some_rows<1>(task, first, k0, columns);
          break;
        case 2:
          some_rows<2>(task, first, k0, columns);
          break;
        case 3:
          some_rows<3>(task, first, k0, columns);
          break;
        case 4:
          some_rows<4>(task, first, k0, columns);
          break;
        default:
          some_rows<5>(task, first, k0, columns);
          break;
      }
    }
  }
}

}  // namespace lmc
