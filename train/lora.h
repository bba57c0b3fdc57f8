// Low-rank changes of the matrices of a frozen model in training: W + s B A, with Adam for A and B.
#ifndef TRAIN_LORA_H_
#define TRAIN_LORA_H_

#include <torch/torch.h>

#include <string>
#include <vector>

#include "lmc/models/file/model_file.h"

namespace lmc::train {

struct Lora {
  std::string name;       // of the matrix in the model file: "layer.0.wq"
  torch::Tensor weights;  // (rows, columns) of the base, in steps of its rows' scales
  torch::Tensor scales;   // (rows, 1)
  torch::Tensor a, b;     // (rank, columns), (rows, rank)
  torch::Tensor a_gradient, b_gradient;
  torch::Tensor state[4];  // first and second moments of a, then of b
  double factor = 1;       // s = alpha / rank

  torch::Tensor base() const { return weights * scales; }
  torch::Tensor change() const { return torch::mm(b, a) * factor; }
  // The matrix that the exact engine will use: rounded to int8 as docs/numerics.md, section 10, says, but for the
  // rounding of A and B themselves.
  torch::Tensor rounded(bool dithered) const;
  // From the gradient of the whole matrix.
  void set_gradients(const torch::Tensor& gradient);
};

// B is zero, so that nothing is changed yet. targets: names as PEFT has them ("q_proj") or ours ("wq").
// Errors: usage, if the model has no such matrix.
Result<std::vector<Lora>> make_loras(const ModelFile& base, const std::vector<std::string>& targets, int rank,
                                     double alpha, uint64_t seed);

// One step of Adam with gradients clipped to a norm of 1 over all of them. step counts from 1.
void update(std::vector<Lora>& loras, double rate, int64_t step);

}  // namespace lmc::train

#endif  // TRAIN_LORA_H_
