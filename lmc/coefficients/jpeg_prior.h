// What the models of coefficients know before the first picture: statistics of contexts, weights of mixers and of
// forecasts, learnt from training pictures (tools/jpeg_prior) and kept in jpeg_prior.bin, which is part of the format
// (docs/jpeg.md, section 6).
#ifndef LMC_COEFFICIENTS_JPEG_PRIOR_H_
#define LMC_COEFFICIENTS_JPEG_PRIOR_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmc/base/bytes.h"
#include "lmc/mixing/counters.h"

namespace lmc {

inline constexpr size_t kJpegModels = 5;  // in the order of JpegModelId
enum class JpegModelId : uint8_t { kCount, kInner, kEdgeCount, kEdge, kMean };

struct JpegModelPrior {
  ByteSpan tables;   // of every context: its buckets (JpegModel::load)
  ByteSpan weights;  // int8: of the mixer, for each set and kind of decision
};

// Of the whole file in order: for each stream (first, others) the tables of each model, the weights of each model in
// the fast effort, those in the thorough effort, and the forecasts. Each with its size (4 bytes) before it.
class JpegPrior {
 public:
  static constexpr size_t kSections = 2 * (3 * kJpegModels + 1);

  explicit JpegPrior(ByteSpan file);

  JpegModelPrior model(bool is_first, bool is_thorough, JpegModelId id) const {
    const size_t from = is_first ? 0 : kSections / 2;
    return {sections_[from + size_t(id)], sections_[from + kJpegModels * (is_thorough ? 2 : 1) + size_t(id)]};
  }
  // int16: weights of the forecasts, place after place (PlaneCoder::load_forecasts).
  ByteSpan forecasts(bool is_first) const { return sections_[(is_first ? 0 : kSections / 2) + 3 * kJpegModels]; }

 private:
  std::array<ByteSpan, kSections> sections_;
};

// The one that all files are coded with.
const JpegPrior& jpeg_prior();

// A slot of a table in one byte: six bits of logit in steps of a quarter, two of how much it counts.
const std::array<BitSlot, 256>& prior_slots();
inline constexpr uint8_t kPriorLeast = 128;  // times that a slot was seen, to be kept
uint8_t prior_byte(const BitSlot& slot);

inline constexpr float kPriorWeightStep = 1.0f / 64.0f;      // of a mixer's weights
inline constexpr float kPriorForecastStep = 1.0f / 4096.0f;  // of a forecast's

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_PRIOR_H_
