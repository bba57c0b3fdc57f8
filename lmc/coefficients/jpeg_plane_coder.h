// Codes the planes of a stream, block after block: first how many inner coefficients (of neither the first row nor the
// first column) are not zero and which they are, then the same for the rest of the first row and of the first column,
// then the mean. One class for encoder and decoder, a template over the arithmetic coder. docs/jpeg.md, section 5.
#ifndef LMC_COEFFICIENTS_JPEG_PLANE_CODER_H_
#define LMC_COEFFICIENTS_JPEG_PLANE_CODER_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "lmc/coefficients/jpeg_borders.h"
#include "lmc/coefficients/jpeg_classes.h"
#include "lmc/coefficients/jpeg_forecast.h"
#include "lmc/coefficients/jpeg_model.h"
#include "lmc/coefficients/jpeg_plane.h"
#include "lmc/coefficients/jpeg_prior.h"

namespace lmc {

enum class JpegEffort : uint8_t { kFast = 0, kThorough = 1 };

template <typename Coder>
class PlaneCoder {
 public:
  // is_first: of the first component; the others share one PlaneCoder.
  PlaneCoder(Coder& coder, bool is_first, JpegEffort effort, Isa isa);
  // Once, before code().
  void start_from(const JpegPrior& prior);
  // which: place among the planes that share it.
  void code(Plane& plane, uint32_t which);

  // For a prior: what was learnt so far.
  std::array<JpegModel*, kJpegModels> models() {
    return {&count_model_, &inner_model_, &edge_count_model_, &edge_model_, &mean_model_};
  }
  Bytes forecasts_for_prior();

 private:
  PlaneCoder(Coder& coder, bool is_first, bool is_thorough, const std::array<JpegModelShape, kJpegModels>& shapes,
             Isa isa);
  void load_forecasts(ByteSpan weights);
  static constexpr uint32_t kInner = 49;  // inner coefficients
  using Contexts = std::array<uint32_t, JpegModel::kMaxContexts>;

  void block(uint32_t x, uint32_t y);
  int code_inner_count(const int16_t* c);
  void code_inner(int16_t* c, int count);
  void inner_inputs(const int16_t* c, size_t i);
  uint32_t inner_size(const int16_t* c, size_t i, uint32_t seen, int count, float expected);
  void inner_contexts(const int16_t* c, size_t i, uint32_t seen, int count);
  int code_edge_count(const int16_t* c, bool is_row);
  void code_edge(int16_t* c, bool is_row, int count);
  void edge_inputs(const int16_t* c, bool is_row, size_t j);
  uint32_t edge_size(const int16_t* c, bool is_row, size_t j, int count, float expected);
  void edge_contexts(const int16_t* c, bool is_row, size_t j, int count);
  void code_mean(int16_t* c);
  float expected_mean(const int16_t* c, float& contrast, float& spread);
  void mean_contexts(int guess, int fraction, float contrast, float spread);

  // A coefficient is known: what it does to the borders.
  void know(int16_t* c, size_t i, int value) {
    if constexpr (Coder::kDecodes) c[i] = int16_t(std::clamp(value, -32767, 32767));
    if (value == 0) return;
    const size_t u = i & 7, v = i >> 3;
    const float whole = float(value) * quantisation_[i];
    top_[u] -= weights_.near[v] * whole;
    left_[v] -= weights_.near[u] * whole;
    bottom_[u] += weights_.far[v] * whole;
    right_[v] += weights_.far[u] * whole;
  }
  // A coefficient of another place in quantisation steps of place i.
  float in_steps(const int16_t* b, size_t from, size_t i) const {
    return float(b[from]) * quantisation_[from] * inverse_[i];
  }

  Coder& coder_;
  bool is_first_, is_thorough_;
  BorderWeights weights_{0.05f};
  JpegBuckets buckets_;  // of all models
  JpegModel count_model_, inner_model_, edge_count_model_, edge_model_, mean_model_;
  Forecast inner_value_{64, 0.01f};
  FittedForecast edge_value_{16}, mean_value_{2}, inner_size_{kInner}, edge_size_{16};  // the last two: thorough only
  Plane* plane_ = nullptr;
  uint32_t which_ = 0;
  std::array<float, 64> quantisation_{}, inverse_{};
  // Of the block at hand:
  Neighbours near_;
  Companions with_;
  size_t index_ = 0;
  int inner_count_ = 0;
  int last1_ = 0, last2_ = 0;      // magnitudes of the coefficients coded last
  BorderLine top_{}, left_{};      // what is still missing at the upper and the left border
  BorderLine bottom_{}, right_{};  // what the block brings to the next ones
};

}  // namespace lmc

#include "lmc/coefficients/jpeg_plane_coder.inc"

#endif  // LMC_COEFFICIENTS_JPEG_PLANE_CODER_H_
