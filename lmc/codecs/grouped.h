// The block codec for contents of several kinds (docs/format.md, codec 3): what is of one kind is put together and
// coded as one, wherever it stood, and comes back to its place.
//
// So the files of an archive learn from each other, although programs, pictures and tables lie between the texts.
#ifndef LMC_PIPELINE_GROUPED_BLOCK_H_
#define LMC_PIPELINE_GROUPED_BLOCK_H_

#include "lmc/pipeline/block.h"
#include "lmc/pipeline/segments.h"

namespace lmc {

// How one group's bytes are coded; never as kGrouped.
using EncodeGroup = std::function<EncodedBlock(SegmentKind kind, ByteSpan raw, const BlockResources& resources)>;

// What is of one kind, put together.
Bytes content_of(ByteSpan raw, const std::vector<Segment>& segments, SegmentKind kind);

// segments: of at least two kinds, or with images, covering raw. images: the codes of those, in their order.
EncodedBlock encode_grouped_block(ByteSpan raw, const std::vector<Segment>& segments, std::vector<EncodedBlock> images,
                                  const EncodeGroup& encode, const BlockResources& resources);

// Errors: bad input, and what the groups' codecs say.
Result<Bytes> decode_grouped_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_GROUPED_BLOCK_H_
