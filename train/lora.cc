#include "train/lora.h"

#include <cmath>

#include "lmc/models/adapters/adapter.h"

namespace lmc::train {
namespace {

using torch::Tensor;

void adam(Tensor& w, const Tensor& gradient, Tensor& first, Tensor& second, double rate, int64_t step) {
  constexpr double kBeta1 = 0.9, kBeta2 = 0.97;
  first.lerp_(gradient, 1 - kBeta1);
  second.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
  const double first_scale = 1 / (1 - std::pow(kBeta1, double(step)));
  const double second_scale = 1 / (1 - std::pow(kBeta2, double(step)));
  w.addcdiv_(first, (second * second_scale).sqrt_().add_(1e-10), -rate * first_scale);
}

}  // namespace

Tensor Lora::rounded(bool dithered) const {
  Tensor steps = weights + change() / scales.clamp_min(1e-30);
  const Tensor grown = (steps.abs().amax(1, true) / 127).clamp_min(1);  // a row whose peak grows gets a larger scale
  steps = steps / grown;
  if (dithered) {
    Tensor dither = torch::empty_like(steps);
    float* out = dither.data_ptr<float>();
    for (int64_t row = 0; row < steps.size(0); ++row)
      for (int64_t column = 0; column < steps.size(1); ++column)
        *out++ = rounding_dither(uint32_t(row), uint32_t(column));
    steps = (steps + dither).clamp(-127, 127);
  }
  return torch::round(steps) * (grown * scales);
}

void Lora::set_gradients(const Tensor& gradient) {
  const Tensor whole = gradient.to(torch::kFloat32);
  b_gradient = torch::mm(whole, a.t()) * factor;
  a_gradient = torch::mm(b.t(), whole) * factor;
}

Result<std::vector<Lora>> make_loras(const ModelFile& base, const std::vector<std::string>& targets, int rank,
                                     double alpha, uint64_t seed) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  std::vector<std::string> names;
  for (const std::string& target : targets) {
    const AdapterTarget* const known = find_adapter_target(target);
    if (known == nullptr)
      return usage_error("no matrix is called '" + target +
                         "'; q_proj, k_proj, v_proj, o_proj, "
                         "gate_proj, up_proj, down_proj and lm_head are known");
    const std::string name = known->name;
    if (name == "head" && base.config().tied)
      return usage_error("lm_head: the head of this model is its embedding, which is not adapted");
    if (name == "w_gate" && !is_gated(base.config().activation))
      return usage_error("gate_proj: this model has no gates");
    if (name == "head") {
      names.push_back(name);
      continue;
    }
    for (int layer = 0; layer < base.config().layers; ++layer)
      names.push_back("layer." + std::to_string(layer) + "." + name);
  }
  std::vector<Lora> loras;
  for (const std::string& name : names) {
    const auto values = base.tensor(name), scales = base.tensor(name + ".scale");
    if (!values.ok()) return values.error();
    if (!scales.ok()) return scales.error();
    Lora lora;
    lora.name = name;
    const int64_t rows = int64_t(values->shape[0]), columns = int64_t(values->shape[1]);
    lora.weights =
        torch::from_blob(const_cast<uint8_t*>(values->bytes.data()), {rows, columns}, torch::kInt8).to(torch::kFloat32);
    lora.scales = torch::from_blob(const_cast<uint8_t*>(scales->bytes.data()), {rows, 1}, torch::kFloat32).clone();
    const int64_t used = std::min<int64_t>({rank, rows, columns});
    lora.a = torch::randn({used, columns}) / std::sqrt(double(columns));
    lora.b = torch::zeros({rows, used});
    lora.factor = alpha / double(rank);
    for (int i = 0; i < 4; ++i) lora.state[i] = torch::zeros_like(i < 2 ? lora.a : lora.b);
    loras.push_back(std::move(lora));
  }
  return loras;
}

void update(std::vector<Lora>& loras, double rate, int64_t step) {
  torch::NoGradGuard no_grad;
  double squares = 0;
  for (const Lora& lora : loras)
    squares += lora.a_gradient.square().sum().item<double>() + lora.b_gradient.square().sum().item<double>();
  const double clip = std::min(1.0, 1.0 / std::sqrt(squares + 1e-30));
  for (Lora& lora : loras) {
    adam(lora.a, lora.a_gradient * clip, lora.state[0], lora.state[1], rate, step);
    adam(lora.b, lora.b_gradient * clip, lora.state[2], lora.state[3], rate, step);
  }
}

}  // namespace lmc::train
