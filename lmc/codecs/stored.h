// The block codec that keeps bytes as they are (docs/format.md, codec 0).
#ifndef LMC_CODECS_STORED_H_
#define LMC_CODECS_STORED_H_

#include "lmc/codecs/codec.h"

namespace lmc {

Result<EncodedBlock> encode_stored(ByteSpan raw, const LevelRow& level, const BlockResources& resources);
Result<Bytes> decode_stored(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);

inline constexpr CodecRow kStoredRow{kStored, "stored",      ModelNeed::kNone, Shape::kBytes,
                                     1,       encode_stored, decode_stored};

}  // namespace lmc

#endif  // LMC_CODECS_STORED_H_
