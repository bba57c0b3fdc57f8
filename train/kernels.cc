#include "train/kernels.h"

#include <omp.h>

#include <cmath>
#include <vector>

#include "train/vector_math.h"

namespace lmc::train {
namespace {

constexpr int D = kHeadWidth;

// Rounds 16 values to multiples of step = largest / levels.
__m512 to_steps(__m512 x, float inverse_step, float step) {
  return _mm512_mul_ps(round_nearest(_mm512_mul_ps(x, _mm512_set1_ps(inverse_step))), _mm512_set1_ps(step));
}

struct Steps {
  float inverse, step;
};
Steps steps_for(float largest, float levels) {
  if (largest < 1e-30f) return {0.0f, 0.0f};
  return {levels / largest, largest / levels};
}

void quantise_row(bf16* row, int64_t C, float levels) {
  __m512 largest = _mm512_setzero_ps();
  for (int64_t c = 0; c < C; c += 16) largest = _mm512_max_ps(largest, _mm512_abs_ps(load_bf16(row + c)));
  const Steps s = steps_for(_mm512_reduce_max_ps(largest), levels);
  for (int64_t c = 0; c < C; c += 16) store_bf16(row + c, to_steps(load_bf16(row + c), s.inverse, s.step));
}

}  // namespace

void add_norm(float* x, const bf16* delta, bf16* normed, float* scale, int64_t N, int64_t C, bool quantise) {
#pragma omp parallel for schedule(static)
  for (int64_t n = 0; n < N; ++n) {
    float* row = x + n * C;
    bf16* out = normed + n * C;
    __m512 squares = _mm512_setzero_ps(), largest = _mm512_setzero_ps();
    for (int64_t c = 0; c < C; c += 16) {
      __m512 value = _mm512_loadu_ps(row + c);
      if (delta) {
        value = _mm512_add_ps(value, load_bf16(delta + n * C + c));
        _mm512_storeu_ps(row + c, value);
      }
      squares = _mm512_fmadd_ps(value, value, squares);
      largest = _mm512_max_ps(largest, _mm512_abs_ps(value));
    }
    const float inverse = 1.0f / std::sqrt(_mm512_reduce_add_ps(squares) / float(C) + 1e-6f);
    scale[n] = inverse;
    if (quantise) {
      const Steps s = steps_for(_mm512_reduce_max_ps(largest), 127.0f);
      for (int64_t c = 0; c < C; c += 16)
        store_bf16(out + c, to_steps(_mm512_loadu_ps(row + c), s.inverse, s.step * inverse));
    } else {
      for (int64_t c = 0; c < C; c += 16)
        store_bf16(out + c, _mm512_mul_ps(_mm512_loadu_ps(row + c), _mm512_set1_ps(inverse)));
    }
  }
}

void norm_backward(const bf16* dnormed, const bf16* normed, const float* scale, float* dx, bf16* dx_bf16, int64_t N,
                   int64_t C) {
#pragma omp parallel for schedule(static)
  for (int64_t n = 0; n < N; ++n) {
    const bf16* d = dnormed + n * C;
    const bf16* y = normed + n * C;
    __m512 dot = _mm512_setzero_ps();
    for (int64_t c = 0; c < C; c += 16) dot = _mm512_fmadd_ps(load_bf16(d + c), load_bf16(y + c), dot);
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(dot) / float(C));
    const __m512 s = _mm512_set1_ps(scale[n]);
    for (int64_t c = 0; c < C; c += 16) {
      const __m512 g = _mm512_fnmadd_ps(load_bf16(y + c), mean, load_bf16(d + c));
      const __m512 sum = _mm512_fmadd_ps(g, s, _mm512_loadu_ps(dx + n * C + c));
      _mm512_storeu_ps(dx + n * C + c, sum);
      store_bf16(dx_bf16 + n * C + c, sum);
    }
  }
}

void relu2(const bf16* in, bf16* out, int64_t N, int64_t C, int quantise_bits) {
#pragma omp parallel for schedule(static)
  for (int64_t n = 0; n < N; ++n) {
    const bf16* a = in + n * C;
    bf16* b = out + n * C;
    __m512 largest = _mm512_setzero_ps();
    for (int64_t c = 0; c < C; c += 16) {
      const __m512 value = _mm512_max_ps(load_bf16(a + c), _mm512_setzero_ps());
      const __m512 square = _mm512_mul_ps(value, value);
      largest = _mm512_max_ps(largest, square);
      store_bf16(b + c, square);
    }
    if (quantise_bits == 8) {  // (16-bit steps are finer than bf16: nothing to do)
      const Steps s = steps_for(_mm512_reduce_max_ps(largest), 127.0f);
      for (int64_t c = 0; c < C; c += 16) store_bf16(b + c, to_steps(load_bf16(b + c), s.inverse, s.step));
    }
  }
}

void relu2_backward(const bf16* in, bf16* dout, int64_t count) {
#pragma omp parallel for schedule(static)
  for (int64_t block = 0; block < count; block += 1024) {
    for (int64_t i = block; i < block + 1024 && i < count; i += 16) {
      const __m512 value = _mm512_max_ps(load_bf16(in + i), _mm512_setzero_ps());
      store_bf16(dout + i, _mm512_mul_ps(load_bf16(dout + i), _mm512_add_ps(value, value)));
    }
  }
}

void quantise_rows(bf16* x, int64_t N, int64_t C) {
#pragma omp parallel for schedule(static)
  for (int64_t n = 0; n < N; ++n) quantise_row(x + n * C, C, 127.0f);
}

void cast_weights(const float* in, bf16* out, int64_t rows, int64_t C, bool quantise) {
#pragma omp parallel for schedule(static)
  for (int64_t r = 0; r < rows; ++r) {
    const float* a = in + r * C;
    bf16* b = out + r * C;
    if (quantise) {
      __m512 largest = _mm512_setzero_ps();
      for (int64_t c = 0; c < C; c += 16) largest = _mm512_max_ps(largest, _mm512_abs_ps(_mm512_loadu_ps(a + c)));
      const Steps s = steps_for(_mm512_reduce_max_ps(largest), 127.0f);
      for (int64_t c = 0; c < C; c += 16) store_bf16(b + c, to_steps(_mm512_loadu_ps(a + c), s.inverse, s.step));
    } else {
      for (int64_t c = 0; c < C; c += 16) store_bf16(b + c, _mm512_loadu_ps(a + c));
    }
  }
}

// cos_sin (T,64): 32 cosines, then 32 sines of position times frequency.
void rotate_heads(const bf16* qkv, bf16* q, bf16* k, bf16* v, const float* cos_sin, int64_t N, int64_t T, int H, int G,
                  bool quantise) {
  const int width = (H + 2 * G) * D;
#pragma omp parallel for schedule(static)
  for (int64_t n = 0; n < N; ++n) {
    const float* table = cos_sin + (n % T) * D;
    for (int h = 0; h < H + G; ++h) {
      const bf16* in = qkv + n * width + h * D;
      bf16* out = h < H ? q + (n * H + h) * D : k + (n * G + h - H) * D;
      __m512 x[4], squares = _mm512_setzero_ps();
      for (int i = 0; i < 4; ++i) {
        x[i] = load_bf16(in + 16 * i);
        squares = _mm512_fmadd_ps(x[i], x[i], squares);
      }
      const __m512 s = _mm512_set1_ps(1.0f / std::sqrt(_mm512_reduce_add_ps(squares) / float(D) + 1e-6f));
      __m512 y[4], largest = _mm512_setzero_ps();
      for (int i = 0; i < 2; ++i) {
        const __m512 c = _mm512_mul_ps(s, _mm512_loadu_ps(table + 16 * i)),
                     t = _mm512_mul_ps(s, _mm512_loadu_ps(table + 32 + 16 * i));
        y[i] = _mm512_fmsub_ps(x[i], c, _mm512_mul_ps(x[i + 2], t));
        y[i + 2] = _mm512_fmadd_ps(x[i + 2], c, _mm512_mul_ps(x[i], t));
      }
      if (quantise) {
        for (int i = 0; i < 4; ++i) largest = _mm512_max_ps(largest, _mm512_abs_ps(y[i]));
        const Steps steps = steps_for(_mm512_reduce_max_ps(largest), 127.0f);
        for (int i = 0; i < 4; ++i) y[i] = to_steps(y[i], steps.inverse, steps.step);
      }
      for (int i = 0; i < 4; ++i) store_bf16(out + 16 * i, y[i]);
    }
    for (int g = 0; g < G; ++g) {
      const bf16* in = qkv + n * width + (H + G + g) * D;
      bf16* out = v + (n * G + g) * D;
      for (int i = 0; i < D; i += 32) _mm512_storeu_si512(out + i, _mm512_loadu_si512(in + i));
      if (quantise) quantise_row(out, D, 127.0f);
    }
  }
}

void rotate_heads_backward(const bf16* qkv, const bf16* q, const bf16* dq, const bf16* dk, const bf16* dv,
                           const float* cos_sin, const float* gain, bf16* dqkv, float* dgain, int64_t N, int64_t T,
                           int H, int G) {
  const int width = (H + 2 * G) * D;
#pragma omp parallel
  {
    std::vector<float> sums(H, 0.0f);
#pragma omp for schedule(static)
    for (int64_t n = 0; n < N; ++n) {
      const float* table = cos_sin + (n % T) * D;
      for (int h = 0; h < H + G; ++h) {
        const bf16* in = qkv + n * width + h * D;
        const bf16* dout = h < H ? dq + (n * H + h) * D : dk + (n * G + h - H) * D;
        bf16* din = dqkv + n * width + h * D;
        __m512 x[4], d[4], g[4], squares = _mm512_setzero_ps(), dot = _mm512_setzero_ps();
        for (int i = 0; i < 4; ++i) {
          x[i] = load_bf16(in + 16 * i);
          d[i] = load_bf16(dout + 16 * i);
          squares = _mm512_fmadd_ps(x[i], x[i], squares);
        }
        if (h < H) {
          __m512 products = _mm512_setzero_ps();
          for (int i = 0; i < 4; ++i)
            products = _mm512_fmadd_ps(load_bf16(q + (n * H + h) * D + 16 * i), d[i], products);
          sums[h] += _mm512_reduce_add_ps(products);
        }
        const __m512 s = _mm512_set1_ps(1.0f / std::sqrt(_mm512_reduce_add_ps(squares) / float(D) + 1e-6f));
        for (int i = 0; i < 2; ++i) {
          const __m512 c = _mm512_loadu_ps(table + 16 * i), t = _mm512_loadu_ps(table + 32 + 16 * i);
          g[i] = _mm512_fmadd_ps(d[i], c, _mm512_mul_ps(d[i + 2], t));
          g[i + 2] = _mm512_fmsub_ps(d[i + 2], c, _mm512_mul_ps(d[i], t));
        }
        for (int i = 0; i < 4; ++i) {
          x[i] = _mm512_mul_ps(x[i], s);
          dot = _mm512_fmadd_ps(x[i], g[i], dot);
        }
        const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(dot) / float(D));
        for (int i = 0; i < 4; ++i) store_bf16(din + 16 * i, _mm512_mul_ps(s, _mm512_fnmadd_ps(x[i], mean, g[i])));
      }
      const bf16* in = dv + n * G * D;
      bf16* out = dqkv + n * width + (H + G) * D;
      for (int i = 0; i < G * D; i += 32) _mm512_storeu_si512(out + i, _mm512_loadu_si512(in + i));
    }
#pragma omp critical
    for (int h = 0; h < H; ++h) dgain[h] += sums[h] / gain[h];
  }
}

double cross_entropy(bf16* logits, const int32_t* targets, float scale, int64_t N, int64_t V) {
  double total = 0;
#pragma omp parallel reduction(+ : total)
  {
    std::vector<float> exps(V + 16);
#pragma omp for schedule(static)
    for (int64_t n = 0; n < N; ++n) {
      bf16* row = logits + n * V;
      __m512 largest = _mm512_set1_ps(-1e30f);
      for (int64_t c = 0; c < V; c += 16) largest = _mm512_max_ps(largest, load_bf16(row + c));
      const float top = _mm512_reduce_max_ps(largest);
      const __m512 base = _mm512_set1_ps(-top * kLog2E), log2e = _mm512_set1_ps(kLog2E);
      __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
      for (int64_t c = 0; c < V; c += 32) {
        for (int i = 0; i < 2; ++i) {
          const __m512 e = exp2_vector(_mm512_fmadd_ps(load_bf16(row + c + 16 * i), log2e, base));
          _mm512_storeu_ps(exps.data() + c + 16 * i, e);
          sums[i] = _mm512_add_ps(sums[i], e);
        }
      }
      const float sum = _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
      const int32_t target = targets[n];
      const uint32_t bits = uint32_t(row[target]) << 16;
      float logit;
      __builtin_memcpy(&logit, &bits, 4);
      total += double(top) + std::log(double(sum)) - double(logit);
      exps[target] -= sum;
      const __m512 factor = _mm512_set1_ps(scale / sum);
      for (int64_t c = 0; c < V; c += 16) store_bf16(row + c, _mm512_mul_ps(_mm512_loadu_ps(exps.data() + c), factor));
    }
  }
  return total;
}

void adam(float* w, const float* g, float* m, float* v, int64_t count, float lr, float beta1, float beta2,
          int64_t step) {
  const float m_scale = 1.0f / (1.0f - std::pow(beta1, float(step))),
              v_scale = 1.0f / (1.0f - std::pow(beta2, float(step)));
#pragma omp parallel for simd schedule(static)
  for (int64_t i = 0; i < count; ++i) {
    m[i] = beta1 * m[i] + (1.0f - beta1) * g[i];
    v[i] = beta2 * v[i] + (1.0f - beta2) * g[i] * g[i];
    w[i] -= lr * m[i] * m_scale / (std::sqrt(v[i] * v_scale) + 1e-10f);
  }
}

}  // namespace lmc::train
