// One block encoded: its bytes are told apart by kind, and each kind is given to the codec that serves it best.
#ifndef LMC_PIPELINE_ENCODE_BLOCK_H_
#define LMC_PIPELINE_ENCODE_BLOCK_H_

#include "lmc/codecs/codec.h"
#include "lmc/pipeline/segments.h"

namespace lmc {

// Of anything. Contents of several kinds are grouped by kind, and each group coded by itself, and so are whole files
// that stand in it (embedded_files.h). Never larger than raw. What the budget has no memory for is coded in another
// way. Errors: environment, if it has none for plain bytes.
Result<EncodedBlock> encode_block(ByteSpan raw, const LevelRow& level, const BlockResources& resources);

// What encode_block takes at least, of any bytes.
uint64_t least_memory(size_t raw_bytes);

// How many threads encode_block will have work for: a guess, from whether the bytes look like text.
int useful_threads(ByteSpan raw, bool text_model);

// How one kind's bytes are coded.
using EncodeKind = std::function<EncodedBlock(SegmentKind kind, ByteSpan raw, const BlockResources& resources)>;
// segments: of at least two kinds, or with whole files, covering raw. files: the codes of those, in their order.
EncodedBlock encode_by_kind(ByteSpan raw, const std::vector<Segment>& segments, std::vector<EncodedBlock> files,
                            const EncodeKind& encode, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_ENCODE_BLOCK_H_
