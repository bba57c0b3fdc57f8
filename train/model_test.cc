// The hand-written passes against the plain torch model with autograd.
#include "train/model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/checkpoint.h"
#include "train/optimizer.h"
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
  if (Backend::choose("cpu", false).plain) GTEST_SKIP() << "the kernels need AVX-512 BF16";
  const Comparison c = compare(false);
  EXPECT_NEAR(c.loss, c.reference, 0.01 * c.reference);
  for (const auto& [name, error] : c.relative_errors) EXPECT_LT(error, 0.05) << name;
}

// Rounding flips steps where bfloat16 and float32 differ, so the gradients agree only roughly.
TEST(Model, QuantisedPassesAgreeWithAutograd) {
  if (Backend::choose("cpu", false).plain) GTEST_SKIP() << "the kernels need AVX-512 BF16";
  const Comparison c = compare(true);
  EXPECT_NEAR(c.loss, c.reference, 0.02 * c.reference);
  for (const auto& [name, error] : c.relative_errors) EXPECT_LT(error, 0.2) << name;
}

ModelConfig small_config() {
  ModelConfig config;
  config.vocabulary = 512;
  config.width = 128;
  config.layers = 2;
  config.feed_forward = 256;
  config.windows = {64, 128};
  return config;
}

// The two ways to train, from the same weights on the same tokens: losses stay together while they fall.
TEST(Model, PlainAndKernelUpdatesAgree) {
  if (Backend::choose("cpu", false).plain) GTEST_SKIP() << "the kernels need AVX-512 BF16";
  const ModelConfig config = small_config();
  Model kernels(config, 7), plain(config, 7, Backend{torch::kCPU, true});
  const int64_t B = 2, T = 256;
  std::vector<int32_t> inputs, targets;
  for (int32_t i = 0; i < B * T; ++i) inputs.push_back(i * i % 97), targets.push_back((i + 1) * (i + 1) % 97);
  double first = 0, a = 0, b = 0;
  for (int64_t step = 1; step <= 12; ++step) {
    a = kernels.train_step(inputs, targets, B, T);
    b = plain.train_step(inputs, targets, B, T);
    if (step == 1) first = a;
    EXPECT_NEAR(a, b, 0.02 * a) << step;
    for (Model* model : {&kernels, &plain}) {
      update(*model, {}, 0.3, step);
      model->refresh();
    }
  }
  EXPECT_LT(a, 0.8 * first);
  EXPECT_NEAR(plain.evaluate(inputs, targets), kernels.evaluate(inputs, targets), 0.03 * a * double(B * T));
}

TEST(Model, ADeeperModelBeginsAsTheSameFunction) {
  const ModelConfig config = small_config();
  Model small(config, 7);
  std::vector<int32_t> inputs, targets;
  for (int32_t i = 0; i < 256; ++i) inputs.push_back(i * i % 97), targets.push_back((i + 1) * (i + 1) % 97);
  for (int64_t step = 1; step <= 3; ++step) {  // so that no layer is silent
    (void)small.train_step(inputs, targets, 1, int64_t(inputs.size()));
    update(small, {}, 0.3, step);
    small.refresh();
  }
  const std::string path = testing::TempDir() + "/grown.ckpt";
  ASSERT_TRUE(save_checkpoint(path, small, {}, Bytes{1, 2, 3}).ok());
  ModelConfig deeper = config;
  deeper.layers = 6;
  deeper.windows = {64, 128, 64, 128, 64, 128};
  const auto grown = warm_start(path, deeper, {}, Backend::choose("cpu", false));
  ASSERT_TRUE(grown.ok()) << grown.error().message;
  EXPECT_EQ(grown->model->evaluate(inputs, targets), small.evaluate(inputs, targets));
  deeper.layers = 5;
  EXPECT_FALSE(warm_start(path, deeper, {}, Backend::choose("cpu", false)).ok());
}

TEST(Model, AModelFileGoesOnWhereItsRunStood) {
  const std::string path = LMC_MODELS_DIR "/text-small.lmcm";
  const Backend backend = Backend::choose("cpu", false);
  const auto loaded = load_model_file(path, backend);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_GT(loaded->progress.tokens, 14'000'000);
  const auto tokenizer = Tokenizer::parse(loaded->tokenizer);
  ASSERT_TRUE(tokenizer.ok());
  std::vector<int32_t> tokens{int32_t(tokenizer->bos())};
  const std::string text = "The patients were divided into two groups of the same size, and the first group was given";
  for (uint32_t token : tokenizer->encode({reinterpret_cast<const uint8_t*>(text.data()), text.size()}))
    tokens.push_back(token);
  const std::span<const int32_t> all(tokens);
  const double nats = loaded->model->evaluate(all.first(all.size() - 1), all.subspan(1));
  EXPECT_LT(nats / std::log(2.0), 2.6 * double(text.size()));  // an untrained model: 12 bits a token, above 3 a byte
  EXPECT_FALSE(load_model_file(LMC_MODELS_DIR "/pixels.lmcm", backend).ok());
}

}  // namespace
}  // namespace lmc::train
