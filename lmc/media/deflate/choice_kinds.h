// The kinds of decisions in the reconstruction data of a deflate stream (choice_coder.h).
#ifndef LMC_MEDIA_DEFLATE_CHOICE_KINDS_H_
#define LMC_MEDIA_DEFLATE_CHOICE_KINDS_H_

#include <cstdint>

namespace lmc {

enum ChoiceKind : uint32_t {
  kIsMatch,
  kIsGuessedLength,
  kIsOther,
  kOddLength,
  kIsGuessedDistance,
  kDistanceSymbol,
  kDistanceExtra,
  kBlockKind,
  kIsLastBlock,
  kBlockBytes,
  kPadding,
  kZlibGuess,
  kLiteralCodesCount,
  kDistanceCodesCount,
  kLengthCodesCount,
  kCodeLength,
  kCodeLengthSame,
  kStepSame,
  kStep,
  kStepExtra,
  kStepLength,
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_CHOICE_KINDS_H_
