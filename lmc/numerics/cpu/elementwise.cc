// The element-wise functions, compiled once for each instruction set (kernels.cmake).
//
// Plain loops for the compiler to vectorise: every operation is one correctly rounded binary32 operation on one element
// (or an integer operation), so the width of the vectors cannot change a result. Nothing of std:: in here: a shared
// inline function compiled in this file could be the one the linker keeps.
#include "lmc/numerics/elementwise.h"

#include "lmc/numerics/kernel_set.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace lmc {
namespace {

using Index = int;

inline int32_t bits_of(float x) { return __builtin_bit_cast(int32_t, x); }
inline float float_of(int32_t bits) { return __builtin_bit_cast(float, bits); }

inline int up16(int n) { return (n + kRowAlign - 1) & ~(kRowAlign - 1); }

// Nearest integer, ties to even, for |x| < 2^22: adding 1.5 * 2^23 leaves no bits behind the point.
inline int32_t nearest(float x) { return bits_of(x + 12582912.0f) - 0x4B400000; }

// 2^t for -100 <= t <= 0, from the nearest integer and a polynomial on [-0.5, 0.5] (Cephes exp2f), error below 2e-7.
inline float power_of_two(float t) {
  const float shifted = t + 12582912.0f;
  const int32_t whole = bits_of(shifted) - 0x4B400000;
  const float f = t - (shifted - 12582912.0f);
  float p = 1.535336188319500e-4f;
  p = p * f + 1.339887440266574e-3f;
  p = p * f + 9.618437357674640e-3f;
  p = p * f + 5.550332471162809e-2f;
  p = p * f + 2.402264791363012e-1f;
  p = p * f + 6.931472028550421e-1f;
  p = p * f + 1.0f;
  return float_of(bits_of(p) + (whole << 23));
}

// exp(x) for x <= 0; below -69 it stays at 2^-100: zero to every sum, and far from subnormal numbers.
inline float exp_negative(float x) {
  const float t = x * 1.44269504088896341f;
  return power_of_two(t < -100.0f ? -100.0f : t);
}

float peak(const float* __restrict x, int n) {
  int32_t most = 0;  // non-negative floats order as their bits do
  for (Index i = 0; i < n; ++i) {
    const int32_t magnitude = bits_of(x[i]) & 0x7fffffff;
    most = magnitude > most ? magnitude : most;
  }
  return float_of(most);
}

void quantise8(const float* __restrict x, int n, float factor, int8_t* __restrict q) {
  for (Index i = 0; i < n; ++i) q[i] = int8_t(nearest(x[i] * factor));
}

void quantise16(const float* __restrict x, int n, float factor, int16_t* __restrict q) {
  for (Index i = 0; i < n; ++i) q[i] = int16_t(nearest(x[i] * factor));
}

int64_t sum(const float* __restrict x, int n, float factor) {
  int64_t sum = 0;
  for (Index i = 0; i < n; ++i) sum += nearest(x[i] * factor);
  return sum;
}

int64_t sum_squares(const float* __restrict x, int n, float factor) {
  int64_t sum = 0;
  for (Index i = 0; i < n; ++i) {
    const int32_t q = nearest(x[i] * factor);
    sum += int64_t(q * q);
  }
  return sum;
}

void split(const int16_t* __restrict q, int n, int8_t* __restrict high, int8_t* __restrict low) {
  for (Index i = 0; i < n; ++i) {
    const int32_t h = (q[i] + 128) >> 8;
    high[i] = int8_t(h);
    low[i] = int8_t(q[i] - h * 256);
  }
}

void scale(const int32_t* __restrict sums, const int32_t* __restrict low, int n, float scale,
           const float* __restrict row_scales, float* __restrict x) {
  if (low == nullptr) {
    for (Index i = 0; i < n; ++i) x[i] = float(sums[i]) * scale * row_scales[i];
  } else {
    for (Index i = 0; i < n; ++i) x[i] = (float(sums[i]) * 256.0f + float(low[i])) * scale * row_scales[i];
  }
}

void scale_add(const int32_t* __restrict sums, const int32_t* __restrict low, int n, float scale,
               const float* __restrict row_scales, float* __restrict x) {
  if (low == nullptr) {
    for (Index i = 0; i < n; ++i) x[i] = x[i] + float(sums[i]) * scale * row_scales[i];
  } else {
    for (Index i = 0; i < n; ++i) x[i] = x[i] + (float(sums[i]) * 256.0f + float(low[i])) * scale * row_scales[i];
  }
}

void widen(const int8_t* __restrict q, int n, float scale, float* __restrict x) {
  for (Index i = 0; i < n; ++i) x[i] = float(q[i]) * scale;
}

void multiply(const float* __restrict x, const float* __restrict gain, int n, float* __restrict out) {
  for (Index i = 0; i < n; ++i) out[i] = x[i] * gain[i];
}

void gain(float* __restrict x, const float* __restrict gain, int n) {
  for (Index i = 0; i < n; ++i) x[i] = x[i] * gain[i];
}

void add(float* __restrict x, const float* __restrict y, int n) {
  for (Index i = 0; i < n; ++i) x[i] = x[i] + y[i];
}

void subtract(const float* __restrict x, float less, int n, float* __restrict out) {
  for (Index i = 0; i < n; ++i) out[i] = x[i] - less;
}

void add_gained(float* __restrict x, const float* __restrict y, const float* __restrict gain, float factor, int n) {
  for (Index i = 0; i < n; ++i) x[i] = x[i] + y[i] * gain[i] * factor;
}

void affine(const float* __restrict x, const float* __restrict gain, float factor, const float* __restrict bias, int n,
            float* __restrict out) {
  for (Index i = 0; i < n; ++i) out[i] = x[i] * gain[i] * factor + bias[i];
}

void relu2(float* __restrict x, int n) {
  for (Index i = 0; i < n; ++i) {
    const float positive = x[i] > 0.0f ? x[i] : 0.0f;
    x[i] = positive * positive;
  }
}

void swiglu(float* __restrict x, const float* __restrict gate, int n) {
  for (Index i = 0; i < n; ++i) {
    const float g = gate[i];
    const float e = exp_negative(float_of(bits_of(g) | int32_t(0x80000000u)));  // exp(-|g|)
    const float top = g > 0.0f ? g : g * e;
    x[i] = x[i] * (top / (1.0f + e));
  }
}

// g / (1 + exp(-2 z)) with 2 z = g * (1.595769 + 0.071355 g^2) = sqrt(8 / pi) * (g + 0.044715 g^3), and beyond 16 as at
// 16, where it is g or (almost) nothing.
inline float gelu_of(float g) {
  float c = g < 16.0f ? g : 16.0f;
  c = c > -16.0f ? c : -16.0f;
  const float z2 = c * (1.5957691216f + 0.0713548163f * (c * c));
  const float e = exp_negative(float_of(bits_of(z2) | int32_t(0x80000000u)));  // exp(-|2 z|)
  const float top = z2 > 0.0f ? g : g * e;
  return top / (1.0f + e);
}

void gelu(float* __restrict x, int n) {
  for (Index i = 0; i < n; ++i) x[i] = gelu_of(x[i]);
}

void quick_gelu(float* __restrict x, int n) {
  for (Index i = 0; i < n; ++i) {
    const float g = x[i];
    const float z = 1.702f * g;
    const float e = exp_negative(float_of(bits_of(z) | int32_t(0x80000000u)));  // exp(-|z|)
    const float top = z > 0.0f ? g : g * e;
    x[i] = top / (1.0f + e);
  }
}

void geglu(float* __restrict x, const float* __restrict gate, int n) {
  for (Index i = 0; i < n; ++i) x[i] = x[i] * gelu_of(gate[i]);
}

void rotations(uint64_t position, const uint64_t* __restrict frequencies, int n, float* __restrict cosines,
               float* __restrict sines) {
  for (Index i = 0; i < n; ++i) {
    const uint32_t turn = uint32_t((position * frequencies[i]) >> 32);  // exact modulo one turn, then cut to 32 bits
    const uint32_t quarter = (turn + 0x20000000u) >> 30;                // nearest quarter turn, modulo 4
    const int32_t rest = int32_t(turn - (quarter << 30));               // within +-2^29: an eighth of a turn
    const float x = float(rest) * 1.462918079267160e-9f;                // 2 pi / 2^32
    const float x2 = x * x;
    const float sine = ((-1.9515295891e-4f * x2 + 8.3321608736e-3f) * x2 - 1.6666654611e-1f) * x2 * x + x;
    const float cosine =
        ((2.443315711809948e-5f * x2 - 1.388731625493765e-3f) * x2 + 4.166664568298827e-2f) * (x2 * x2) - 0.5f * x2 +
        1.0f;
    const float c = (quarter & 1) != 0 ? sine : cosine;
    const float s = (quarter & 1) != 0 ? cosine : sine;
    cosines[i] = float_of(int32_t(uint32_t(bits_of(c)) ^ (((quarter + 1) & 2) << 30)));
    sines[i] = float_of(int32_t(uint32_t(bits_of(s)) ^ ((quarter & 2) << 30)));
  }
}

void rotate(float* __restrict x, int n, const float* __restrict cosines, const float* __restrict sines) {
  for (Index i = 0; i < n; ++i) {
    const float a = x[i], b = x[i + n];
    x[i] = a * cosines[i] - b * sines[i];
    x[i + n] = b * cosines[i] + a * sines[i];
  }
}

// Orders like the float it comes from, as a signed integer; its own inverse.
inline int32_t ordered(int32_t bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }

float attention_weights(const AttentionScores& s, float* __restrict work, int8_t* __restrict high,
                        int8_t* __restrict low) {
  const int n16 = up16(s.n);
  const int32_t* __restrict dots = s.dots;
  const float* __restrict k_scales = s.k_scales;
  const float* __restrict v_scales = s.v_scales;
  const float factor = s.factor;
  for (Index j = 0; j < n16; ++j) work[j] = float(dots[j]) * factor * k_scales[j];
  for (int j = s.n; j < n16; ++j) work[j] = -1e30f;  // weight 0
  int32_t most = int32_t(0x80000000u);
  for (Index j = 0; j < n16; ++j) {
    const int32_t order = ordered(bits_of(work[j]));
    most = order > most ? order : most;
  }
  const float top = float_of(ordered(most));
  const float one = float(1 << s.fraction_bits);
  uint32_t sum = 0;
  int32_t peak_bits = 0;
  for (Index j = 0; j < n16; ++j) {
    const float e = exp_negative(work[j] - top);
    sum += uint32_t(nearest(e * one));
    const float t = e * v_scales[j];
    work[j] = t;
    peak_bits = bits_of(t) > peak_bits ? bits_of(t) : peak_bits;
  }
  const float peak_weight = float_of(peak_bits);
  const bool none = peak_weight < kTiny;  // every v is zero
  const float to_integer = none ? 0.0f : kPeak16 / peak_weight;
  for (Index j = 0; j < n16; ++j) {
    const int32_t w = nearest(work[j] * to_integer);
    const int32_t h = (w + 128) >> 8;
    high[j] = int8_t(h);
    low[j] = int8_t(w - h * 256);
  }
  return none ? 0.0f : peak_weight / kPeak16 * (one / float(sum));
}

void attention_output(const int32_t* __restrict high, const int32_t* __restrict low, int n, float factor,
                      float* __restrict x) {
  for (Index i = 0; i < n; ++i) x[i] = (float(high[i]) * 256.0f + float(low[i])) * factor;
}

// out[i + 1] = out[i] + 1 + (weights[i] >> shift)
void prefix_sums(const uint32_t* __restrict weights, int n, int shift, uint32_t* __restrict out) {
  out[0] = 0;
  int i = 0;
  uint32_t total = 0;
#if defined(__AVX512F__)
  const __m512i zero = _mm512_setzero_si512(), ones = _mm512_set1_epi32(1), last = _mm512_set1_epi32(15);
  const __m128i count = _mm_cvtsi32_si128(shift);
  __m512i carry = zero;
  for (; i + 16 <= n; i += 16) {
    __m512i x = _mm512_add_epi32(_mm512_srl_epi32(_mm512_loadu_si512(weights + i), count), ones);
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 15));
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 14));
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 12));
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 8));
    _mm512_storeu_si512(out + i + 1, _mm512_add_epi32(x, carry));
    carry = _mm512_add_epi32(carry, _mm512_permutexvar_epi32(last, x));
  }
  total = uint32_t(_mm512_cvtsi512_si32(carry));
#endif
  for (; i < n; ++i) {
    total += 1 + (weights[i] >> shift);
    out[i + 1] = total;
  }
}

void cumulative(const float* __restrict logits, int n, uint32_t* __restrict weights, uint32_t* __restrict out) {
  const int n16 = up16(n);
  int32_t most = int32_t(0x80000000u);
  for (Index i = 0; i < n16; ++i) {
    const int32_t order = ordered(bits_of(logits[i]));
    most = order > most ? order : most;
  }
  const float top = float_of(ordered(most));
  uint64_t sum = 0;
  for (Index begin = 0; begin < n16; begin += 65536) {
    const Index end = n16 - begin < 65536 ? n16 : begin + 65536;
    uint32_t high = 0, low = 0;  // sums of the weights' halves: 32 bits do for 65536 tokens, and vectorise better
    for (Index i = begin; i < end; ++i) {
      const uint32_t w = uint32_t(int32_t(exp_negative(logits[i] - top) * 268435456.0f));  // 2^28
      weights[i] = w;
      high += w >> 16;
      low += w & 0xffff;
    }
    sum += (uint64_t(high) << 16) + low;
  }
  int shift = 0;
  while ((sum >> shift) + uint64_t(uint32_t(n)) > 0xffffffffull) ++shift;
  prefix_sums(weights, n, shift, out);
}

int above(const uint32_t* __restrict cumulative, int n, uint32_t threshold, uint32_t* __restrict list) {
  int found = 0;
  int v = 0;
#if defined(__AVX512F__)
  const __m512i limit = _mm512_set1_epi32(int32_t(threshold));
  for (; v + 16 <= n; v += 16) {
    const __m512i freqs = _mm512_sub_epi32(_mm512_loadu_si512(cumulative + v + 1), _mm512_loadu_si512(cumulative + v));
    for (uint32_t mask = _mm512_cmpgt_epu32_mask(freqs, limit); mask != 0; mask &= mask - 1)
      list[found++] = uint32_t(v + __builtin_ctz(mask));
  }
#elif defined(__AVX2__)
  const __m256i limit = _mm256_set1_epi32(int32_t(threshold));
  for (; v + 8 <= n; v += 8) {
    const __m256i freqs = _mm256_sub_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(cumulative + v + 1)),
                                           _mm256_loadu_si256(reinterpret_cast<const __m256i*>(cumulative + v)));
    const __m256i not_above = _mm256_cmpeq_epi32(_mm256_max_epu32(freqs, limit), limit);
    for (uint32_t mask = ~uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(not_above))) & 255; mask != 0;
         mask &= mask - 1)
      list[found++] = uint32_t(v + __builtin_ctz(mask));
  }
#endif
  for (; v < n; ++v)
    if (cumulative[v + 1] - cumulative[v] > threshold) list[found++] = uint32_t(v);
  return found;
}

void learn(float* __restrict master, const int16_t* __restrict values, int n, float step, int8_t* __restrict q) {
  for (Index i = 0; i < n; ++i) {
    float m = master[i] - float(values[i]) * step;
    m = m > 127.0f ? 127.0f : m;
    m = m < -127.0f ? -127.0f : m;
    master[i] = m;
    q[i] = int8_t(nearest(m));
  }
}

}  // namespace

LMC_DEFINE_KERNELS(Elementwise, elementwise) = {
    .peak = peak,
    .quantise8 = quantise8,
    .quantise16 = quantise16,
    .sum = sum,
    .sum_squares = sum_squares,
    .split = split,
    .scale = scale,
    .scale_add = scale_add,
    .widen = widen,
    .multiply = multiply,
    .gain = gain,
    .add = add,
    .subtract = subtract,
    .add_gained = add_gained,
    .affine = affine,
    .relu2 = relu2,
    .swiglu = swiglu,
    .gelu = gelu,
    .geglu = geglu,
    .quick_gelu = quick_gelu,
    .rotations = rotations,
    .rotate = rotate,
    .attention_weights = attention_weights,
    .attention_output = attention_output,
    .cumulative = cumulative,
    .above = above,
    .learn = learn,
};

}  // namespace lmc
