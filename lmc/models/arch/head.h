// The output layer: hidden rows in, integer frequencies of the next token out; and it learns while the coder runs.
//
// Copyable: every block starts with a fresh copy. Exact: same integers on every machine (docs/numerics.md, section 6).
#ifndef LMC_MODELS_ARCH_HEAD_H_
#define LMC_MODELS_ARCH_HEAD_H_

#include <cstdint>
#include <span>
#include <vector>

#include "lmc/models/arch/recent_rows.h"
#include "lmc/models/arch/transformer.h"
#include "lmc/numerics/elementwise.h"
#include "lmc/numerics/matmul.h"

namespace lmc {

// Working memory of Head's products; one per thread.
struct HeadScratch {
  Workers* workers = nullptr;  // share out the product, and must then be free
  std::vector<int8_t> planes;
  std::vector<int32_t> sums;
  std::vector<float> logits;
  std::vector<uint32_t> weights;
};

class Head {
 public:
  // weights (V,C), scales (V), bias (V) or empty: added to the logits
  Head(Isa isa, int vocab, int width, int act_bits, std::span<const int8_t> weights, std::span<const float> scales,
       std::span<const float> bias = {});

  int vocab() const { return vocab_; }
  int width() const { return width_; }

  // Writes for each of the hidden rows [first, first + count) the prefix sums of the token frequencies: row i of
  // out (count, V + 1) is 0, f[0], f[0]+f[1], ... , total. Every f is at least 1, but that of BOS (the last id) is 0;
  // the total is below 2^32. May run in several threads while nobody adapts. Not after defer().
  void cumulative(const Hidden& hidden, int first, int count, uint32_t* out, HeadScratch& scratch) const;

  // Learns that `token` followed hidden row `row`, for which `cumulative` (V + 1) had been predicted: one step of
  // gradient descent on the rows of all tokens with a probability above 1/250, and the right one; nothing where that
  // had a probability above a half. rate is in units of weights per unit of (probability * hidden value): about 0.015 /
  // sqrt(C). token must not be BOS.
  void adapt(const Hidden& hidden, int row, uint32_t token, const uint32_t* cumulative, float rate);

  // The same in two parts, of which the first, by far the greater, may run before all is learnt that counts for it, and
  // in other threads while this one learns. After defer(), adapt() changes nothing that logits() reads; settle() makes
  // it good and must be alone.
  void defer() { deferred_ = true; }
  void settle();
  size_t logits_stride() const { return size_t(matrix_.padded_rows()); }
  // out (count, logits_stride()): by the weights as of the last settle()
  void logits(const Hidden& hidden, int first, int count, float* out, HeadScratch& scratch) const;
  // logits: of the same rows, computed behind the settle() before the last one, or later. They are brought up to date.
  void cumulative(const Hidden& hidden, int first, int count, float* logits, uint32_t* out, HeadScratch& scratch) const;

 private:
  // The hidden rows as planes: (planes, count, C); returns the number of planes.
  int split(const Hidden& hidden, int first, int count, HeadScratch& scratch) const;
  // The products of all rows, into scratch.sums: (planes, count, logits_stride()).
  void multiply(const Hidden& hidden, int first, int count, HeadScratch& scratch) const;
  // Row i of these to logits.
  void scale(const HeadScratch& scratch, int i, int count, float scale, float* out) const;
  void put_recent(const Hidden& hidden, int first, int count, HeadScratch& scratch, float* logits) const;
  void accumulate(const float* logits, uint32_t* row, HeadScratch& scratch) const;  // row (V + 1)
  void adapt_row(const int16_t* values, uint32_t v, float step);

  const Elementwise* kernels_;
  int vocab_;
  int width_;
  int act_bits_;
  PackedMatrix matrix_;            // (V,C)
  std::vector<float> scales_;      // (V)
  std::vector<float> bias_;        // (V) or empty
  std::vector<int32_t> slots_;     // (V): which row of masters_, or -1: as loaded
  std::vector<float> masters_;     // (touched rows, C) weights in units of one int8 step
  std::vector<int8_t> current_;    // (touched rows, C) what matrix_ holds of them
  std::vector<uint32_t> list_;     // working memory of adapt()
  std::vector<int8_t> quantised_;  // and adapt_row()

  bool deferred_ = false;
  RecentRows recent_;              // learnt since the settle() before the last one
  std::vector<uint32_t> changed_;  // rows: since the last one
  std::vector<bool> is_changed_;   // (V)
};

}  // namespace lmc

#endif  // LMC_MODELS_ARCH_HEAD_H_
