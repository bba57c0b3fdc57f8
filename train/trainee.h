// What an adapter is trained on: a frozen model that gives losses, and the gradients of the changes made to it.
//
// Two ways: the hand-written passes of model.h where the architecture and the CPU are theirs, plain torch operations
// for every language model that a file can hold.
#ifndef TRAIN_TRAINEE_H_
#define TRAIN_TRAINEE_H_

#include <memory>
#include <span>

#include "train/lora.h"

namespace lmc::train {

enum class Rounding {
  kNone,      // W + s B A as it is: what a side path with unbounded precision would compute
  kNearest,   // rounded to int8, as the exact engine has it
  kDithered,  // the same, dithered
};

class Trainee {
 public:
  virtual ~Trainee() = default;
  // Takes over the changes as they are now.
  virtual void prepare(const std::vector<Lora>& loras, Rounding rounding) = 0;
  // inputs, targets: B*T ids. Fills the gradients of loras; returns the mean loss in nats a token.
  virtual double step(std::vector<Lora>& loras, std::span<const int32_t> inputs, std::span<const int32_t> targets,
                      int64_t B, int64_t T) = 0;
  // Whether rounding at every step costs little.
  virtual bool rounds_quickly() const = 0;
  // One document; the sum of the losses in nats.
  virtual double evaluate(std::span<const int32_t> inputs, std::span<const int32_t> targets) = 0;
};

// plain: torch operations in any case.
Result<std::unique_ptr<Trainee>> make_trainee(const ModelFile& base, const std::string& path, bool plain);

}  // namespace lmc::train

#endif  // TRAIN_TRAINEE_H_
