// Everything between the integer products: element-wise binary32 operations and sums over integers, one version per
// instruction set, all from the same source (cpu/elementwise.cc) and with the same bits as result.
//
// Shapes: rows are padded to a multiple of 16 elements (kRowAlign); where a function says n16 it reads and writes up to
// there. No function sums floats. Normative: docs/numerics.md, sections 2 to 6.
#ifndef LMC_NUMERICS_ELEMENTWISE_H_
#define LMC_NUMERICS_ELEMENTWISE_H_

#include <cstdint>

#include "lmc/numerics/isa.h"

namespace lmc {

inline constexpr int kRowAlign = 16;
inline constexpr float kPeak8 = 127.0f;
inline constexpr float kPeak16 = 32512.0f;  // 127 * 256: splits into two planes of int8
inline constexpr float kTiny = 0x1p-100f;   // a row with a smaller peak counts as all zeros

// One attention head of one position against n cached positions.
struct AttentionScores {
  const int32_t* dots;    // (n16) q . k of each cached position
  const float* k_scales;  // (n16) and the scales of its k
  const float* v_scales;  // (n16) and v
  float factor;           // scale of q, times the head's gain
  int n;                  // 1 or more
  int fraction_bits;      // of the integers whose sum is the denominator: n << fraction_bits < 2^32
};

struct Elementwise {
  // max |x|
  float (*peak)(const float* x, int n);
  // q = rint(x * factor); |x * factor| < 2^22
  void (*quantise8)(const float* x, int n, float factor, int8_t* q);
  void (*quantise16)(const float* x, int n, float factor, int16_t* q);
  // sum of rint(x * factor), and of their squares; |x * factor| < 2^15
  int64_t (*sum)(const float* x, int n, float factor);
  int64_t (*sum_squares)(const float* x, int n, float factor);
  // q = high * 256 + low, -128 <= low < 128
  void (*split)(const int16_t* q, int n, int8_t* high, int8_t* low);
  // x = float(sums) * scale * row_scales; with low: float(sums) * 256 + float(low) in place of float(sums)
  void (*scale)(const int32_t* sums, const int32_t* low, int n, float scale, const float* row_scales, float* x);
  // x += that
  void (*scale_add)(const int32_t* sums, const int32_t* low, int n, float scale, const float* row_scales, float* x);
  // x = float(q) * scale
  void (*widen)(const int8_t* q, int n, float scale, float* x);
  void (*multiply)(const float* x, const float* gain, int n, float* out);
  void (*gain)(float* x, const float* gain, int n);                 // x = x * gain
  void (*add)(float* x, const float* y, int n);                     // x += y
  void (*subtract)(const float* x, float less, int n, float* out);  // out = x - less
  // x += y * gain * factor
  void (*add_gained)(float* x, const float* y, const float* gain, float factor, int n);
  // out = x * gain * factor + bias
  void (*affine)(const float* x, const float* gain, float factor, const float* bias, int n, float* out);
  void (*relu2)(float* x, int n);                      // x = max(x, 0)^2
  void (*swiglu)(float* x, const float* gate, int n);  // x = x * gate / (1 + exp(-gate))
  void (*gelu)(float* x, int n);                       // x = x * P(x), the form with tanh: x / (1 + exp(-2 z))
  void (*geglu)(float* x, const float* gate, int n);   // x = x * gelu(gate)
  void (*quick_gelu)(float* x, int n);                 // x = x / (1 + exp(-1.702 x))
  // cos and sin of (position * frequency[i]) turns; frequencies are fractions of 2^64
  void (*rotations)(uint64_t position, const uint64_t* frequencies, int n, float* cosines, float* sines);
  // (x[i], x[i + n]) turned by the angle i, i < n
  void (*rotate)(float* x, int n, const float* cosines, const float* sines);
  // Softmax: writes the weights of n16 positions as planes (0 from n on), 16 bits, already times v's scale; returns the
  // factor of float(sum over high * v) * 256 + float(sum over low * v). work (n16).
  float (*attention_weights)(const AttentionScores& scores, float* work, int8_t* high, int8_t* low);
  // x = (float(high) * 256 + float(low)) * factor
  void (*attention_output)(const int32_t* high, const int32_t* low, int n, float factor, float* x);
  // Logits (n16, -1e30 from n on) to prefix sums out[0..n], see Head::cumulative. weights (n16) is working memory.
  void (*cumulative)(const float* logits, int n, uint32_t* weights, uint32_t* out);
  // The v < n with cumulative[v + 1] - cumulative[v] > threshold, ascending, into list (n); returns how many.
  int (*above)(const uint32_t* cumulative, int n, uint32_t threshold, uint32_t* list);
  // master = clamp(master - float(values) * step, +-127); q = rint(master)
  void (*learn)(float* master, const int16_t* values, int n, float step, int8_t* q);
};

const Elementwise& elementwise(Isa isa);

// The frequencies of rotary position embedding, theta^(-2i/dim) / (2 pi) turns per position, i < dim / 2, as fractions
// of 2^64; computed in binary64 in the order that docs/numerics.md writes out.
void rotary_frequencies(double theta, int dim, uint64_t* frequencies);

}  // namespace lmc

#endif  // LMC_NUMERICS_ELEMENTWISE_H_
