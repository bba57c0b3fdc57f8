#include "train/trainee.h"

#include <cmath>
#include <map>

#include "train/checkpoint.h"

namespace lmc::train {
namespace {

using torch::Tensor;

// Where a matrix of the model file lies in a parameter of Model.
struct Place {
  Parameter* parameter = nullptr;
  int64_t row = 0, rows = 0;
};

class KernelTrainee : public Trainee {
 public:
  explicit KernelTrainee(std::unique_ptr<Model> model, int down_bits) : model_(std::move(model)) {
    model_->quantisation = {.on = true, .down_input_bits = down_bits, .weights = false};
  }

  void prepare(const std::vector<Lora>& loras, Rounding rounding) override {
    torch::NoGradGuard no_grad;
    for (const Lora& lora : loras) {
      const Place place = place_of(lora.name);
      place.parameter->master.narrow(0, place.row, place.rows)
          .copy_(rounding == Rounding::kNone ? lora.base() + lora.change()
                                             : lora.rounded(rounding == Rounding::kDithered));
    }
    model_->refresh();
  }

  double step(std::vector<Lora>& loras, std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B,
              int64_t T) override {
    const double loss = model_->train_step(inputs, targets, B, T);
    torch::NoGradGuard no_grad;
    for (Lora& lora : loras) {
      const Place place = place_of(lora.name);
      lora.set_gradients(place.parameter->gradient.narrow(0, place.row, place.rows));
    }
    return loss;
  }

  bool rounds_quickly() const override { return true; }

  double evaluate(std::span<const int32_t> inputs, std::span<const int32_t> targets) override {
    return model_->evaluate(inputs, targets);
  }

 private:
  Place place_of(const std::string& name) {
    const ModelConfig& c = model_->config();
    std::string wanted = "head";
    int64_t row = 0, rows = c.vocabulary;
    if (name != "head") {
      const size_t dot = name.rfind('.');
      const std::string layer = "layer" + name.substr(6, dot - 6) + ".", kind = name.substr(dot + 1);
      const int64_t queries = c.heads * 64, keys = c.kv_heads * 64;
      if (kind == "wq") wanted = layer + "qkv", rows = queries;
      if (kind == "wk") wanted = layer + "qkv", row = queries, rows = keys;
      if (kind == "wv") wanted = layer + "qkv", row = queries + keys, rows = keys;
      if (kind == "wo") wanted = layer + "out", rows = c.width;
      if (kind == "w_up") wanted = layer + "up", rows = c.feed_forward;
      if (kind == "w_down") wanted = layer + "down", rows = c.width;
    }
    for (Parameter& p : model_->parameters())
      if (p.name == wanted) return {&p, row, rows};
    throw std::logic_error("no parameter for " + name);
  }

  std::unique_ptr<Model> model_;
};

Tensor rms_normalise(const Tensor& x, const Tensor& gain, double eps) {
  const Tensor y = x * torch::rsqrt(x.square().mean(-1, true) + eps);
  return gain.defined() ? y * gain : y;
}

// x (B,heads,T,D): pairs (i, i + D/2) turned by position.
Tensor rotate(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
  const auto halves = x.chunk(2, -1);
  return torch::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, -1);
}

bool is_known(const std::string& tensor) {
  constexpr const char* kKnown[] = {"embed", "head",   "final_norm", "wq",        "wk",       "wv",    "wo",
                                    "w_up",  "w_gate", "w_down",     "attn_norm", "ffn_norm", "q_gain"};
  const std::string last = tensor.substr(tensor.rfind('.') + 1);
  for (const char* const known : kKnown)
    if (last == known) return true;
  return false;
}

// Everything that docs/numerics.md, section 3, says, in float: activations are not rounded, sinks not needed as no
// sequence is longer than the windows of models that have them.
class PlainTrainee : public Trainee {
 public:
  Status load(const ModelFile& file) {
    config_ = file.config();
    if (config_.activation != Activation::kRelu2 && config_.activation != Activation::kSwiglu)
      return usage_error(file.name() + ": the trainer knows squared ReLU and SwiGLU only");
    if (config_.norm != NormKind::kRms || config_.embed_factor != 1.0 || config_.positions > 0)
      return usage_error(file.name() + ": the trainer knows RMS norms, rotations and embeddings as they are only");
    // Products in bfloat16 where the CPU has instructions for it.
    dtype_ = __builtin_cpu_supports("avx512bf16") ? torch::kBFloat16 : torch::kFloat32;
    for (const auto& [name, view] : file.tensors()) {
      if (view.type == TensorType::kU8 || name.ends_with(".scale")) continue;
      if (!is_known(name)) return usage_error(file.name() + ": the trainer does not know what '" + name + "' does");
      auto weights = read_weights(file, name);
      if (!weights.ok()) return weights.error();
      weights_[name] = view.type == TensorType::kI8 ? weights->to(dtype_) : *weights;
    }
    return Ok();
  }

  void prepare(const std::vector<Lora>& loras, Rounding rounding) override {
    torch::NoGradGuard no_grad;
    const bool merged = rounding != Rounding::kNone;
    for (const Lora& lora : loras) {
      if (merged || merged_)
        weights_[lora.name] = (merged ? lora.rounded(rounding == Rounding::kDithered) : lora.base()).to(dtype_);
      sides_[lora.name] = {lora.a, lora.b, lora.factor};
    }
    merged_ = merged;
  }

  double step(std::vector<Lora>& loras, std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B,
              int64_t T) override {
    for (Lora& lora : loras)
      sides_[lora.name] = {lora.a.detach().requires_grad_(true), lora.b.detach().requires_grad_(true), lora.factor};
    const Tensor loss = mean_loss(inputs, targets, B, T);
    loss.backward();
    for (Lora& lora : loras) {
      const Side& side = sides_[lora.name];
      lora.a_gradient = side.a.grad();
      lora.b_gradient = side.b.grad();
    }
    return loss.item<double>();
  }

  bool rounds_quickly() const override { return false; }

  double evaluate(std::span<const int32_t> inputs, std::span<const int32_t> targets) override {
    torch::NoGradGuard no_grad;
    return mean_loss(inputs, targets, 1, int64_t(inputs.size())).item<double>() * double(inputs.size());
  }

 private:
  struct Side {
    Tensor a, b;
    double factor = 1;
  };

  const Tensor& weight(const std::string& name) const {
    static const Tensor none;
    const auto it = weights_.find(name);
    return it == weights_.end() ? none : it->second;
  }

  Tensor product(const Tensor& x, const std::string& name) const {
    const Tensor in = x.to(dtype_);
    const Tensor y = torch::matmul(in, weight(name).t());
    const auto it = sides_.find(name);
    if (it == sides_.end()) return y.to(torch::kFloat32);
    const auto& [a, b, factor] = it->second;
    const Tensor side = torch::matmul(torch::matmul(in, a.to(dtype_).t()), b.to(dtype_).t()) * factor;
    // A merged matrix has the change in it already: the side then has the value 0, and carries the gradient alone.
    return (y + (merged_ ? side - side.detach() : side)).to(torch::kFloat32);
  }

  Tensor mean_loss(std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B, int64_t T) const {
    const auto ids = [&](std::span<const int32_t> values) {
      return torch::from_blob(const_cast<int32_t*>(values.data()), {B, T}, torch::kInt32).to(torch::kInt64);
    };
    const int64_t H = config_.heads, G = config_.kv_heads, D = config_.head_dim;
    const double eps = config_.norm_eps;
    const Tensor positions = torch::arange(T);
    const Tensor angles = positions.to(torch::kFloat64).unsqueeze(1) *
                          torch::pow(config_.rope_theta, -torch::arange(D / 2).to(torch::kFloat64) / double(D / 2));
    const Tensor cosine = angles.cos().to(torch::kFloat32), sine = angles.sin().to(torch::kFloat32);
    const Tensor distance = positions.unsqueeze(1) - positions.unsqueeze(0);
    const auto heads = [&](const Tensor& x, int64_t count) { return x.view({B, T, count, D}).transpose(1, 2); };
    Tensor x = torch::embedding(weight("embed"), ids(inputs)).to(torch::kFloat32);
    for (int l = 0; l < config_.layers; ++l) {
      const std::string layer = "layer." + std::to_string(l) + ".";
      const Tensor n = rms_normalise(x, weight(layer + "attn_norm"), eps);
      Tensor q = rotate(heads(product(n, layer + "wq"), H), cosine, sine);
      Tensor k = rotate(heads(product(n, layer + "wk"), G), cosine, sine);
      const Tensor v = heads(product(n, layer + "wv"), G).repeat_interleave(H / G, 1);
      if (config_.qk_norm) q = rms_normalise(q, {}, eps), k = rms_normalise(k, {}, eps);
      q = q * weight(layer + "q_gain").view({1, H, 1, 1});
      k = k.repeat_interleave(H / G, 1);
      Tensor scores = torch::matmul(q.to(dtype_), k.to(dtype_).transpose(2, 3)).to(torch::kFloat32);
      scores = scores.masked_fill((distance < 0) | (distance >= config_.windows[size_t(l)]), -1e30);
      const Tensor mixed = torch::matmul(torch::softmax(scores, -1).to(dtype_), v.to(dtype_));
      x = x + product(mixed.transpose(1, 2).reshape({B, T, H * D}), layer + "wo");
      const Tensor m = rms_normalise(x, weight(layer + "ffn_norm"), eps);
      const Tensor up = product(m, layer + "w_up");
      const Tensor active = config_.activation == Activation::kSwiglu ? up * torch::silu(product(m, layer + "w_gate"))
                                                                      : torch::relu(up).square();
      x = x + product(active, layer + "w_down");
    }
    const Tensor last = rms_normalise(x, weight("final_norm"), eps);
    const Tensor logits = product(last, config_.tied ? "embed" : "head");
    return torch::nn::functional::cross_entropy(logits.view({B * T, -1}), ids(targets).reshape({-1}));
  }

  lmc::ModelConfig config_;
  torch::Dtype dtype_ = torch::kFloat32;
  std::map<std::string, Tensor> weights_;
  std::map<std::string, Side> sides_;
  bool merged_ = false;
};

}  // namespace

Result<std::unique_ptr<Trainee>> make_trainee(const ModelFile& base, const std::string& path, bool plain) {
  const lmc::ModelConfig& c = base.config();
  const Backend backend = Backend::choose("cpu", plain);
  if (!backend.plain && c.head_dim == 64 && c.activation == Activation::kRelu2 && c.qk_norm && !c.tied &&
      c.width % 16 == 0 && !base.has("final_norm") && !base.has("layer.0.attn_norm")) {
    auto loaded = load_model_file(path, backend);
    if (!loaded.ok()) return loaded.error();
    return std::unique_ptr<Trainee>(new KernelTrainee(std::move(loaded->model), c.act_bits.down));
  }
  auto trainee = std::make_unique<PlainTrainee>();
  LMC_TRY(trainee->load(base));
  return std::unique_ptr<Trainee>(std::move(trainee));
}

}  // namespace lmc::train
