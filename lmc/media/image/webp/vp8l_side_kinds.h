// The kinds of decisions in the reconstruction data of VP8L: each keeps its probabilities apart.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_KINDS_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_KINDS_H_

#include <cstdint>

namespace lmc {

enum Vp8lSideKind : uint32_t {
  kHeader,
  kMoreTransforms,
  kTransformKind,
  kBlockBits,
  kPaletteSize,
  kCacheBits,
  kHasGroups,
  kExceptionGap,
  kException,
  kPixel,
  kHeuristic,
  kQuality,
  kIsCopy,
  kIsCached,
  kGuessedDistance,
  kDistance,
  kGuessedLength,
  kFullLength,
  kCopyLength,
  kUsualLengths,
  kPlainLengths,
  kLength,
  kUsualLengthEncoding,
  kIsSimple,
  kTurnedRound,
  kFirstInByte,
  kStepsEnd,
  kStep,
  kStepExtra,
  kUsualStepLengths,
  kStepLength,
  kStepLengthsWritten,
  kCountBits,
  kGuessedPixel,
  kColourQuality,
  kRanksGroups,
  kGroupAlpha,
  kNewGroup,
  kGroupRank,
  kPaletteOrder,
};

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_KINDS_H_
