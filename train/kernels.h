// The element-wise work of a training step on a CPU with AVX-512 BF16, fused so that memory is touched once.
//
// All tensors are dense and row-major; N = rows (tokens), C = width, D = head width (64), H and G = query and
// key/value heads. bf16 values travel as uint16_t. Rows are shared among OpenMP threads. Training needs no exactness:
// these kernels may contract and reorder.
#ifndef TRAIN_KERNELS_H_
#define TRAIN_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace lmc::train {

using bf16 = uint16_t;
constexpr int kHeadWidth = 64;

// x (N,C) += delta (N,C), if there is one; normed (N,C) = x / rms(x); scale (N) = 1 / rms(x).
// quantise: normed as it is after rounding each row to int8 by its largest magnitude.
void add_norm(float* x, const bf16* delta, bf16* normed, float* scale, int64_t N, int64_t C, bool quantise);
// dx (N,C) += gradient through the norm of dnormed (N,C); dx_bf16 (N,C) = dx.
void norm_backward(const bf16* dnormed, const bf16* normed, const float* scale, float* dx, bf16* dx_bf16, int64_t N,
                   int64_t C);

// out = relu(in)^2, (N,C). quantise: rows rounded to int8 (8) or int16 (16) steps, 0 for not at all.
void relu2(const bf16* in, bf16* out, int64_t N, int64_t C, int quantise_bits);
// din = dout * 2 relu(in), in place over dout.
void relu2_backward(const bf16* in, bf16* dout, int64_t count);

// qkv (N, (H+2G)*64): per head q and k are divided by their rms and rotated by position (row % T): q (N,H*64),
// k (N,G*64). v is copied (N,G*64). quantise: each head's vector rounded to int8.
void rotate_heads(const bf16* qkv, bf16* q, bf16* k, bf16* v, const float* cos_sin, int64_t N, int64_t T, int H, int G,
                  bool quantise);
// dqkv from dq, dk, dv (shapes as above). dgain (H) += sum of q*dq / gain.
void rotate_heads_backward(const bf16* qkv, const bf16* q, const bf16* dq, const bf16* dk, const bf16* dv,
                           const float* cos_sin, const float* gain, bf16* dqkv, float* dgain, int64_t N, int64_t T,
                           int H, int G);

// Rows of (N,C) rounded to int8 steps in place.
void quantise_rows(bf16* x, int64_t N, int64_t C);
// out (rows,C) bf16 = in, or in rounded per row to int8 steps.
void cast_weights(const float* in, bf16* out, int64_t rows, int64_t C, bool quantise);

// logits (N,V) become the gradient of scale * sum of losses; returns the sum of losses in nats. Targets below V.
double cross_entropy(bf16* logits, const int32_t* targets, float scale, int64_t N, int64_t V);

// Adam with bias correction already folded into step_size and v_scale.
void adam(float* w, const float* g, float* m, float* v, int64_t count, float lr, float beta1, float beta2,
          int64_t step);

// q (B*T,H*64), k v (B*T,G*64) -> out (B*T,H*64), log_sum (B,H,T). Position i sees i-window < j <= i.
// T and window are multiples of 64.
struct AttentionShape {
  int64_t B, T;
  int H, G, window;
};
void attention(const AttentionShape& shape, const bf16* q, const bf16* k, const bf16* v, const float* gain, bf16* out,
               float* log_sum);
void attention_backward(const AttentionShape& shape, const bf16* q, const bf16* k, const bf16* v, const float* gain,
                        const bf16* out, const float* log_sum, const bf16* dout, bf16* dq, bf16* dk, bf16* dv);

}  // namespace lmc::train

#endif  // TRAIN_KERNELS_H_
