// Decodes one block and checks it against its checksum; shared by streaming, salvage and random access.
#ifndef LMC_PIPELINE_CHECKED_BLOCK_H_
#define LMC_PIPELINE_CHECKED_BLOCK_H_

#include "lmc/container/layout.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {

// "block 3 (content bytes 100 to 200, at byte 50 of the file)"
std::string describe_block(size_t number, const BlockLayout& block);

// What blocks are decoded with, but for the model that each names.
BlockResources decoding_resources(const DecompressOptions& options, Budget& budget, int threads);

// Bytes of one codec. model: the one that the header names; null: none. Errors: as decode_block, and bad input if the
// codec is unknown, needs a model and none is named, or the other way round.
Result<Bytes> decode_with(uint8_t codec, const LoadedModel* model, ByteSpan payload, size_t raw_bytes,
                          const BlockResources& resources);

// The raw bytes. Errors name the block: bad input, or what decode_block says.
Result<Bytes> decode_checked(size_t number, const BlockLayout& block, const LoadedModel* model, ByteSpan payload,
                             const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_CHECKED_BLOCK_H_
