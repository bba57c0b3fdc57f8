// A training run: batches in, checkpoints and a curve out; and evaluation on the dev texts.
#ifndef TRAIN_SESSION_H_
#define TRAIN_SESSION_H_

#include <functional>
#include <span>
#include <string>

#include "lmc/tokenize/tokenizer.h"
#include "train/checkpoint.h"
#include "train/optimizer.h"

namespace lmc::train {

struct RunConfig {
  std::string tokens;      // folder of the .u16 files
  std::string tokenizer;   // file
  std::string checkpoint;  // file; its folder takes the curve, too
  bool resume = false;     // from checkpoint, or where there is none from the model file `from`, with its progress
  std::string from;        // checkpoint or model file whose weights begin this run (empty: random weights)
  Backend backend;
  ModelConfig model;   // of a run from random weights, or the shape to give those of `from`
  double minutes = 0;  // budget of trained time; 0: use tokens_budgets
  // Tokens seen, counted from the start of the run: at each of them (ascending) the learning rate has fallen to zero,
  // and a copy of the checkpoint is kept. Between two of them stands a whole schedule, quantised at its end.
  std::vector<int64_t> tokens_budgets;
  int64_t sequences = 8, length = 1024;
  double quantise_share = 0.12;  // last part of the run with fake quantisation
  int down_input_bits = 8;
  double peak_rate = 1;  // factor on the learning rates of OptimizerConfig
  uint64_t seed = 1;
  int64_t stop_after_steps = 0;  // for measurements
  double checkpoint_seconds = 300, log_seconds = 20;
};

Status train(const RunConfig& config);

// The sum of the losses of targets after inputs (one document from its BOS on), in nats.
using DocumentLoss = std::function<double(std::span<const int32_t> inputs, std::span<const int32_t> targets)>;

// Prints bits per byte for every domain on up to tokens_per_domain tokens of dev text, each document's first 4096.
Status evaluate_dev(const DocumentLoss& loss, const Tokenizer& tokenizer, const std::string& tokens,
                    int64_t tokens_per_domain);

}  // namespace lmc::train

#endif  // TRAIN_SESSION_H_
