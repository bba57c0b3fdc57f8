// The model in plain torch operations with autograd: slow on a CPU, but runs wherever torch does. The reference that
// the hand-written passes are tested against, and the way a CUDA device trains.
#ifndef TRAIN_REFERENCE_H_
#define TRAIN_REFERENCE_H_

#include "train/model.h"

namespace lmc::train {

// weights: in the order of Model::parameters(), all on one device. inputs, targets: (B,T) int64 there.
// Products are done in dtype. Mean loss in nats per token, with a graph back to the weights.
torch::Tensor reference_loss(const ModelConfig& config, const std::vector<torch::Tensor>& weights,
                             const torch::Tensor& inputs, const torch::Tensor& targets, torch::Dtype dtype,
                             const Quantisation& quantisation);

}  // namespace lmc::train

#endif  // TRAIN_REFERENCE_H_
