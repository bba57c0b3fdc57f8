// The texts of one domain, as tokens: a part to train on, a part held out.
#ifndef TRAIN_ADAPTER_TEXTS_H_
#define TRAIN_ADAPTER_TEXTS_H_

#include <string>
#include <vector>

#include "lmc/tokenize/tokenizer.h"

namespace lmc::train {

struct AdapterTexts {
  struct Document {
    std::vector<int32_t> tokens;  // BOS first
    double bytes = 0;             // of what follows it
  };
  std::vector<int32_t> train;      // BOS, text, BOS, text ...
  std::vector<Document> held_out;  // no text of which is in train
  double train_bytes = 0;
};

// All files below `folder` (or the one file it is), in an order that the seed gives. Of 20 files and more some whole
// ones are held out, about 2 % of the bytes but no more than 400 KB of it; of fewer the last 5 % of each. Of a document
// that is held out the first longest_tokens count.
// Errors: environment (not readable), usage (nothing to train on).
Result<AdapterTexts> read_adapter_texts(const std::string& folder, const Tokenizer& tokenizer, uint64_t seed,
                                        size_t longest_tokens);

// Pieces of `length` tokens and the token behind each, in random order, all of them before any comes again. The state
// is how many were served.
class Pieces {
 public:
  Pieces(const std::vector<int32_t>& stream, int64_t length, uint64_t seed);
  // bos replaces the first input.
  void append(int64_t number, int32_t bos, std::vector<int32_t>& inputs, std::vector<int32_t>& targets);
  int64_t count() const { return count_; }

 private:
  const std::vector<int32_t>& stream_;
  int64_t length_, count_;
  uint64_t seed_;
  int64_t epoch_ = -1, phase_ = 0;
  std::vector<int64_t> order_;
};

}  // namespace lmc::train

#endif  // TRAIN_ADAPTER_TEXTS_H_
