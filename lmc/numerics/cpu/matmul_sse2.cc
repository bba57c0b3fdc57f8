// What every x86-64 processor has: values widened to int16 and multiplied by pmaddwd, as in AVX2's kernel but half as
// wide. Tiles of up to 6 rows of A by one panel (8 outputs): 12 sums, a panel's two halves and two products are 16
// registers.
#include <emmintrin.h>

#include "lmc/numerics/kernel_set.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

constexpr PanelLayout kLayout{.rows = 8, .columns = 2, .flip = 0};
constexpr int kPanelRows = kLayout.rows;
constexpr int kMaxTileRows = 6;
constexpr int kBlock = 256;  // columns at a time: the widened rows of a tile are 12 KB

// Two neighbouring values of each row, each pair four times over: what pmaddwd wants beside two columns of four
// outputs. Pairs that are zero in all rows (most are, behind a ReLU) are left out. kept: the pairs that stay; returns
// how many.
template <int R>
int widen(const int8_t* a, size_t a_stride, int columns, __m128i* wide, uint16_t* kept) {
  int count = 0;
  for (int k = 0; k < columns; k += 2) {
    int any = 0;
    for (int r = 0; r < R; ++r) {
      const int8_t* const at = a + size_t(r) * a_stride + k;
      any |= at[0] | at[1];
      wide[r] = _mm_set1_epi32(int32_t(uint16_t(at[0]) | uint32_t(uint16_t(at[1])) << 16));
    }
    if (any == 0) continue;
    kept[count++] = uint16_t(k / 2);
    wide += R;
  }
  return count;
}

// Two columns of a panel's 8 outputs, 16 bytes, times a pair of values of each row.
template <int R>
inline void add_pair(const uint8_t* at, const __m128i* wide, __m128i (&sums)[R][2]) {
  const __m128i weights = _mm_load_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i low = _mm_srai_epi16(_mm_unpacklo_epi8(weights, weights), 8);
  const __m128i high = _mm_srai_epi16(_mm_unpackhi_epi8(weights, weights), 8);
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) {
    const __m128i a = wide[r];
    sums[r][0] = _mm_add_epi32(sums[r][0], _mm_madd_epi16(a, low));
    sums[r][1] = _mm_add_epi32(sums[r][1], _mm_madd_epi16(a, high));
  }
}

// Adds the kept pairs of columns of a panel to y, or begins there if `first`; kept is null if those are all. wide
// (pairs, R). The panel after is fetched meanwhile.
template <int R>
void tile(const uint8_t* panel, size_t panel_bytes, const __m128i* wide, const uint16_t* kept, int pairs, bool first,
          int32_t* y, size_t y_stride) {
  constexpr int kPairBytes = 2 * kPanelRows;
  __m128i sums[R][2];
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half)
      sums[r][half] = first ? _mm_setzero_si128()
                            : _mm_loadu_si128(reinterpret_cast<const __m128i*>(y + size_t(r) * y_stride + half * 4));
  if (kept == nullptr) {
    const uint8_t* const end = panel + pairs * kPairBytes;
    constexpr int kAtOnce = R <= 3 ? 2 : 1;  // more would not fit into the registers; columns are a multiple of 4
    for (; panel < end; panel += kAtOnce * kPairBytes, wide += kAtOnce * R) {
      _mm_prefetch(reinterpret_cast<const char*>(panel + panel_bytes), _MM_HINT_T0);
#pragma GCC unroll 2
      for (int pair = 0; pair < kAtOnce; ++pair) add_pair<R>(panel + pair * kPairBytes, wide + pair * R, sums);
    }
  } else {
    for (int pair = 0; pair < pairs; ++pair, wide += R) {
      const uint8_t* const at = panel + size_t(kept[pair]) * kPairBytes;
      _mm_prefetch(reinterpret_cast<const char*>(at + panel_bytes), _MM_HINT_T0);
      add_pair<R>(at, wide, sums);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + size_t(r) * y_stride + half * 4), sums[r][half]);
}

// R rows of A over all panels.
template <int R>
void rows_of_a(const MatmulTask& task, int first_row) {
  __m128i wide[R * (kBlock / 2 + 1)];  // one more for a pair that is not kept
  uint16_t kept[kBlock / 2];
  for (int k0 = 0; k0 < task.columns; k0 += kBlock) {
    const int columns = task.columns - k0 < kBlock ? task.columns - k0 : kBlock;
    const int pairs = widen<R>(task.a + size_t(first_row) * task.a_stride + k0, task.a_stride, columns, wide, kept);
    for (int panel = 0; panel < task.panels_used; ++panel)
      tile<R>(task.panels + size_t(panel) * task.panel_bytes + k0 * kPanelRows, task.panel_bytes, wide,
              pairs * 2 == columns ? nullptr : kept, pairs, k0 == 0,
              task.y + size_t(first_row) * task.y_stride + panel * kPanelRows, task.y_stride);
  }
}

void multiply(const MatmulTask& task) {
  using Rows = void (*)(const MatmulTask&, int);
  static constexpr Rows kRows[] = {nullptr,      rows_of_a<1>, rows_of_a<2>, rows_of_a<3>,
                                   rows_of_a<4>, rows_of_a<5>, rows_of_a<6>};
  const int chunks = (task.count + kMaxTileRows - 1) / kMaxTileRows;  // rows spread evenly: 8 are 4 + 4, not 6 + 2
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int begin = task.count * chunk / chunks;
    kRows[task.count * (chunk + 1) / chunks - begin](task, begin);
  }
}

}  // namespace

LMC_DEFINE_KERNELS(MatmulKernels, matmul_kernels) = {.layout = kLayout, .multiply = multiply};

}  // namespace lmc
