// Compiled once for each instruction set; see pixel_kernels.h. Element-wise operations on GCC vectors of the width at
// hand.
#include "lmc/samples/pixel_kernels.h"

#include <bit>

#include "lmc/numerics/kernel_set.h"
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace lmc {
namespace {

// Vectors of 32-bit lanes, each a sum or a pair of 16-bit values.
#if defined(__AVX2__)
typedef __m256i Ints;
inline Ints load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline void store(void* p, Ints x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }
inline Ints broadcast(int32_t x) { return _mm256_set1_epi32(x); }
inline Ints add(Ints x, Ints y) { return _mm256_add_epi32(x, y); }
template <int kDecay, int kUnit>
inline Ints decayed(Ints x, Ints more) {
  return _mm256_add_epi32(_mm256_sub_epi32(x, _mm256_srai_epi32(x, kDecay)), _mm256_slli_epi32(more, kUnit));
}
inline Ints pair_products(Ints x, Ints y) { return _mm256_madd_epi16(x, y); }
inline unsigned zero_lanes(Ints x) {
  return unsigned(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(x, _mm256_setzero_si256()))));
}
#elif defined(__SSE2__)
typedef __m128i Ints;
inline Ints load(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline void store(void* p, Ints x) { _mm_storeu_si128(static_cast<__m128i*>(p), x); }
inline Ints broadcast(int32_t x) { return _mm_set1_epi32(x); }
inline Ints add(Ints x, Ints y) { return _mm_add_epi32(x, y); }
template <int kDecay, int kUnit>
inline Ints decayed(Ints x, Ints more) {
  return _mm_add_epi32(_mm_sub_epi32(x, _mm_srai_epi32(x, kDecay)), _mm_slli_epi32(more, kUnit));
}
inline Ints pair_products(Ints x, Ints y) { return _mm_madd_epi16(x, y); }
inline unsigned zero_lanes(Ints x) {
  return unsigned(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(x, _mm_setzero_si128()))));
}
#else
typedef int32_t Ints __attribute__((vector_size(16)));
inline Ints load(const void* p) {
  Ints x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
inline void store(void* p, Ints x) { __builtin_memcpy(p, &x, sizeof x); }
inline Ints broadcast(int32_t x) { return Ints{} + x; }
inline Ints add(Ints x, Ints y) { return x + y; }
template <int kDecay, int kUnit>
inline Ints decayed(Ints x, Ints more) {
  return x - (x >> kDecay) + (more << kUnit);
}
// The lower value of a pair is the one at the lower address where bytes are little-endian; elsewhere both change
// places.
inline Ints pair_products(Ints x, Ints y) { return (x << 16 >> 16) * (y << 16 >> 16) + (x >> 16) * (y >> 16); }
inline unsigned zero_lanes(Ints x) {
  unsigned lanes = 0;
  for (int k = 0; k < 4; ++k) lanes |= unsigned(x[k] == 0) << k;
  return lanes;
}
#endif
constexpr int kLanes = int(sizeof(Ints) / 4);

// Which of up to 64 pairs are not zero, the first in bit 0. pairs: a multiple of 8.
inline uint64_t pairs_in_use(const int16_t* a, int pairs) {
  uint64_t zero = 0;
  for (int p = 0; p < pairs; p += kLanes) zero |= uint64_t(zero_lanes(load(a + 2 * p))) << p;
  return ~zero & (pairs < 64 ? (uint64_t(1) << pairs) - 1 : ~uint64_t(0));
}

// kVectors * kLanes rows, of `rows`.
template <int kVectors>
inline void some_rows(const int16_t* a, const uint64_t* in_use, int blocks, const int16_t* weights, int rows,
                      int32_t* sums) {
  Ints acc[kVectors];
  for (Ints& sum : acc) sum = broadcast(0);
  for (int block = 0; block < blocks; ++block, a += 128, weights += 128 * size_t(rows))
    for (uint64_t left = in_use[block]; left != 0; left &= left - 1) {
      const int p = __builtin_ctzll(left);
      int32_t both;
      __builtin_memcpy(&both, a + 2 * p, sizeof both);
      const Ints factor = broadcast(both);
      const int16_t* w = weights + 2 * size_t(rows) * size_t(p);
      for (int v = 0; v < kVectors; ++v) acc[v] = add(acc[v], pair_products(load(w + 2 * kLanes * v), factor));
    }
  for (int v = 0; v < kVectors; ++v) store(sums + kLanes * v, acc[v]);
}

// The same for some samples; stride: from a sample's sums to the next one's.
template <int kVectors>
inline void part_of_rows(const int16_t* a, const uint64_t* in_use, int count, int columns, const int16_t* weights,
                         int rows, int32_t* sums, int stride) {
  const int blocks = (columns + 127) / 128;
  for (int i = 0; i < count; ++i, a += columns, in_use += blocks, sums += stride)
    some_rows<kVectors>(a, in_use, blocks, weights, rows, sums);
}

void product(const int16_t* a, int count, int columns, const int16_t* weights, int rows, int32_t* sums) {
  constexpr int kMany = 8, kTogether = 32;
  for (int first = 0; first < count; first += kTogether) {
    const int samples = count - first < kTogether ? count - first : kTogether;
    uint64_t in_use[kTogether * PixelKernels::kMostColumns / 128];
    uint64_t* next = in_use;
    for (int i = 0; i < samples; ++i)
      for (int k = 0; k < columns; k += 128)
        *next++ = pairs_in_use(a + i * columns + k, (columns - k < 128 ? columns - k : 128) / 2);
    for (int row = 0; row < rows; row += PixelKernels::kRowsTogether) {
      const int16_t* part = weights + size_t(row) * size_t(columns);
      const int width = rows - row < PixelKernels::kRowsTogether ? rows - row : PixelKernels::kRowsTogether;
      int k = 0;
      for (; k + kMany * kLanes <= width; k += kMany * kLanes)
        part_of_rows<kMany>(a, in_use, samples, columns, part + 2 * k, width, sums + row + k, rows);
      for (; k < width; k += 16)
        part_of_rows<16 / kLanes>(a, in_use, samples, columns, part + 2 * k, width, sums + row + k, rows);
    }
    a += size_t(samples) * size_t(columns), sums += size_t(samples) * size_t(rows);
  }
}

typedef float Floats __attribute__((vector_size(sizeof(Ints))));
typedef int32_t Whole __attribute__((vector_size(sizeof(Ints))));
void exp2s(float* x, int n) {
  constexpr float kTerms[] = {1.3333558e-3f, 9.6181291e-3f, 5.5504109e-2f, 2.4022651e-1f, 6.9314718e-1f, 1.0f};
  constexpr float kMagic = 12582912.0f;  // rounds to the nearest integer
  for (int k = 0; k < n; k += kLanes) {
    Floats at;
    __builtin_memcpy(&at, x + k, sizeof at);
    const Floats least = Floats{} - 100.0f, most = Floats{} + 100.0f;
    at = at < least ? least : at;
    at = at > most ? most : at;
    const Floats whole = (at + kMagic) - kMagic, f = at - whole;  // f within a half: the Taylor series of 2^f
    Floats sum = Floats{} + 1.5403530e-4f;
    for (float term : kTerms) sum = sum * f + term;
    sum = sum * Floats((__builtin_convertvector(whole, Whole) + 127) << 23);
    __builtin_memcpy(x + k, &sum, sizeof sum);
  }
}

void differences(const uint16_t* samples, const int32_t (*masks)[48], const int32_t* centres, int32_t* out,
                 int32_t* sums) {
  int32_t own = 0, all = 0;
  for (int k = 0; k < 48; ++k) {
    const int32_t a = masks[0][k], b = masks[1][k], c = masks[2][k];
    const int32_t d =
        (16 * int32_t(samples[k]) & (a | b | c)) - ((centres[0] & a) | (centres[1] & b) | (centres[2] & c));
    const int32_t size = d < 0 ? -d : d;
    out[k] = d;
    own += size & a;
    all += size;
  }
  sums[0] = own, sums[1] = all;
}

void scale(const int32_t* differences, float factor, float peak, int16_t* inputs) {
  for (int k = 0; k < 48; ++k) {
    const float scaled = float(differences[k]) * factor;
    const float above = scaled > -peak ? scaled : -peak;
    const float bounded = above < peak ? above : peak;
    inputs[k] = int16_t(std::bit_cast<int32_t>(bounded + 12582912.0f) - 0x4B400000);  // 1.5 * 2^23 rounds
  }
}

constexpr float kCurveSteps = LogisticCurve::kSteps;

#if defined(__AVX2__)

// (lower, upper) halves of eight pairs in memory, each pair's address by its number.
inline void look_up(const CurvePiece* pieces, Ints numbers, Ints& values, __m256& rises) {
  alignas(32) int32_t n[8];
  store(n, numbers);
  const auto pair = [&](int k) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pieces + n[k])); };
  const auto two = [&](int k) { return _mm_unpacklo_epi64(pair(k), pair(k + 1)); };
  const __m256 a = _mm256_castsi256_ps(_mm256_set_m128i(two(4), two(0)));
  const __m256 b = _mm256_castsi256_ps(_mm256_set_m128i(two(6), two(2)));
  values = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
  rises = _mm256_shuffle_ps(a, b, 0xDD);
}

void masses(const int32_t* weights, const float* centres, const float* inverses, int components,
            const CurvePiece* pieces, const float* edges, int64_t* masses) {
  const __m256 edge = _mm256_loadu_ps(edges);
  Ints even = broadcast(0), odd = broadcast(0);
  for (int c = 0; c < components; ++c) {
    const __m256 z = _mm256_mul_ps(_mm256_sub_ps(edge, _mm256_set1_ps(centres[c])), _mm256_set1_ps(inverses[c]));
    const __m256 bounded = _mm256_min_ps(_mm256_max_ps(z, _mm256_set1_ps(-12.0f)), _mm256_set1_ps(11.99f));
    const __m256 position =
        _mm256_add_ps(_mm256_mul_ps(bounded, _mm256_set1_ps(kCurveSteps)), _mm256_set1_ps(12.0f * kCurveSteps));
    const Ints number = _mm256_cvttps_epi32(position);
    Ints value;
    __m256 rise;
    look_up(pieces, number, value, rise);
    const __m256 fraction = _mm256_sub_ps(position, _mm256_cvtepi32_ps(number));
    const Ints at = add(value, _mm256_cvttps_epi32(_mm256_mul_ps(rise, fraction)));
    const Ints weight = broadcast(weights[c]);  // neither is below zero
    even = _mm256_add_epi64(even, _mm256_mul_epu32(at, weight));
    odd = _mm256_add_epi64(odd, _mm256_mul_epu32(_mm256_srli_epi64(at, 32), weight));
  }
  const Ints low = _mm256_unpacklo_epi64(even, odd), high = _mm256_unpackhi_epi64(even, odd);  // 0 1 4 5, 2 3 6 7
  store(masses, _mm256_permute2x128_si256(low, high, 0x20));
  store(masses + 4, _mm256_permute2x128_si256(low, high, 0x31));
}

#else

void masses(const int32_t* weights, const float* centres, const float* inverses, int components,
            const CurvePiece* pieces, const float* edges, int64_t* masses) {
  for (int i = 0; i < PixelKernels::kThresholds; ++i) {
    int64_t sum = 0;
    for (int c = 0; c < components; ++c) {
      const float z = (edges[i] - centres[c]) * inverses[c];
      const float position = (z < -12.0f ? -12.0f : z > 11.99f ? 11.99f : z) * kCurveSteps + 12.0f * kCurveSteps;
      const auto number = int32_t(position);
      sum += int64_t(weights[c]) * (pieces[number].value + int32_t(pieces[number].rise * (position - float(number))));
    }
    masses[i] = sum;
  }
}

#endif

#if defined(__AVX2__)

// The nearest integer, ties to even: the current rounding mode, which nobody changes.
inline __m256i to_steps(__m256 z) {
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(z, _mm256_setzero_ps()), _mm256_set1_ps(127.0f)));
}

inline void store_hidden(__m256 z0, __m256 z1, int16_t* hidden) {
  store(hidden, _mm256_permute4x64_epi64(_mm256_packs_epi32(to_steps(z0), to_steps(z1)), 0xD8));
}

inline __m256 scaled_sums(const int32_t* sums, const float* factors, const float* bias) {
  return _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(load(sums)), _mm256_loadu_ps(factors)), _mm256_loadu_ps(bias));
}

void first(const int32_t* sums, const float* factors, const float* bias, int16_t* hidden, int n) {
  const auto z = [&](int k) { return scaled_sums(sums + k, factors + k, bias + k); };
  for (int k = 0; k < n; k += 16) store_hidden(z(k), z(k + 8), hidden + k);
}

void next(const int32_t* sums, const float* factors, const float* bias, int16_t* hidden, int n) {
  const auto z = [&](int k) {
    const __m128i before = _mm_loadu_si128(reinterpret_cast<const __m128i*>(hidden + k));
    return _mm256_add_ps(scaled_sums(sums + k, factors + k, bias + k),
                         _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(before)));
  };
  for (int k = 0; k < n; k += 16) store_hidden(z(k), z(k + 8), hidden + k);
}

#else

inline int16_t to_hidden(float z) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer, ties to even
  const float above = z > 0.0f ? z : 0.0f;
  const float bounded = above < 127.0f ? above : 127.0f;
  return int16_t(std::bit_cast<int32_t>(bounded + kMagic) - 0x4B400000);
}

void first(const int32_t* sums, const float* factors, const float* bias, int16_t* hidden, int n) {
  for (int k = 0; k < n; ++k) hidden[k] = to_hidden(float(sums[k]) * factors[k] + bias[k]);
}

void next(const int32_t* sums, const float* factors, const float* bias, int16_t* hidden, int n) {
  for (int k = 0; k < n; ++k) hidden[k] = to_hidden(float(sums[k]) * factors[k] + bias[k] + float(hidden[k]));
}

#endif

#if defined(__AVX2__)

// Four rows at a time; Halves: how many eights of columns.
template <int Halves>
void four_rows(const int16_t* plain, const int16_t* weighted, int pairs, int row, int32_t* out) {
  __m256i sums[4][Halves];
  for (auto& r : sums)
    for (auto& half : r) half = _mm256_setzero_si256();
  for (int p = 0; p < pairs; ++p, plain += 32, weighted += 32) {
    __m256i columns[Halves];
    for (int h = 0; h < Halves; ++h) columns[h] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(plain + 16 * h));
    for (int r = 0; r < 4; ++r) {
      int32_t both;
      __builtin_memcpy(&both, weighted + 2 * (row + r), sizeof both);
      const __m256i factor = _mm256_set1_epi32(both);
      for (int h = 0; h < Halves; ++h) sums[r][h] = _mm256_add_epi32(sums[r][h], _mm256_madd_epi16(columns[h], factor));
    }
  }
  for (int r = 0; r < 4; ++r)
    for (int h = 0; h < Halves; ++h)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 16 * (row + r) + 8 * h), sums[r][h]);
}

void products(const int16_t* plain, const int16_t* weighted, int pairs, int32_t* out) {
  for (int row = 0; row < 8; row += 4) four_rows<1>(plain, weighted, pairs, row, out);
  for (int row = 8; row < 16; row += 4) four_rows<2>(plain, weighted, pairs, row, out);
}

#else

void products(const int16_t* plain, const int16_t* weighted, int pairs, int32_t* out) {
  for (int k = 0; k < 256; ++k) out[k] = 0;
  for (int p = 0; p < pairs; ++p, plain += 32, weighted += 32)
    for (int i = 0; i < 16; ++i)
      for (int j = 0; j < 8 * (i / 8 + 1); ++j)
        out[16 * i + j] += weighted[2 * i] * plain[2 * j] + weighted[2 * i + 1] * plain[2 * j + 1];
}

#endif

// Eight 16-bit values, modulo 2^16.
typedef uint16_t Shorts __attribute__((vector_size(16)));
typedef int16_t SignedShorts __attribute__((vector_size(16)));
inline Shorts load_shorts(const int16_t* p) {
  Shorts x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
inline void store_shorts(int16_t* p, Shorts x) { __builtin_memcpy(p, &x, sizeof x); }
inline Shorts size_of_each(Shorts x) {
  const auto minus = Shorts(SignedShorts(x) >> 15);
  return (x ^ minus) - minus;
}
inline void store_interleaved(int16_t* p, Shorts x, Shorts y) {
  store_shorts(p, __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11));
  store_shorts(p + 8, __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15));
}

// Pairs of samples, column by column: (count / 2, 16, 2).
void pair_up(const int16_t* a, const int16_t* b, int16_t weight_a, int16_t weight_b, int16_t* plain,
             int16_t* weighted) {
  for (int k = 0; k < 16; k += 8) {
    const Shorts x = load_shorts(a + k), y = load_shorts(b + k);
    store_interleaved(plain + 2 * k, x, y);
    store_interleaved(weighted + 2 * k, x * uint16_t(weight_a), y * uint16_t(weight_b));
  }
}

int covariances(const int16_t* const* samples, const int16_t* weights, int count, const int16_t* centre, int16_t* plain,
                int16_t* weighted, int32_t* out) {
  int16_t differences[128][16];
  const Shorts middle[2] = {load_shorts(centre), load_shorts(centre + 8)};
  Shorts sizes = {};
  for (int s = 0; s < count; ++s)
    for (int half = 0; half < 2; ++half) {
      const Shorts d = load_shorts(samples[s] + 8 * half) - middle[half];
      store_shorts(differences[s] + 8 * half, d);
      sizes |= size_of_each(d);
    }
  unsigned all = 0;
  for (int k = 0; k < 8; ++k) all |= sizes[k];
  const int bits = std::bit_width(all), shift = bits > 10 ? bits - 10 : 0;
  if (shift > 0)
    for (int s = 0; s < count; ++s)
      for (int k = 0; k < 16; ++k) differences[s][k] = int16_t((differences[s][k] + (1 << (shift - 1))) >> shift);
  for (int s = 0; s < count; s += 2)
    pair_up(differences[s], differences[s + 1], weights[s], weights[s + 1], plain + 16 * s, weighted + 16 * s);
  products(plain, weighted, count / 2, out);
  return shift;
}

}  // namespace
}  // namespace lmc

#include "lmc/samples/cpu/ensemble_kernels.inc"

namespace lmc {

LMC_DEFINE_KERNELS(PixelKernels, pixel_kernels) = {product,      first,     next,        exp2s,        differences,
                                                   scale,        masses,    covariances, solve,        learn_block,
                                                   learn_sample, add_cells, count_up,    counts_below, log_odds};

}  // namespace lmc
