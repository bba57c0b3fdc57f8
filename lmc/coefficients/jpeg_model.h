// Predicts the decisions that make up one kind of integer: a coefficient, a count, a difference.
//
// The caller names some contexts and selectors for each integer; every context leads to a bucket of adaptive
// statistics, one for each decision of the integer, and a gated mixer weighs what they say (lmc/mixing). Encoder and
// decoder share the functions here, as templates over the arithmetic coder. Bit-exact (docs/jpeg.md, section 5).
#ifndef LMC_COEFFICIENTS_JPEG_MODEL_H_
#define LMC_COEFFICIENTS_JPEG_MODEL_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "lmc/coefficients/jpeg_buckets.h"
#include "lmc/coefficients/jpeg_kernels.h"
#include "lmc/coefficients/jpeg_prior.h"
#include "lmc/mixing/counters.h"
#include "lmc/mixing/fine_apm.h"
#include "lmc/mixing/logistic.h"
#include "lmc/mixing/mixer.h"

namespace lmc {

struct JpegModelShape {
  std::vector<uint8_t> context_bits;     // of each context: buckets, as a power of two
  int mixer_inputs = 1;                  // inputs a context, 1 or 2
  bool is_refined = false;               // by two fine maps behind the mixer
  std::vector<uint32_t> selector_sizes;  // values of each selector

  int contexts() const { return int(context_bits.size()); }
};

class JpegModel {
 public:
  static constexpr int kMaxContexts = JpegChoice::kMostContexts;
  static constexpr uint32_t kKinds = kJpegKinds;

  static constexpr uint32_t kMoreBits = 10;  // of every context: other buckets
  static size_t buckets_of(const JpegModelShape& shape) {
    size_t buckets = 0;
    for (uint8_t bits : shape.context_bits) buckets += (size_t(1) << bits) + (size_t(1) << kMoreBits);
    return buckets;
  }

  // Its buckets are those from `first` on, buckets_of(shape) of them, all zero.
  JpegModel(const JpegModelShape& shape, JpegBuckets& buckets, size_t first, Isa isa);

  // Before the first decision. Empty parts of a prior leave what they are about as it is.
  void start_from(const JpegModelPrior& prior);
  // For a prior: what was learnt so far, and back to the statistics of a prior while the mixer goes on.
  Bytes tables_for_prior() const { return buckets_.tables_for_prior(parts_); }
  Bytes weights_for_prior();
  void forget_tables(ByteSpan tables) {
    buckets_.forget(parts_[0].first, buckets_of(shape_));
    load_tables(tables);
  }

  // Of the integer that is prepared: values below 2^context_bits (taken modulo it), and below the selector's size.
  std::array<uint32_t, kMaxContexts>& contexts() { return prepared().contexts; }
  std::array<uint32_t, JpegChoice::kMostSets>& selectors() { return prepared().selectors; }
  // Looks for its buckets, so that they are at hand by the time of begin(); another integer may be coded meanwhile.
  void prepare() {
    JpegChoice& next = prepared();
    for (size_t i = 0; i < parts_.size(); ++i) {
      next.near[i] = buckets_.near(parts_[i].first + (next.contexts[i] & ((1u << parts_[i].bits) - 1)));
      __builtin_prefetch(next.near[i], 1);
    }
  }
  // The integer that was prepared last is coded from here on.
  void begin() {
    current_ ^= 1;
    decision_.choice = &choices_[current_];
    decision_.first_kind = 0;
    has_far_ = false;
  }
  // The decisions go on in other buckets, for values of a size that is seldom.
  void go_on(uint32_t size);

  template <typename Coder>
  int code(Coder& coder, int bit, uint32_t node) {
    if (node >= kJpegNearNodes) {
      if (!has_far_) reach_far();
    } else if (node & 1) {
      fetch_far(node == 1);
    }
    if (kernels_.predict != nullptr) {
      bit = coder.code(bit, kernels_.predict(decision_, node));
      if constexpr (requires { Coder::kLearnsPrior; }) count_use(node);
      kernels_.update(decision_, bit);
    } else {
      bit = coder.code(bit, predict(node));
      if constexpr (requires { Coder::kLearnsPrior; }) count_use(node);
      update(bit);
    }
    return bit;
  }

 private:
  JpegChoice& prepared() { return choices_[current_ ^ 1]; }
  void load_weights(ByteSpan weights);
  size_t inputs() const { return size_t(shape_.mixer_inputs * shape_.contexts() + 1); }
  void load_tables(ByteSpan tables) {
    tables_ = tables;
    buckets_.load(tables, parts_);
  }
  // Those that come to node 1 (not zero, mostly) often come to the far nodes.
  void fetch_far(bool is_first_step) const {
    for (size_t i = 0; i < parts_.size(); ++i) {
      const size_t place = buckets_.place_of(choices_[current_].near[i]);
      if (is_first_step)
        buckets_.fetch_far_place(place);
      else
        buckets_.fetch_far(place, tables_);
    }
  }
  void reach_far() {
    for (size_t i = 0; i < parts_.size(); ++i)
      decision_.far[i] = buckets_.far(buckets_.place_of(choices_[current_].near[i]), tables_);
    has_far_ = true;
  }
  void count_use(uint32_t node);
  // Where there are no kernels.
  uint32_t predict(uint32_t node);
  void update(int bit);

  JpegModelShape shape_;
  const Logistic& logit_ = logistic();
  JpegChoice choices_[2] = {};  // the one at hand and the one prepared
  size_t current_ = 0;
  JpegBuckets& buckets_;
  std::vector<JpegBuckets::Part> parts_;  // of them
  size_t first_other_ = 0;                // of the other buckets
  ByteSpan tables_;                       // of the prior
  Mixer mixer_;
  FineApm map0_, map1_;
  std::vector<std::vector<uint32_t>> uses_;  // of each row of each set, while a prior is learnt
  bool has_far_ = false;                     // decision_.far is of these buckets
  JpegKernels kernels_;                      // of models that they are for
  JpegDecision decision_{};
  BitSlot* slots_[kMaxContexts] = {};
};

// How an integer is cut into decisions: zero or not (node 0), sign (1), unary number of bits (2 to 11), and the bits
// below the top one: those of 2 to 7 in the same bucket (12 to 15), others in a bucket for their number of bits.
template <typename Coder>
int code_magnitude(Coder& coder, JpegModel& model, int magnitude) {
  const int bits = int(std::bit_width(unsigned(magnitude)));
  int length = 1;
  while (length < 16 && model.code(coder, bits > length, uint32_t(std::min(1 + length, 11)))) ++length;
  int value = 1;
  if (length == 2) return 2 + model.code(coder, magnitude & 1, 12);
  if (length == 3) {
    const int top = model.code(coder, magnitude >> 1 & 1, 13);
    return 4 + 2 * top + model.code(coder, magnitude & 1, uint32_t(14 + top));
  }
  if (length == 1) return 1;
  model.go_on(uint32_t(length));
  for (int i = length - 2; i >= 0; --i) {
    const int known = length - 2 - i;  // bits below the top one
    const int prefix = value - (1 << known);
    const uint32_t node = known < 3 ? uint32_t((1 << known) - 1 + prefix) : uint32_t(std::min(7 + known - 3, 15));
    value = value << 1 | model.code(coder, magnitude >> i & 1, node);
  }
  return value;
}

template <typename Coder>
int code_nonzero(Coder& coder, JpegModel& model, int value) {
  const int negative = model.code(coder, value < 0, 1);
  const int magnitude = code_magnitude(coder, model, std::abs(value));
  return negative ? -magnitude : magnitude;
}

template <typename Coder>
int code_integer(Coder& coder, JpegModel& model, int value) {
  return model.code(coder, value != 0, 0) ? code_nonzero(coder, model, value) : 0;
}

// A count below 64: the number of its bits in unary (nodes 0 to 5), then the bits below the top one: of 2 to 7 in the
// same bucket (6 to 9), others in a bucket for their number of bits.
template <typename Coder>
int code_count(Coder& coder, JpegModel& model, int count) {
  const int bits = int(std::bit_width(unsigned(count)));
  int length = 0;
  while (length < 6 && model.code(coder, bits > length, uint32_t(length))) ++length;
  if (length < 2) return length;
  int value = 1;
  if (length > 3) model.go_on(uint32_t(length));
  for (int i = length - 2; i >= 0; --i) {
    const int known = length - 2 - i;
    const int node = length == 2 ? 6 : length == 3 ? 6 + value : known < 3 ? value : 8 + (known - 3) * 2 + (value & 1);
    value = value << 1 | model.code(coder, count >> i & 1, uint32_t(node));
  }
  return value;
}

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_MODEL_H_
