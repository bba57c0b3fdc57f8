// A probability refined by a small context, in fine steps: 49 points over the logits from -12 to 12, 24 bits each; the
// nearer one learns. (An SSE stage, in the words of the PAQ family.) The coarser Apm of mixing.cc is not this
// one: fewer points and bits, so it rounds differently, and the priors of text models hold its points.
#ifndef LMC_MIXING_FINE_APM_H_
#define LMC_MIXING_FINE_APM_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmc/base/zeroed_array.h"
#include "lmc/mixing/logistic.h"

namespace lmc {

class FineApm {
 public:
  explicit FineApm(size_t contexts) : numbers_(contexts), rows_(contexts) {}

  // logit within +-12; the probability of a one, of 65536.
  uint32_t predict(float logit, size_t context) {
    uint32_t& number = numbers_[context];
    if (number == 0) {  // never used before
      rows_[used_] = start();
      number = ++used_;
    }
    Row& row = rows_[number - 1];
    const float clamped = logit > 11.999f ? 11.999f : logit < -11.999f ? -11.999f : logit;
    const float position = (clamped + 12.0f) * 2.0f;
    const auto low = uint32_t(position);
    const float fraction = position - float(low);
    chosen_ = &row[low + (fraction >= 0.5f ? 1 : 0)];
    return uint32_t(float(row[low]) * (1.0f - fraction) + float(row[low + 1]) * fraction) >> 8;
  }
  void update(int bit) {
    const auto p = int32_t(*chosen_);
    *chosen_ = uint32_t(p + (((bit ? (1 << 24) - 1 : 1) - p) >> 6));
  }

 private:
  static constexpr size_t kPoints = 49;
  using Row = std::array<uint32_t, kPoints>;

  static const Row& start() {
    static const Row row = [] {
      Row out;
      for (size_t j = 0; j < kPoints; ++j) out[j] = logistic().squash((float(j) - 24.0f) * 0.5f) << 8;
      return out;
    }();
    return row;
  }

  // Rows side by side in the order of their first use: a short block meets few of them, and they lie in few pages.
  ZeroedArray<uint32_t> numbers_;  // from 1 on, of each context's row
  ZeroedArray<Row> rows_;
  uint32_t used_ = 0;
  uint32_t* chosen_ = nullptr;  // the point that learns from the decision at hand
};

}  // namespace lmc

#endif  // LMC_MIXING_FINE_APM_H_
