// The hand-written passes against the plain torch model with autograd.
#include "train/model.h"

#include <gtest/gtest.h>

#include "train/reference.h"

namespace lmc::train {
namespace {

struct Comparison {
  double loss, reference;
  std::vector<std::pair<std::string, double>> relative_errors;  // of the gradients
};

Comparison compare(bool quantise) {
  ModelConfig config;
  config.vocabulary = 512;
  config.width = 128;
  config.layers = 3;
  config.feed_forward = 256;
  config.windows = {128, 64, 256};
  Model model(config, 7);
  torch::manual_seed(3);
  std::vector<torch::Tensor> weights;
  {
    torch::NoGradGuard no_grad;
    for (Parameter& p : model.parameters()) {
      if (p.name.ends_with("q_gain"))
        p.master.copy_(torch::rand_like(p.master) * 0.3 + 0.1);
      else if (p.name != "embed")
        p.master.copy_(torch::randn_like(p.master) * (p.name == "head" ? 0.2 : 0.08));
      if (p.half.defined()) p.master.copy_(p.master.to(torch::kBFloat16));
    }
  }
  model.quantisation.on = quantise;
  model.refresh();
  for (Parameter& p : model.parameters()) weights.push_back(p.master.clone().requires_grad_(true));

  const int64_t B = 3, T = 320;
  torch::Tensor tokens = torch::randint(0, config.vocabulary, {B, T + 1}, torch::kInt64);
  torch::Tensor inputs = tokens.narrow(1, 0, T),
                targets = (inputs * 3 + tokens.narrow(1, 1, T) % 2) % config.vocabulary;
  torch::Tensor reference = reference_loss(config, weights, inputs, targets, torch::kFloat32, model.quantisation);
  reference.backward();
  auto ids = [](const torch::Tensor& t) {
    torch::Tensor flat = t.to(torch::kInt32).contiguous();
    return std::vector<int32_t>(flat.data_ptr<int32_t>(), flat.data_ptr<int32_t>() + flat.numel());
  };
  Comparison result;
  result.loss = model.train_step(ids(inputs), ids(targets), B, T);
  result.reference = reference.item<double>();
  for (size_t i = 0; i < weights.size(); ++i) {
    torch::Tensor mine = model.parameters()[i].gradient.to(torch::kFloat32), right = weights[i].grad();
    result.relative_errors.emplace_back(model.parameters()[i].name,
                                        ((mine - right).norm() / right.norm()).item<double>());
  }
  return result;
}

TEST(Model, PassesAgreeWithAutograd) {
  const Comparison c = compare(false);
  EXPECT_NEAR(c.loss, c.reference, 0.01 * c.reference);
  for (const auto& [name, error] : c.relative_errors) EXPECT_LT(error, 0.05) << name;
}

// Rounding flips steps where bfloat16 and float32 differ, so the gradients agree only roughly.
TEST(Model, QuantisedPassesAgreeWithAutograd) {
  const Comparison c = compare(true);
  EXPECT_NEAR(c.loss, c.reference, 0.02 * c.reference);
  for (const auto& [name, error] : c.relative_errors) EXPECT_LT(error, 0.2) << name;
}

}  // namespace
}  // namespace lmc::train
