// lmc adapt: trains an adapter on the texts of a domain, with checkpoints, and a held-out part that says when to stop.
#ifndef TRAIN_ADAPT_H_
#define TRAIN_ADAPT_H_

#include <string>
#include <vector>

#include "lmc/base/result.h"

namespace lmc::train {

struct AdaptConfig {
  std::string base;        // name or path of a model
  std::string models;      // folders to look for it in, colons between them; empty: the default ones
  std::string data;        // folder of texts
  std::string out;         // .lmca
  std::string name;        // empty: from out
  std::string checkpoint;  // empty: out + ".ckpt"; removed when all is done
  bool resume = false;
  int rank = 16;
  double alpha = 0;                  // 0: twice the rank
  std::vector<std::string> targets;  // empty: all that the model has but lm_head
  double minutes = 15;
  double rate = 2e-3;  // of Adam, until half of the run
  // Of the steps, at the end: with the merged weights rounded as they will be. In the passes by hand only.
  double rounded_share = 0.5;
  int64_t sequences = 4, length = 1024;
  double evaluate_seconds = 60;
  int patience = 5;  // evaluations without a gain before the run ends
  uint64_t seed = 1;
  bool plain = false;            // torch operations instead of the AVX-512 kernels
  int64_t stop_after_steps = 0;  // for tests
};

Status adapt(const AdaptConfig& config);

}  // namespace lmc::train

#endif  // TRAIN_ADAPT_H_
