#include "train/model.h"

#include <omp.h>

#include <chrono>
#include <cmath>

#include "train/kernels.h"
#include "train/reference.h"

namespace lmc::train {
namespace {

using torch::Tensor;

bf16* half_of(const Tensor& t) { return reinterpret_cast<bf16*>(t.data_ptr<at::BFloat16>()); }
float* float_of(const Tensor& t) { return t.data_ptr<float>(); }
Tensor new_half(at::IntArrayRef sizes) { return torch::empty(sizes, torch::kBFloat16); }

// The head works on so many rows at a time that their bf16 logits (16 MiB) stay in the third-level cache.
int64_t head_chunk_rows(int64_t vocabulary) { return (int64_t(8) << 20) / vocabulary; }

}  // namespace

Backend Backend::choose(const std::string& name, bool plain) {
  const torch::Device device(name);
  const bool kernels = device.is_cpu() && __builtin_cpu_supports("avx512bf16");
  return {device, plain || !kernels, device.is_cpu() && !kernels ? torch::kFloat32 : torch::kBFloat16};
}

Parameter& Model::add(std::string name, UpdateRule rule, Tensor value) {
  Parameter p;
  p.name = std::move(name);
  p.rule = rule;
  value = value.contiguous().to(backend_.device);
  p.master = value;
  if (value.dim() == 2 && !backend_.plain) p.half = torch::zeros_like(value, torch::kBFloat16);
  p.gradient = torch::zeros_like(value, rule == UpdateRule::kMuon ? torch::kBFloat16 : torch::kFloat32);
  for (int i = 0; i < (rule == UpdateRule::kMuon ? 1 : 2); ++i) p.state.push_back(torch::zeros_like(value));
  parameters_.push_back(std::move(p));
  return parameters_.back();
}

Model::Model(const ModelConfig& config, uint64_t seed, const Backend& backend) : config_(config), backend_(backend) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  const int64_t C = config.width, F = config.feed_forward;
  parameters_.reserve(2 + config.layers * 5);  // pointers into it stay valid
  embed_ = &add("embed", UpdateRule::kAdam, torch::randn({config.vocabulary, C}));
  head_ = &add("head", UpdateRule::kAdam, torch::zeros({config.vocabulary, C}));
  const double deviation = 1.0 / std::sqrt(double(C));
  for (int64_t l = 0; l < config.layers; ++l) {
    const std::string prefix = "layer" + std::to_string(l) + ".";
    Layer layer;
    layer.qkv = &add(prefix + "qkv", UpdateRule::kMuon, torch::randn({config.qkv_width(), C}) * deviation);
    layer.qkv->row_groups = {config.heads * 64, config.kv_heads * 64, config.kv_heads * 64};
    layer.out = &add(prefix + "out", UpdateRule::kMuon, torch::zeros({C, config.heads * 64}));
    layer.up = &add(prefix + "up", UpdateRule::kMuon, torch::randn({F, C}) * deviation);
    layer.down = &add(prefix + "down", UpdateRule::kMuon, torch::zeros({C, F}));
    layer.gain = &add(prefix + "q_gain", UpdateRule::kAdam, torch::full({config.heads}, 0.125));
    layers_.push_back(layer);
  }
  refresh();
}

void Model::refresh() {
  for (Parameter& p : parameters_)
    if (p.half.defined())
      cast_weights(float_of(p.master), half_of(p.half), p.master.size(0), p.master.size(1),
                   quantisation.on && quantisation.weights);
}

void Model::allocate(int64_t B, int64_t T) {
  if (B == B_ && T == T_) return;
  const int64_t N = B * T, C = config_.width, H = config_.heads * 64, G = config_.kv_heads * 64,
                F = config_.feed_forward;
  if (T != T_) {
    cos_sin_ = torch::empty({T, 64});
    for (int64_t t = 0; t < T; ++t)
      for (int i = 0; i < 32; ++i) {
        const double angle = double(t) * std::pow(config_.rope_theta, -double(i) / 32);
        float_of(cos_sin_)[t * 64 + i] = float(std::cos(angle));
        float_of(cos_sin_)[t * 64 + 32 + i] = float(std::sin(angle));
      }
  }
  B_ = B;
  T_ = T;
  x_ = torch::empty({N, C});
  delta_ = new_half({N, C});
  final_ = new_half({N, C});
  final_scale_ = torch::empty({N});
  for (Layer& layer : layers_) {
    layer.n1 = new_half({N, C});
    layer.n2 = new_half({N, C});
    layer.s1 = torch::empty({N});
    layer.s2 = torch::empty({N});
    layer.raw = new_half({N, H + 2 * G});
    layer.q = new_half({N, H});
    layer.k = new_half({N, G});
    layer.v = new_half({N, G});
    layer.attended = new_half({N, H});
    layer.log_sum = torch::empty({B, config_.heads, T});
    layer.hidden = new_half({N, F});
    layer.active = new_half({N, F});
  }
}

void Model::forward(std::span<const int32_t> inputs) {
  const int64_t N = B_ * T_, C = config_.width;
  const int H = int(config_.heads), G = int(config_.kv_heads);
  const bool quantise = quantisation.on;
  const at::BFloat16* embed = embed_->half.data_ptr<at::BFloat16>();
  float* x = float_of(x_);
#pragma omp parallel for
  for (int64_t n = 0; n < N; ++n)
    for (int64_t c = 0; c < C; ++c) x[n * C + c] = float(embed[inputs[n] * C + c]);
  const bf16* delta = nullptr;
  for (int64_t l = 0; l < config_.layers; ++l) {
    Layer& layer = layers_[l];
    add_norm(x, delta, half_of(layer.n1), float_of(layer.s1), N, C, quantise);
    delta = half_of(delta_);
    at::mm_out(layer.raw, layer.n1, layer.qkv->half.t());
    rotate_heads(half_of(layer.raw), half_of(layer.q), half_of(layer.k), half_of(layer.v), float_of(cos_sin_), N, T_, H,
                 G, quantise);
    const AttentionShape shape{B_, T_, H, G, int(config_.windows[l])};
    attention(shape, half_of(layer.q), half_of(layer.k), half_of(layer.v), float_of(layer.gain->master),
              half_of(layer.attended), float_of(layer.log_sum));
    if (quantise) quantise_rows(half_of(layer.attended), N, H * 64);
    at::mm_out(delta_, layer.attended, layer.out->half.t());
    add_norm(x, delta, half_of(layer.n2), float_of(layer.s2), N, C, quantise);
    at::mm_out(layer.hidden, layer.n2, layer.up->half.t());
    relu2(half_of(layer.hidden), half_of(layer.active), N, config_.feed_forward,
          quantise ? quantisation.down_input_bits : 0);
    at::mm_out(delta_, layer.active, layer.down->half.t());
  }
  add_norm(x, delta, half_of(final_), float_of(final_scale_), N, C, quantise);
}

Tensor Model::plain_loss(std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B, int64_t T,
                         const std::vector<Tensor>& weights) const {
  const auto ids = [&](std::span<const int32_t> values) {
    return torch::from_blob(const_cast<int32_t*>(values.data()), {B, T}, torch::kInt32)
        .to(backend_.device, torch::kInt64);
  };
  return reference_loss(config_, weights, ids(inputs), ids(targets), backend_.dtype, quantisation);
}

double Model::plain_step(std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B, int64_t T) {
  std::vector<Tensor> weights;
  for (const Parameter& p : parameters_) weights.push_back(p.master.detach().requires_grad_(true));
  const Tensor loss = plain_loss(inputs, targets, B, T, weights);
  loss.backward();
  for (size_t i = 0; i < weights.size(); ++i) parameters_[i].gradient.copy_(weights[i].grad());
  return loss.item<double>();
}

double Model::train_step(std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B, int64_t T) {
  if (backend_.plain) return plain_step(inputs, targets, B, T);
  torch::NoGradGuard no_grad;
  allocate(B, T);
  forward(inputs);
  const int64_t N = B * T, V = config_.vocabulary, most = head_chunk_rows(V);
  double loss = 0;
  Tensor dhead = new_half({V, config_.width}), logits = new_half({std::min(N, most), V});
  for (int64_t n = 0; n < N; n += most) {
    const int64_t rows = std::min(most, N - n);
    Tensor chunk = final_.narrow(0, n, rows), scores = logits.narrow(0, 0, rows), dchunk = delta_.narrow(0, n, rows);
    at::mm_out(scores, chunk, head_->half.t());
    loss += cross_entropy(half_of(scores), targets.data() + n, 1.0f / float(N), rows, V);
    at::mm_out(dchunk, scores, head_->half);
    at::mm_out(dhead, scores.t(), chunk);
    if (n == 0)
      head_->gradient.copy_(dhead);
    else
      head_->gradient.add_(dhead);
  }
  backward(inputs);
  return loss / double(N);
}

// On entry delta_ holds the gradient of the last norm's output.
void Model::backward(std::span<const int32_t> inputs) {
  const int64_t N = B_ * T_, C = config_.width, F = config_.feed_forward;
  const int H = int(config_.heads), G = int(config_.kv_heads);
  Tensor dx = torch::zeros({N, C}), dx_half = new_half({N, C}), dhidden = new_half({N, F}),
         dattended = new_half({N, H * 64});
  Tensor dq = new_half({N, H * 64}), dk = new_half({N, G * 64}), dv = new_half({N, G * 64}),
         dqkv = new_half({N, config_.qkv_width()});
  norm_backward(half_of(delta_), half_of(final_), float_of(final_scale_), float_of(dx), half_of(dx_half), N, C);
  for (int64_t l = config_.layers - 1; l >= 0; --l) {
    Layer& layer = layers_[l];
    at::mm_out(dhidden, dx_half, layer.down->half);
    at::mm_out(layer.down->gradient, dx_half.t(), layer.active);
    relu2_backward(half_of(layer.hidden), half_of(dhidden), N * F);
    at::mm_out(layer.up->gradient, dhidden.t(), layer.n2);
    at::mm_out(delta_, dhidden, layer.up->half);
    norm_backward(half_of(delta_), half_of(layer.n2), float_of(layer.s2), float_of(dx), half_of(dx_half), N, C);

    at::mm_out(dattended, dx_half, layer.out->half);
    at::mm_out(layer.out->gradient, dx_half.t(), layer.attended);
    const AttentionShape shape{B_, T_, H, G, int(config_.windows[l])};
    const float* gain = float_of(layer.gain->master);
    attention_backward(shape, half_of(layer.q), half_of(layer.k), half_of(layer.v), gain, half_of(layer.attended),
                       float_of(layer.log_sum), half_of(dattended), half_of(dq), half_of(dk), half_of(dv));
    layer.gain->gradient.zero_();
    rotate_heads_backward(half_of(layer.raw), half_of(layer.q), half_of(dq), half_of(dk), half_of(dv),
                          float_of(cos_sin_), gain, half_of(dqkv), float_of(layer.gain->gradient), N, T_, H, G);
    at::mm_out(layer.qkv->gradient, dqkv.t(), layer.n1);
    at::mm_out(delta_, dqkv, layer.qkv->half);
    norm_backward(half_of(delta_), half_of(layer.n1), float_of(layer.s1), float_of(dx), half_of(dx_half), N, C);
  }
  embed_->gradient.zero_();
  float* gradient = float_of(embed_->gradient);
  const float* rows = float_of(dx);
  const int64_t columns = C / 16;  // each thread owns whole cache lines of every row
#pragma omp parallel for schedule(static)
  for (int64_t part = 0; part < columns; ++part)
    for (int64_t n = 0; n < N; ++n)
      for (int64_t c = part * 16; c < part * 16 + 16; ++c) gradient[inputs[n] * C + c] += rows[n * C + c];
}

double Model::products_rate(int64_t N) const {
  torch::NoGradGuard no_grad;
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 3;
  const auto options = torch::TensorOptions(backend_.device).dtype(backend_.dtype);
  double seconds = 0;
  for (int round = -1; round < kRounds; ++round) {  // the first one warms up
    const auto start = Clock::now();
    for (const Parameter& p : parameters_) {
      if (p.master.dim() != 2 || &p == embed_) continue;
      const int64_t rows = &p == head_ ? std::min(N, head_chunk_rows(config_.vocabulary)) : N;
      const Tensor w = torch::zeros(p.master.sizes(), options), x = torch::zeros({rows, w.size(1)}, options),
                   y = torch::zeros({rows, w.size(0)}, options);
      Tensor dx = torch::empty_like(x), dy = torch::empty_like(y), dw = torch::empty_like(w);
      for (int64_t n = 0; n < N; n += rows) {
        at::mm_out(dy, x, w.t());
        at::mm_out(dx, y, w);
        at::mm_out(dw, y.t(), x);
      }
    }
    if (round >= 0) seconds += std::chrono::duration<double>(Clock::now() - start).count();
  }
  return 6.0 * double(config_.matmul_weights()) * double(N) * kRounds / seconds;
}

double Model::evaluate(std::span<const int32_t> inputs, std::span<const int32_t> targets) {
  torch::NoGradGuard no_grad;
  const int64_t count = int64_t(inputs.size()), T = (count + 63) / 64 * 64;
  if (backend_.plain) {
    std::vector<Tensor> weights;
    for (const Parameter& p : parameters_) weights.push_back(p.master);
    return plain_loss(inputs, targets, 1, count, weights).item<double>() * double(count);
  }
  std::vector<int32_t> padded(inputs.begin(), inputs.end());
  padded.resize(T, 0);
  allocate(1, T);
  forward(padded);
  Tensor head = head_->half.to(torch::kFloat32),
         ids = torch::from_blob(const_cast<int32_t*>(targets.data()), {count}, torch::kInt32).to(torch::kInt64);
  double loss = 0;
  const int64_t most = head_chunk_rows(config_.vocabulary);
  for (int64_t n = 0; n < count; n += most) {
    const int64_t rows = std::min(most, count - n);
    Tensor logits = at::mm(final_.narrow(0, n, rows).to(torch::kFloat32), head.t());
    Tensor chosen = logits.gather(1, ids.narrow(0, n, rows).unsqueeze(1)).squeeze(1);
    loss += (logits.logsumexp(1) - chosen).sum(torch::kFloat64).item<double>();
  }
  return loss;
}

}  // namespace lmc::train
