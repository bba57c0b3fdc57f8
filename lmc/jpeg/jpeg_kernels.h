// One decision of a small JpegModel in few steps, one version per instruction set: its mixer and the slots of its
// contexts, without a way through memory between them. All give the bits of the plain version (JpegModel::predict and
// update with lmc/mixing's Mixer), which runs where there is none of these.
#ifndef LMC_JPEG_JPEG_KERNELS_H_
#define LMC_JPEG_JPEG_KERNELS_H_

#include <cstdint>

#include "lmc/jpeg/jpeg_lines.h"
#include "lmc/numerics/isa.h"

namespace lmc {

struct JpegDecision {
  static constexpr int kMostLines = 32, kMostSets = 4;

  // From the caller: slots of near and far nodes (JpegLines) for each context, the latter only where they are needed;
  // weights of the chosen rows (16 each) and of the last layer's (4 at least); the tables of lmc/mixing's Logistic.
  BitSlot *near[kMostLines], *far[kMostLines];
  float* rows[kMostSets];
  float* last_row;
  const float *stretch, *squash;
  // Of the decision at hand, between predict and update.
  BitSlot* const* chosen;  // near or far
  uint32_t place;          // of the node's slot there
  uint32_t chance;
  alignas(32) float inputs[16];
  alignas(32) uint32_t slots[16];
  alignas(16) float outputs[4];  // of each set
  alignas(16) float chances[4];  // the same, squashed
};

struct JpegKernels {
  // The chance of a one at this node, of 65536.
  uint32_t (*predict)(JpegDecision& decision, uint32_t node) = nullptr;
  // rate, last_rate: of the sets, and of the last layer.
  void (*update)(JpegDecision& decision, int bit, float rate, float last_rate) = nullptr;
};

// For a model of 4 to 11 contexts and two or three sets; else, or without such an instruction set, none.
JpegKernels jpeg_kernels(int contexts, int sets, Isa isa);

}  // namespace lmc

#endif  // LMC_JPEG_JPEG_KERNELS_H_
