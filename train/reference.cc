#include "train/reference.h"

#include <cmath>

namespace lmc::train {
namespace {

using torch::Tensor;

// Rounded to `levels` steps of each last-dimension row's largest magnitude; the gradient passes through.
Tensor fake_quantise(const Tensor& x, double levels) {
  torch::NoGradGuard no_grad;
  Tensor step = x.abs().amax(-1, true).clamp_min(1e-30) / levels;
  return torch::round(x / step) * step;
}
Tensor maybe_quantise(const Tensor& x, bool on, double levels = 127) {
  return on ? x + (fake_quantise(x, levels) - x).detach() : x;
}

Tensor rms_normalise(const Tensor& x) { return x * torch::rsqrt(x.square().mean(-1, true) + 1e-6); }

// x (B,T,heads,D): pairs (i, i + D/2) turned by position.
Tensor rotate(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
  const auto halves = x.chunk(2, -1);
  return torch::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, -1);
}

}  // namespace

Tensor reference_loss(const ModelConfig& config, const std::vector<Tensor>& weights, const Tensor& inputs,
                      const Tensor& targets, torch::Dtype dtype, const Quantisation& quantisation) {
  const int64_t B = inputs.size(0), T = inputs.size(1), H = config.heads, G = config.kv_heads;
  const bool on = quantisation.on;
  const auto device = inputs.device();
  auto product = [&](const Tensor& x, const Tensor& w) {
    return torch::matmul(x.to(dtype), maybe_quantise(w, on && quantisation.weights).to(dtype).t()).to(torch::kFloat32);
  };
  Tensor positions = torch::arange(T, device);
  Tensor angles = positions.to(torch::kFloat64).unsqueeze(1) *
                  torch::pow(config.rope_theta, -torch::arange(32, device).to(torch::kFloat64) / 32);
  Tensor cosine = angles.cos().to(torch::kFloat32).view({1, T, 1, 32}),
         sine = angles.sin().to(torch::kFloat32).view({1, T, 1, 32});
  Tensor distance = positions.unsqueeze(1) - positions.unsqueeze(0);

  Tensor x = torch::embedding(maybe_quantise(weights[0], on && quantisation.weights), inputs);  // (B,T,C)
  for (int64_t l = 0; l < config.layers; ++l) {
    const Tensor *w = &weights[2 + 5 * l], &qkv_weight = w[0], &out = w[1], &up = w[2], &down = w[3], &gain = w[4];
    Tensor qkv = product(maybe_quantise(rms_normalise(x), on), qkv_weight).view({B, T, H + 2 * G, 64});
    Tensor q = maybe_quantise(rotate(rms_normalise(qkv.narrow(2, 0, H)), cosine, sine), on) * gain.view({1, 1, H, 1});
    Tensor k = maybe_quantise(rotate(rms_normalise(qkv.narrow(2, H, G)), cosine, sine), on).repeat_interleave(H / G, 2);
    Tensor v = maybe_quantise(qkv.narrow(2, H + G, G), on).repeat_interleave(H / G, 2);
    Tensor scores =
        torch::matmul(q.transpose(1, 2).to(dtype), k.permute({0, 2, 3, 1}).to(dtype)).to(torch::kFloat32);  // (B,H,T,T)
    scores = scores.masked_fill((distance < 0) | (distance >= config.windows[l]), -1e30);
    Tensor mixed = torch::matmul(torch::softmax(scores, -1).to(dtype), v.transpose(1, 2).to(dtype));
    Tensor attended = mixed.transpose(1, 2).reshape({B, T, H * 64}).to(torch::kFloat32);
    x = x + product(maybe_quantise(attended, on), out);
    Tensor active = torch::relu(product(maybe_quantise(rms_normalise(x), on), up)).square();
    x = x + product(maybe_quantise(active, on && quantisation.down_input_bits == 8), down);
  }
  Tensor logits = product(maybe_quantise(rms_normalise(x), on), weights[1]);
  return torch::nn::functional::cross_entropy(logits.view({B * T, -1}), targets.reshape({-1}));
}

}  // namespace lmc::train
