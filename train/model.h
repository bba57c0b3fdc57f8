// The text model in training: parameters, one forward and backward pass, evaluation.
//
//   x = embed[token]; per layer: n = rms(x); q,k,v = n Wqkv; q,k = rotate(rms(q)), rotate(rms(k));
//   x += Wo attention(q,k,v); n = rms(x); x += Wdown relu(Wup n)^2;  logits = Whead rms(x)
//
// B sequences of T tokens, N = B*T rows, C width, F feed-forward width, V vocabulary. Matrices are (out,in).
// On a CPU with AVX-512 BF16 the passes are written out by hand: they are fixed, and so nothing is kept or copied in
// vain. Anywhere else (another CPU, a CUDA device) they are plain torch operations with autograd (reference.h).
#ifndef TRAIN_MODEL_H_
#define TRAIN_MODEL_H_

#include <torch/torch.h>

#include <span>
#include <string>
#include <vector>

namespace lmc::train {

struct ModelConfig {
  int64_t vocabulary = 8192, width = 256, layers = 6, heads = 4, kv_heads = 1, feed_forward = 1024;
  std::vector<int64_t> windows = {128, 512, 128, 512, 128, 1024};
  double rope_theta = 10000;
  int64_t qkv_width() const { return (heads + 2 * kv_heads) * 64; }
  // Weights that multiply activations, the embedding not counted.
  int64_t matmul_weights() const {
    return layers * (width * qkv_width() + heads * 64 * width + 2 * width * feed_forward) + vocabulary * width;
  }
};

enum class UpdateRule { kMuon, kAdam };

// Where and how the passes run.
struct Backend {
  torch::Device device = torch::kCPU;
  bool plain = false;                     // torch operations instead of the kernels
  torch::Dtype dtype = torch::kBFloat16;  // of the products; float32 on a CPU without AVX-512 BF16, where it is faster

  // name: cpu or cuda. Kernels where they can run, unless plain is asked for. Throws c10::Error for a name torch lacks.
  static Backend choose(const std::string& name, bool plain);
};

struct Parameter {
  std::string name;
  UpdateRule rule;
  torch::Tensor master;              // float32
  torch::Tensor half;                // bfloat16 copy that the products use (empty for gains)
  torch::Tensor gradient;            // float32 (Adam) or bfloat16 (Muon)
  std::vector<torch::Tensor> state;  // Muon: momentum. Adam: first and second moment.
  std::vector<int64_t> row_groups;   // Muon treats these row ranges as matrices of their own (empty: all rows)
};

struct Quantisation {
  bool on = false;
  int down_input_bits = 8;  // 8 or 16, of relu^2
  bool weights = true;      // when on: these too, not the activations alone
};

class Model {
 public:
  Model(const ModelConfig& config, uint64_t seed, const Backend& backend = Backend::choose("cpu", false));

  const ModelConfig& config() const { return config_; }
  const Backend& backend() const { return backend_; }
  std::vector<Parameter>& parameters() { return parameters_; }
  Quantisation quantisation;

  // Refreshes the bfloat16 copies (rounded to int8 steps under quantisation); call after every change of a master.
  void refresh();
  // inputs, targets: B*T ids. Fills every gradient (of the mean loss); returns the mean loss in nats per token.
  double train_step(std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B, int64_t T);
  // What the machine gives for the products of a step over N rows and nothing else: FLOP/s, counted as 6 * weights * N.
  double products_rate(int64_t N) const;
  // One sequence, any length; float32 logits. Sum of the losses of targets, in nats.
  double evaluate(std::span<const int32_t> inputs, std::span<const int32_t> targets);

 private:
  struct Layer {
    Parameter *qkv, *out, *up, *down, *gain;
    torch::Tensor n1, n2, s1, s2, raw, q, k, v, attended, log_sum, hidden, active;  // kept for the backward pass
  };
  void allocate(int64_t B, int64_t T);
  void forward(std::span<const int32_t> inputs);
  void backward(std::span<const int32_t> inputs);
  Parameter& add(std::string name, UpdateRule rule, torch::Tensor value);
  torch::Tensor plain_loss(std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B, int64_t T,
                           const std::vector<torch::Tensor>& weights) const;
  double plain_step(std::span<const int32_t> inputs, std::span<const int32_t> targets, int64_t B, int64_t T);

  ModelConfig config_;
  Backend backend_;
  std::vector<Parameter> parameters_;
  Parameter *embed_ = nullptr, *head_ = nullptr;
  std::vector<Layer> layers_;
  int64_t B_ = 0, T_ = 0;
  torch::Tensor cos_sin_, x_, final_, final_scale_, delta_;
};

}  // namespace lmc::train

#endif  // TRAIN_MODEL_H_
