#include "train/optimizer.h"

#include "train/kernels.h"

namespace lmc::train {
namespace {

using torch::Tensor;

// The nearest half-orthogonal matrix, roughly: five Newton-Schulz steps with the coefficients of Muon (Jordan 2024).
Tensor orthogonalise(const Tensor& matrix, torch::Dtype dtype) {
  const bool tall = matrix.size(0) > matrix.size(1);
  Tensor x = (tall ? matrix.t() : matrix).to(dtype).contiguous();
  x = x / (x.to(torch::kFloat32).norm().item<float>() * 1.02f + 1e-7f);
  for (int step = 0; step < 5; ++step) {
    Tensor a = at::mm(x, x.t());
    Tensor b = at::mm(a, a).mul_(2.0315f).add_(a, -4.7750f);
    x = at::mm(b, x).add_(x, 3.4445f);
  }
  return tall ? x.t() : x;
}

void muon(Parameter& p, const OptimizerConfig& config, double rate, torch::Dtype dtype) {
  Tensor gradient = p.gradient.to(torch::kFloat32);
  p.state[0].lerp_(gradient, 1 - config.momentum);
  Tensor direction = gradient.lerp_(p.state[0], config.momentum);
  const double lr = config.muon_rate * rate;
  p.master.mul_(1 - lr * config.weight_decay);
  const std::vector<int64_t> groups = p.row_groups.empty() ? std::vector<int64_t>{p.master.size(0)} : p.row_groups;
  int64_t row = 0;
  for (int64_t rows : groups) {
    const double shape = std::sqrt(std::max(1.0, double(rows) / double(p.master.size(1))));
    p.master.narrow(0, row, rows).add_(orthogonalise(direction.narrow(0, row, rows), dtype), -lr * shape);
    row += rows;
  }
}

void adam_plain(Parameter& p, const OptimizerConfig& config, double lr, int64_t step) {
  p.state[0].lerp_(p.gradient, 1 - config.beta1);
  p.state[1].mul_(config.beta2).addcmul_(p.gradient, p.gradient, 1 - config.beta2);
  const double m_scale = 1 / (1 - std::pow(config.beta1, double(step))),
               v_scale = 1 / (1 - std::pow(config.beta2, double(step)));
  p.master.addcdiv_(p.state[0], (p.state[1] * v_scale).sqrt_().add_(1e-10), -lr * m_scale);
}

}  // namespace

void update(Model& model, const OptimizerConfig& config, double rate, int64_t step) {
  torch::NoGradGuard no_grad;
  for (Parameter& p : model.parameters()) {
    if (p.rule == UpdateRule::kMuon) {
      muon(p, config, rate, model.backend().dtype);
      continue;
    }
    const double lr = p.name == "embed" ? config.embed_rate : p.name == "head" ? config.head_rate : config.gain_rate;
    if (model.backend().plain) {
      adam_plain(p, config, lr * rate, step);
      continue;
    }
    adam(p.master.data_ptr<float>(), p.gradient.data_ptr<float>(), p.state[0].data_ptr<float>(),
         p.state[1].data_ptr<float>(), p.master.numel(), float(lr * rate), float(config.beta1), float(config.beta2),
         step);
  }
}

}  // namespace lmc::train
