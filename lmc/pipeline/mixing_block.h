// The block codec for bytes of any kind: context mixing alone, no language model (docs/format.md, codec 1).
#ifndef LMC_PIPELINE_MIXING_BLOCK_H_
#define LMC_PIPELINE_MIXING_BLOCK_H_

#include "lmc/pipeline/block.h"

namespace lmc {

Bytes encode_mixing_block(ByteSpan raw, const BlockResources& resources);
Result<Bytes> decode_mixing_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_MIXING_BLOCK_H_
