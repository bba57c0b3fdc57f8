// A finished run to a model file: weights to int8, the tokenizer beside them; and what the exact engine makes of it.
#ifndef TRAIN_EXPORT_H_
#define TRAIN_EXPORT_H_

#include <string>

#include "lmc/base/result.h"

namespace lmc::train {

struct ExportConfig {
  std::string checkpoint;
  std::string out;  // .lmcm
  std::string name = "text-base";
  int down_input_bits = 8;  // as the run was tuned for
};

Status export_model(const ExportConfig& config);

// Prints bits per byte of a model file on the dev texts as evaluate_dev does, by the exact engine.
Status check_model(const std::string& model, const std::string& tokens, int64_t tokens_per_domain);

}  // namespace lmc::train

#endif  // TRAIN_EXPORT_H_
