// One update of all parameters: Muon for the layers' matrices, Adam for embedding, head and gains.
#ifndef TRAIN_OPTIMIZER_H_
#define TRAIN_OPTIMIZER_H_

#include "train/model.h"

namespace lmc::train {

struct OptimizerConfig {
  double muon_rate = 0.02, momentum = 0.95, weight_decay = 0.02;  // decay is per unit of learning rate
  double embed_rate = 0.05, head_rate = 0.004, gain_rate = 0.002;
  double beta1 = 0.9, beta2 = 0.98;
};

// rate: factor on every learning rate, 1 at full speed. step counts from 1.
void update(Model& model, const OptimizerConfig& config, double rate, int64_t step);

}  // namespace lmc::train

#endif  // TRAIN_OPTIMIZER_H_
