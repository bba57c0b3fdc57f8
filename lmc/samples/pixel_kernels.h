// The pixel network's products and the element-wise work between them, and the sums of least squares, once for each
// instruction set from the same source, with the same bits as result.
#ifndef LMC_SAMPLES_PIXEL_KERNELS_H_
#define LMC_SAMPLES_PIXEL_KERNELS_H_

#include <cstdint>

#include "lmc/numerics/isa.h"
#include "lmc/samples/logistic_mixture.h"

namespace lmc {

struct PixelKernels {
  // sums[i][o] = sum over columns of a[i][k] * weights[o][k], i < count; weights packed for each kRowsTogether rows,
  // what is left last, as (columns / 2, these rows, 2), so that those of some rows stay near while all samples pass.
  // columns and rows are multiples of 16, at most kMostColumns; no sum may pass 31 bits. Pairs of columns that are zero
  // cost nothing: behind a ReLU most are.
  static constexpr int kMostColumns = 4096, kRowsTogether = 64;
  void (*product)(const int16_t* a, int count, int columns, const int16_t* weights, int rows, int32_t* sums);
  // hidden[k] = clip(round(sums[k] * factor[k] + bias[k] + before)), before = 0 in the first layer, hidden[k] in the
  // others. n: a multiple of 16.
  void (*first)(const int32_t* sums, const float* factors, const float* bias, int16_t* hidden, int n);
  void (*next)(const int32_t* sums, const float* factors, const float* bias, int16_t* hidden, int n);

  // x[k] = 2^x[k], x bounded to +-100: relative error below 1e-6. n: a multiple of 8.
  void (*exp2s)(float* x, int n);

  // Of neighbours (48): differences[k] = 16 * samples[k] - centres[p], where masks[p][k] is -1 for the plane p of the
  // sample, else 0; no plane: 0. sums: of |differences| of plane 0, and of all.
  void (*differences)(const uint16_t* samples, const int32_t (*masks)[48], const int32_t* centres, int32_t* differences,
                      int32_t* sums);
  // inputs[k] = differences[k] * factor, bounded by +-peak, rounded to the nearest, ties to even; 48 of them.
  void (*scale)(const int32_t* differences, float factor, float peak, int16_t* inputs);

  // LogisticMixture::below for eight thresholds at once: masses[i] = sum over the components of weight times
  // LogisticCurve::at((edges[i] - centre) * inverse).
  static constexpr int kThresholds = 8;
  void (*masses)(const int32_t* weights, const float* centres, const float* inverses, int components,
                 const CurvePiece* pieces, const float* edges, int64_t* masses);

  // out[i][j] = sum over samples of weight * d[i] * d[j] >> 2 * shift, where d = sample - centre (16 columns, modulo
  // 2^16), rounded to units of 2^shift; for all i and all j < 8 * (i / 8 + 1), the rest of out (16, 16) is undefined.
  // Returns shift, the least that leaves 10 bits of every difference. count: even, at most 128; weights up to 8. plain,
  // weighted (count, 16): room to work in.
  int (*covariances)(const int16_t* const* samples, const int16_t* weights, int count, const int16_t* centre,
                     int16_t* plain, int16_t* weighted, int32_t* out);

  // Linear systems side by side. a (n, n, kFitLanes), lower triangles with right sides as last rows, is factorised in
  // place: L below, the pivots D on the diagonal, none below least_pivot. The last row becomes the solution. n <= 48.
  static constexpr int kFitLanes = 4;
  void (*solve)(double* a, int n, double least_pivot);

  // Covariances that decay. cell: lower triangle of (kWideColumns, kWideColumns), row i with 8 * (i / 8 + 1) values.
  // columns (kWideSamples / 2, kWideColumns, 2), differences of up to 255: cell = 7/8 of cell, rounded up, plus 64
  // times the sums of products.
  static constexpr int kWideSamples = 8, kWideColumns = 48, kWideCell = 64 * (1 + 2 + 3 + 4 + 5 + 6);
  void (*learn_block)(const int16_t* columns, int32_t* cell);
  // The same of one sample: columns (kLineColumns, 2), the second of each pair 0; cell (kLineColumns, kLineColumns),
  // lower triangle: cell = 63/64 of cell, rounded up, plus 256 times the products.
  static constexpr int kLineColumns = 16, kLineCell = kLineColumns * kLineColumns;
  void (*learn_sample)(const int16_t* columns, int32_t* cell);
  // out (kWideCell): the sum of count cells.
  void (*add_cells)(const int32_t* const* cells, int count, int32_t* out);

  // A histogram of 256 bins as sums of what stands before each bin: element 256 is the total, the rest is padding.
  static constexpr size_t kHistogram = 272;
  void (*count_up)(uint16_t* sums, int bin);
  // Of `count` of them, a multiple of 8: histogram k begins at sums[histograms[k]], has totals[k] in all, and value 0
  // counts in bin bins[k], value v in the v-th after it, going round; 0 <= v <= 256. out[k]: what counts below `value`.
  void (*counts_below)(const uint16_t* sums, const int32_t* histograms, const int32_t* bins, const int32_t* totals,
                       int count, int value, int32_t* out);
  // logits[k] = ln of the odds that a value is in the upper part, from what counts below the lower, between and below
  // the upper end. stretch: that of Logistic.
  void (*log_odds)(const int32_t* low, const int32_t* middle, const int32_t* high, int count, const float* stretch,
                   float* logits);
};

const PixelKernels& pixel_kernels(Isa isa);

}  // namespace lmc

#endif  // LMC_SAMPLES_PIXEL_KERNELS_H_
