// Decodes one block and checks it against its checksum; shared by streaming, salvage and random access.
#ifndef LMC_PIPELINE_CHECKED_BLOCK_H_
#define LMC_PIPELINE_CHECKED_BLOCK_H_

#include "lmc/container/layout.h"
#include "lmc/pipeline/block.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {

// "block 3 (content bytes 100 to 200, at byte 50 of the file)"
std::string describe_block(size_t number, const BlockLayout& block);

// Fails unless codec is one this program knows, and names a model if it needs one.
Status check_codec(uint8_t codec, bool names_model);

// What a block is decoded with. model: the one that its header names; null: none.
BlockResources decoding_resources(const DecompressOptions& options, const LoadedModel* model, Budget& budget,
                                  int threads);

// The raw bytes. Errors name the block: bad input, or what decode_block says.
Result<Bytes> decode_checked(size_t number, const BlockLayout& block, ByteSpan payload,
                             const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_CHECKED_BLOCK_H_
