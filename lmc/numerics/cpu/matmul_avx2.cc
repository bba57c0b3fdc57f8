// AVX2: values widened to int16 and multiplied by vpmaddwd, whose pair sums of products of int8 values cannot overflow.
// (vpmaddubsw saturates and is of no use here.) Tiles of up to 6 rows of A by 2 panels (16 outputs): 12 sums, 2 panels
// and 1 pair of activations are the 16 registers but one.
#include <immintrin.h>

#include "lmc/numerics/kernel_set.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {
namespace {

constexpr PanelLayout kLayout{.rows = 8, .columns = 2, .flip = 0};
constexpr int kPanelRows = kLayout.rows;
constexpr int kPairBytes = 2 * kPanelRows;
constexpr int kMaxTileRows = 6;
constexpr int kMaxRows = 16;  // rows of A widened at a time
constexpr int kBlock = 512;   // and columns: 16 KB of stack
constexpr int kMaxChunks = (kMaxRows + kMaxTileRows - 1) / kMaxTileRows;
constexpr int kFewPanels = 16;   // for fewer it does not pay to look for zeros
constexpr int kAhead = 16 * 64;  // bytes of a panel fetched ahead

// sum += w * a in pairs. GCC would rotate the sums of a loop through copies; naming the register stops it.
inline void add_products(__m256i& sum, __m256i w, __m256i a) {
  const __m256i pairs = _mm256_madd_epi16(w, a);
  asm("vpaddd %1, %0, %0" : "+x"(sum) : "x"(pairs));
}

// Two columns of two panels (at0, at1: 16 bytes each) times a pair of values of each row. wide (R, kBlock).
template <int R>
inline void add_pair(const uint8_t* at0, const uint8_t* at1, const int16_t* wide, __m256i (&sums)[R][2]) {
  const __m256i w0 = _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(at0)));
  const __m256i w1 = _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(at1)));
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) {
    int32_t pair;
    __builtin_memcpy(&pair, wide + r * kBlock, 4);
    const __m256i a = _mm256_set1_epi32(pair);
    add_products(sums[r][0], w0, a);
    add_products(sums[r][1], w1, a);
  }
}

// Adds columns [k0, k0 + columns) of two panels; wide (R, kBlock): the rows of A, widened. Of the columns' pairs only
// those in kept (count), unless that is null.
template <int R>
inline void tile(const uint8_t* panel0, const uint8_t* panel1, const int16_t* wide, int columns, const uint16_t* kept,
                 int count, bool first, int32_t* y, size_t y_stride) {
  __m256i sums[R][2];
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int p = 0; p < 2; ++p)
      sums[r][p] = first ? _mm256_setzero_si256()
                         : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y + size_t(r) * y_stride + p * 8));
  if (kept == nullptr) {
    const uint8_t* const end = panel0 + columns * kPanelRows;
    for (; panel0 < end; panel0 += 2 * kPairBytes, panel1 += 2 * kPairBytes, wide += 4) {
      _mm_prefetch(reinterpret_cast<const char*>(panel0 + kAhead), _MM_HINT_T0);
      _mm_prefetch(reinterpret_cast<const char*>(panel1 + kAhead), _MM_HINT_T0);
      add_pair<R>(panel0, panel1, wide, sums);
      add_pair<R>(panel0 + kPairBytes, panel1 + kPairBytes, wide + 2, sums);
    }
  } else {
    for (int i = 0; i < count; ++i) {
      const size_t at = size_t(kept[i]) * kPairBytes;
      _mm_prefetch(reinterpret_cast<const char*>(panel0 + at + kAhead), _MM_HINT_T0);
      _mm_prefetch(reinterpret_cast<const char*>(panel1 + at + kAhead), _MM_HINT_T0);
      add_pair<R>(panel0 + at, panel1 + at, wide + kept[i] * 2, sums);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int p = 0; p < 2; ++p)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + size_t(r) * y_stride + p * 8), sums[r][p]);
}

using Tile = void (*)(const uint8_t*, const uint8_t*, const int16_t*, int, const uint16_t*, int, bool, int32_t*,
                      size_t);

void widen(const int8_t* a, int columns, int16_t* wide) {
  int k = 0;
  for (; k + 16 <= columns; k += 16)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(wide + k),
                        _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + k))));
  for (; k < columns; ++k) wide[k] = a[k];
  for (; k % 16 != 0; ++k) wide[k] = 0;
}

// Pairs of columns that are zero in all rows (most are, behind a ReLU) can be left out. wide (rows, kBlock) is zero up
// to a multiple of 16 columns; kept: the pairs that stay; returns how many.
int kept_pairs(const int16_t* wide, int rows, int columns, uint16_t* kept) {
  int count = 0;
  for (int k = 0; k < columns; k += 16) {
    __m256i any = _mm256_load_si256(reinterpret_cast<const __m256i*>(wide + k));
    for (int r = 1; r < rows; ++r)
      any = _mm256_or_si256(any, _mm256_load_si256(reinterpret_cast<const __m256i*>(wide + r * kBlock + k)));
    const __m256i zero = _mm256_cmpeq_epi32(any, _mm256_setzero_si256());
    unsigned bits = 0xff & ~unsigned(_mm256_movemask_ps(_mm256_castsi256_ps(zero)));
    for (; bits != 0; bits &= bits - 1) kept[count++] = uint16_t(k / 2 + __builtin_ctz(bits));
  }
  return count;
}

// Rows [first_row, first_row + rows) of A, at most kMaxRows, over columns [k0, k0 + columns). Every pair of panels is
// read once from far away and stays near while all rows pass.
void some_rows(const MatmulTask& task, int first_row, int rows, int k0, int columns) {
  static constexpr Tile kTiles[kMaxTileRows + 1] = {nullptr, tile<1>, tile<2>, tile<3>, tile<4>, tile<5>, tile<6>};
  alignas(32) int16_t wide[kMaxRows * kBlock];
  for (int r = 0; r < rows; ++r) widen(task.a + size_t(first_row + r) * task.a_stride + k0, columns, wide + r * kBlock);
  const int chunks = (rows + kMaxTileRows - 1) / kMaxTileRows;  // rows spread evenly: 8 are 4 + 4, not 6 + 2
  uint16_t kept[kMaxChunks][kBlock / 2];
  int kept_count[kMaxChunks];
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int first = rows * chunk / chunks, last = rows * (chunk + 1) / chunks;
    kept_count[chunk] =
        task.panels_used < kFewPanels ? columns : kept_pairs(wide + first * kBlock, last - first, columns, kept[chunk]);
  }
  for (int panel = 0; panel < task.panels_used; panel += 2) {  // their number is even: rows come in sixteens
    const uint8_t* w = task.panels + size_t(panel) * task.panel_bytes + k0 * kPanelRows;
    int32_t* y = task.y + size_t(first_row) * task.y_stride + panel * kPanelRows;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const int first = rows * chunk / chunks, last = rows * (chunk + 1) / chunks;
      kTiles[last - first](w, w + task.panel_bytes, wide + first * kBlock, columns,
                           kept_count[chunk] * 2 > columns * 3 / 4 ? nullptr : kept[chunk], kept_count[chunk], k0 == 0,
                           y + size_t(first) * task.y_stride, task.y_stride);
    }
  }
}

void multiply(const MatmulTask& task) {
  for (int k0 = 0; k0 < task.columns; k0 += kBlock) {
    const int columns = task.columns - k0 < kBlock ? task.columns - k0 : kBlock;
    for (int row = 0; row < task.count; row += kMaxRows)
      some_rows(task, row, task.count - row < kMaxRows ? task.count - row : kMaxRows, k0, columns);
  }
}

}  // namespace

LMC_DEFINE_KERNELS(MatmulKernels, matmul_kernels) = {.layout = kLayout, .multiply = multiply};

}  // namespace lmc
