// Banded causal attention in blocks of 64 queries by 64 keys: a query block sees window/64 + 1 key blocks, masked in
// the oldest (c > r) and in its own (c <= r). Products run on vdpbf16ps with one operand packed in pairs of rows.
#include <omp.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "train/kernels.h"
#include "train/vector_math.h"

namespace lmc::train {
namespace {

constexpr int D = kHeadWidth, kBlock = 64;

// c (M,64*blocks; row stride c_stride) = or += a (M,2*pairs; bf16, row stride a_stride) times b, where b holds
// [pairs][b_stride] dwords, each the values of two consecutive rows in one column. M is a multiple of 4.
template <bool kAdd>
void multiply(const bf16* a, int64_t a_stride, const uint32_t* b, int64_t b_stride, float* c, int64_t c_stride, int M,
              int columns, int pairs) {
  for (int n = 0; n < columns; n += 64) {
    for (int m = 0; m < M; m += 4) {
      __m512 sum[4][4];
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          sum[i][j] = kAdd ? _mm512_loadu_ps(c + (m + i) * c_stride + n + 16 * j) : _mm512_setzero_ps();
      const bf16* rows = a + m * a_stride;
      for (int p = 0; p < pairs; ++p) {
        __m512i right[4];
        for (int j = 0; j < 4; ++j) right[j] = _mm512_loadu_si512(b + p * b_stride + n + 16 * j);
        for (int i = 0; i < 4; ++i) {
          uint32_t pair;
          std::memcpy(&pair, rows + i * a_stride + 2 * p, 4);
          const __m512i left = _mm512_set1_epi32(int(pair));
          for (int j = 0; j < 4; ++j) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], (__m512bh)left, (__m512bh)right[j]);
        }
      }
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) _mm512_storeu_ps(c + (m + i) * c_stride + n + 16 * j, sum[i][j]);
    }
  }
}

// out [32][T] dwords: the transpose of x (T,64), its columns in pairs.
void pack_transposed(const bf16* x, int64_t stride, int64_t T, uint32_t* out) {
  for (int64_t t = 0; t < T; t += 16)
    for (int p = 0; p < D / 2; ++p) {
      alignas(64) uint32_t column[16];
      for (int i = 0; i < 16; ++i) std::memcpy(&column[i], x + (t + i) * stride + 2 * p, 4);
      _mm512_storeu_si512(out + p * T + t, _mm512_load_si512(column));
    }
}

// Interleaves two rows of 32 bf16 into 32 dwords (first row in the low halves).
inline void interleave(__m512i first, __m512i second, uint32_t* out) {
  const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37,
                                       5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
  _mm512_storeu_si512(out, _mm512_permutex2var_epi16(first, low, second));
  _mm512_storeu_si512(out + 16, _mm512_permutex2var_epi16(first, high, second));
}

// out [T/2][64] dwords: x (T,64), its rows in pairs.
void pack_rows(const bf16* x, int64_t stride, int64_t T, uint32_t* out) {
  for (int64_t t = 0; t < T; t += 2)
    for (int d = 0; d < D; d += 32)
      interleave(_mm512_loadu_si512(x + t * stride + d), _mm512_loadu_si512(x + (t + 1) * stride + d),
                 out + t / 2 * D + d);
}

int64_t first_key(const AttentionShape& s, int64_t block) { return block > s.window ? block - s.window : 0; }

// Lanes of 16 columns from column c on that row r may see.
__mmask16 columns_above(int r, int c) { return c > r ? 0xFFFF : c + 15 <= r ? 0 : __mmask16(0xFFFFu << (r - c + 1)); }

}  // namespace

void attention(const AttentionShape& s, const bf16* q, const bf16* k, const bf16* v, const float* gain, bf16* out,
               float* log_sum) {
  const int64_t q_stride = s.H * D, kv_stride = s.G * D;
  const int group = s.H / s.G;
#pragma omp parallel
  {
    std::vector<uint32_t> keys(s.T * D / 2), values(s.T * D / 2);
    const int64_t span = s.window + kBlock;
    std::vector<float> scores(kBlock * span), sums(kBlock * D);
    std::vector<bf16> weights(kBlock * span);
#pragma omp for schedule(dynamic) collapse(2)
    for (int64_t b = 0; b < s.B; ++b) {
      for (int g = 0; g < s.G; ++g) {
        pack_transposed(k + b * s.T * kv_stride + g * D, kv_stride, s.T, keys.data());
        pack_rows(v + b * s.T * kv_stride + g * D, kv_stride, s.T, values.data());
        for (int h = g * group; h < (g + 1) * group; ++h) {
          for (int64_t block = 0; block < s.T; block += kBlock) {
            const int64_t begin = first_key(s, block);
            const int count = int(block + kBlock - begin);
            const bool oldest_masked = block >= s.window;
            const int64_t row0 = b * s.T + block;
            multiply<false>(q + row0 * q_stride + h * D, q_stride, keys.data() + begin, s.T, scores.data(), span,
                            kBlock, count, D / 2);
            const __m512 factor = _mm512_set1_ps(gain[h] * kLog2E), minus = _mm512_set1_ps(-1e30f);
            float inverse[kBlock];
            for (int r = 0; r < kBlock; ++r) {
              float* row = scores.data() + r * span;
              bf16* weight = weights.data() + r * span;
              __m512 largest = minus;
              for (int c = 0; c < count; c += 16) {
                __m512 x = _mm512_mul_ps(_mm512_loadu_ps(row + c), factor);
                if (oldest_masked && c < kBlock) x = _mm512_mask_mov_ps(minus, columns_above(r, c), x);
                if (c >= count - kBlock) x = _mm512_mask_mov_ps(x, columns_above(r, c - (count - kBlock)), minus);
                _mm512_storeu_ps(row + c, x);
                largest = _mm512_max_ps(largest, x);
              }
              const float top = _mm512_reduce_max_ps(largest);
              __m512 sum = _mm512_setzero_ps();
              for (int c = 0; c < count; c += 16) {
                const __m512 e = exp2_vector(_mm512_sub_ps(_mm512_loadu_ps(row + c), _mm512_set1_ps(top)));
                sum = _mm512_add_ps(sum, e);
                store_bf16(weight + c, e);
              }
              const float total = _mm512_reduce_add_ps(sum);
              inverse[r] = 1.0f / total;
              log_sum[(b * s.H + h) * s.T + block + r] = top + std::log2(total);
            }
            multiply<false>(weights.data(), span, values.data() + begin / 2 * D, D, sums.data(), D, kBlock, D,
                            count / 2);
            for (int r = 0; r < kBlock; ++r)
              for (int d = 0; d < D; d += 16)
                store_bf16(out + (row0 + r) * q_stride + h * D + d,
                           _mm512_mul_ps(_mm512_loadu_ps(&sums[r * D + d]), _mm512_set1_ps(inverse[r])));
          }
        }
      }
    }
  }
}

// Works on transposed score blocks (rows are keys, columns queries), so that every factor of the five products is
// either read row by row or packed once a sequence.
void attention_backward(const AttentionShape& s, const bf16* q, const bf16* k, const bf16* v, const float* gain,
                        const bf16* out, const float* log_sum, const bf16* dout, bf16* dq, bf16* dk, bf16* dv) {
  const int64_t q_stride = s.H * D, kv_stride = s.G * D;
  const int group = s.H / s.G;
#pragma omp parallel
  {
    const int64_t half = s.T * D / 2;
    std::vector<uint32_t> q_columns(half), dout_columns(half), q_rows(half), dout_rows(half),
        dscore_pairs(kBlock / 2 * kBlock);
    std::vector<bf16> k_transposed(s.T * D), weight(kBlock * kBlock), dscore(kBlock * kBlock);
    std::vector<float> dk_sum(s.T * D), dv_sum(s.T * D), dq_transposed(D * kBlock), scores(kBlock * kBlock),
        dweights(kBlock * kBlock), delta(s.T);
#pragma omp for schedule(dynamic) collapse(2)
    for (int64_t b = 0; b < s.B; ++b) {
      for (int g = 0; g < s.G; ++g) {
        const bf16* keys = k + b * s.T * kv_stride + g * D;
        const bf16* values = v + b * s.T * kv_stride + g * D;
        for (int64_t t = 0; t < s.T; ++t)
          for (int d = 0; d < D; ++d) k_transposed[d * s.T + t] = keys[t * kv_stride + d];
        std::fill(dk_sum.begin(), dk_sum.end(), 0.0f);
        std::fill(dv_sum.begin(), dv_sum.end(), 0.0f);
        for (int h = g * group; h < (g + 1) * group; ++h) {
          const int64_t offset = b * s.T * q_stride + h * D;
          pack_transposed(q + offset, q_stride, s.T, q_columns.data());
          pack_transposed(dout + offset, q_stride, s.T, dout_columns.data());
          pack_rows(q + offset, q_stride, s.T, q_rows.data());
          pack_rows(dout + offset, q_stride, s.T, dout_rows.data());
          for (int64_t t = 0; t < s.T; ++t) {
            __m512 dot = _mm512_setzero_ps();
            for (int d = 0; d < D; d += 16)
              dot = _mm512_fmadd_ps(load_bf16(out + offset + t * q_stride + d),
                                    load_bf16(dout + offset + t * q_stride + d), dot);
            delta[t] = _mm512_reduce_add_ps(dot);
          }
          const float* lse = log_sum + (b * s.H + h) * s.T;
          const __m512 factor = _mm512_set1_ps(gain[h] * kLog2E), gain_vector = _mm512_set1_ps(gain[h]);
          for (int64_t block = 0; block < s.T; block += kBlock) {
            std::fill(dq_transposed.begin(), dq_transposed.end(), 0.0f);
            for (int64_t key = first_key(s, block); key <= block; key += kBlock) {
              const bool oldest = key + s.window == block, own = key == block;
              multiply<false>(keys + key * kv_stride, kv_stride, q_columns.data() + block, s.T, scores.data(), kBlock,
                              kBlock, kBlock, D / 2);
              multiply<false>(values + key * kv_stride, kv_stride, dout_columns.data() + block, s.T, dweights.data(),
                              kBlock, kBlock, kBlock, D / 2);
              for (int r = 0; r < kBlock; ++r) {
                for (int c = 0; c < kBlock; c += 16) {
                  __m512 p = exp2_vector(_mm512_fmsub_ps(_mm512_loadu_ps(&scores[r * kBlock + c]), factor,
                                                         _mm512_loadu_ps(lse + block + c)));
                  // row = key, column = query: the oldest block needs key > query, the own one key <= query
                  if (oldest) p = _mm512_maskz_mov_ps(__mmask16(~columns_above(r - 1, c)), p);
                  if (own) p = _mm512_maskz_mov_ps(columns_above(r - 1, c), p);
                  store_bf16(&weight[r * kBlock + c], p);
                  const __m512 ds = _mm512_mul_ps(
                      _mm512_mul_ps(p, gain_vector),
                      _mm512_sub_ps(_mm512_loadu_ps(&dweights[r * kBlock + c]), _mm512_loadu_ps(&delta[block + c])));
                  store_bf16(&dscore[r * kBlock + c], ds);
                }
              }
              pack_rows(dscore.data(), kBlock, kBlock, dscore_pairs.data());
              multiply<true>(weight.data(), kBlock, dout_rows.data() + block / 2 * D, D, &dv_sum[key * D], D, kBlock, D,
                             kBlock / 2);
              multiply<true>(dscore.data(), kBlock, q_rows.data() + block / 2 * D, D, &dk_sum[key * D], D, kBlock, D,
                             kBlock / 2);
              multiply<true>(k_transposed.data() + key, s.T, dscore_pairs.data(), kBlock, dq_transposed.data(), kBlock,
                             D, kBlock, kBlock / 2);
            }
            for (int r = 0; r < kBlock; ++r)
              for (int d = 0; d < D; d += 16) {
                const __m512i index = _mm512_mullo_epi32(
                    _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi32(kBlock));
                store_bf16(dq + offset + (block + r) * q_stride + d,
                           _mm512_i32gather_ps(index, &dq_transposed[d * kBlock + r], 4));
              }
          }
        }
        for (int64_t t = 0; t < s.T; ++t)
          for (int d = 0; d < D; d += 16) {
            store_bf16(dk + (b * s.T + t) * kv_stride + g * D + d, _mm512_loadu_ps(&dk_sum[t * D + d]));
            store_bf16(dv + (b * s.T + t) * kv_stride + g * D + d, _mm512_loadu_ps(&dv_sum[t * D + d]));
          }
      }
    }
  }
}

}  // namespace lmc::train
