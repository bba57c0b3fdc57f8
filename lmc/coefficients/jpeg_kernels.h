// One decision of a small JpegModel in few steps, one version per instruction set: its mixer and the slots of its
// contexts, without a way through memory between them. All give the bits of the plain version (JpegModel::predict and
// update with lmc/mixing's Mixer), which runs where there is none of these.
#ifndef LMC_COEFFICIENTS_JPEG_KERNELS_H_
#define LMC_COEFFICIENTS_JPEG_KERNELS_H_

#include <array>
#include <cstdint>

#include "lmc/coefficients/jpeg_buckets.h"
#include "lmc/mixing/mixer.h"
#include "lmc/numerics/isa.h"

namespace lmc {

// What the decisions of an integer depend on.
struct JpegChoice {
  static constexpr int kMostContexts = 32, kMostSets = 16;

  std::array<uint32_t, kMostContexts> contexts;
  std::array<uint32_t, kMostSets> selectors;  // of each set
  JpegBuckets::Near* near[kMostContexts];     // the contexts' buckets
};

struct JpegDecision {
  static constexpr int kMostSlots = 16, kKernelSets = 3;

  // From the caller: of the integer, far slots only where they are needed; what is added to a node, to be the kind of
  // the decision.
  const JpegChoice* choice;
  JpegBuckets::Far* far[JpegChoice::kMostContexts];
  uint32_t first_kind;
  // Once: where the weights of the sets begin, in rows of 16, kJpegKinds a selector; those of the last layer, in rows
  // of last_width, one a kind; the tables of lmc/mixing's Logistic.
  float *first_rows[kKernelSets], *first_last_row;
  uint32_t last_width;
  const float *stretch, *squash;
  // Of the decision at hand, between predict and update.
  BitSlot* slot[kMostSlots];
  float *rows[kKernelSets], *last_row;
  uint32_t probability;
  alignas(32) float inputs[16];
  alignas(32) uint32_t slots[16];
  alignas(16) float outputs[4];        // of each set
  alignas(16) float probabilities[4];  // the same, squashed
  int64_t decisions;                   // that were learnt from
};

struct JpegKernels {
  // The probability of a one at this node, of 65536.
  uint32_t (*predict)(JpegDecision& decision, uint32_t node) = nullptr;
  void (*update)(JpegDecision& decision, int bit) = nullptr;
};

// For models of so many contexts and sets.
struct JpegKernelSet {
  JpegKernels (*of)(int contexts, int sets);
};

inline constexpr uint32_t kJpegKinds = 32;  // of decisions, for the selectors: 16 of the first bucket, 16 of others
inline constexpr MixerRates kJpegMixerRates{
    .start = 0.03f, .floor = 0.008f, .decay = 3000.0f, .last = 0.002f, .prior_start = 0};

// For a model of 4 to 11 contexts and two or three sets; else, or without such an instruction set, none.
JpegKernels jpeg_kernels(int contexts, int sets, Isa isa);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_KERNELS_H_
