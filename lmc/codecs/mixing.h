// The block codec for bytes of any kind: context mixing alone, no language model (docs/format.md, codec 1).
#ifndef LMC_CODECS_MIXING_H_
#define LMC_CODECS_MIXING_H_

#include "lmc/codecs/codec.h"

namespace lmc {

// Wire ids: the first byte of the payload. The last two are kDeep behind a branch filter.
enum class MixingProfile : uint8_t { kFast = 0, kDeep = 1, kDeepX86 = 2, kDeepArm64 = 3 };

// Deep mixing with the branch filter that makes a piece of these bytes smaller, if one does.
MixingProfile deep_profile(ByteSpan raw, const BlockResources& resources);

inline constexpr size_t kWatchBytes = 256;
// What encode_mixing_block takes at most.
uint64_t encode_mixing_memory(size_t raw_bytes, MixingProfile profile);
// costs, if given, gets the payload's size before the raw bytes 0, kWatchBytes, 2 kWatchBytes, ...
// Errors: environment, if the budget is too small.
Result<Bytes> encode_mixing_block(ByteSpan raw, MixingProfile profile, const BlockResources& resources,
                                  std::vector<size_t>* costs = nullptr);
Result<Bytes> decode_mixing_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources);

// As the table of codecs wants it: fast or deep, as the level says and the budget allows.
Result<EncodedBlock> encode_mixing(ByteSpan raw, const LevelRow& level, const BlockResources& resources);

inline constexpr CodecRow kMixingRow{kMixing, "mixing",      ModelNeed::kNone,   Shape::kBytes,
                                     1,       encode_mixing, decode_mixing_block};

}  // namespace lmc

#endif  // LMC_CODECS_MIXING_H_
