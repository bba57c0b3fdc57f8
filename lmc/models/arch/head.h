// The output layer: hidden rows in, integer frequencies of the next token out; and it learns while the coder runs.
//
// Copyable: every block starts with a fresh copy. Exact: same integers on every machine (docs/numerics.md, section 6).
#ifndef LMC_MODELS_ARCH_HEAD_H_
#define LMC_MODELS_ARCH_HEAD_H_

#include <cstdint>
#include <span>
#include <vector>

#include "lmc/models/arch/transformer.h"
#include "lmc/numerics/elementwise.h"
#include "lmc/numerics/matmul.h"

namespace lmc {

// Working memory of Head::cumulative; one per thread.
struct HeadScratch {
  Workers* workers = nullptr;  // share out the product, and must then be free
  std::vector<int8_t> planes;
  std::vector<int32_t> sums;
  std::vector<float> logits;
};

class Head {
 public:
  // weights (V,C), scales (V)
  Head(Isa isa, int vocab, int width, int act_bits, std::span<const int8_t> weights, std::span<const float> scales);

  int vocab() const { return vocab_; }
  int width() const { return width_; }

  // Writes for each of the hidden rows [first, first + count) the prefix sums of the token frequencies: row i of
  // out (count, V + 1) is 0, f[0], f[0]+f[1], ... , total. Every f is at least 1, but that of BOS (the last id) is 0;
  // the total is below 2^32. May run in several threads while nobody adapts.
  void cumulative(const Hidden& hidden, int first, int count, uint32_t* out, HeadScratch& scratch) const;

  // Learns that `token` followed hidden row `row`, for which `cumulative` (V + 1) had been predicted: one step of
  // gradient descent on the rows of all tokens with a probability above 1/250, and the right one; nothing where that
  // had a probability above a half. rate is in units of weights per unit of (probability * hidden value): about 0.015 /
  // sqrt(C). token must not be BOS.
  void adapt(const Hidden& hidden, int row, uint32_t token, const uint32_t* cumulative, float rate);

 private:
  void adapt_row(const int16_t* values, uint32_t v, float step);

  const Elementwise* kernels_;
  int vocab_;
  int width_;
  int act_bits_;
  PackedMatrix matrix_;            // (V,C)
  std::vector<float> scales_;      // (V)
  std::vector<int32_t> slots_;     // (V): which row of masters_, or -1: as loaded
  std::vector<float> masters_;     // (touched rows, C) weights in units of one int8 step
  std::vector<int8_t> current_;    // (touched rows, C) what matrix_ holds of them
  std::vector<uint32_t> list_;     // working memory of adapt()
  std::vector<int8_t> quantised_;  // and adapt_row()
};

}  // namespace lmc

#endif  // LMC_MODELS_ARCH_HEAD_H_
