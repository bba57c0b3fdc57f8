// The block codec for text: tokens predicted by a language model, mixed with what the block teaches (docs/format.md,
// codec 2).
//
// A block's tokens are cut into streams that advance in lockstep, so that the network works on a batch. Two groups of
// streams take turns: while the tokens of one are coded, the network runs for the other. Every step is the same in
// both directions and for every number of threads.
#ifndef LMC_PIPELINE_TEXT_BLOCK_H_
#define LMC_PIPELINE_TEXT_BLOCK_H_

#include <memory>

#include "lmc/pipeline/block.h"

namespace lmc {

// What coding text takes of a model file: tokenizer, token tree, transformer, mixing prior. Immutable.
struct TextModel;

Result<std::shared_ptr<const TextModel>> load_text_model(const ModelFile& file, Isa isa);

// Whether the block is made of what the model's vocabulary knows; looks at samples of a large block.
bool looks_like_text(const TextModel& model, ByteSpan raw);

Bytes encode_text_block(const TextModel& model, ByteSpan raw, const BlockResources& resources);
Result<Bytes> decode_text_block(const TextModel& model, ByteSpan payload, size_t raw_size_bytes,
                                const BlockResources& resources);

// Codes raw with the mixing started from prior (empty: the built-in start; else it must be one this program made) and
// returns what the mixing has become: how the prior in a model file is learnt, sample by sample.
Result<Bytes> learn_text_prior(const TextModel& model, ByteSpan raw, ByteSpan prior, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_TEXT_BLOCK_H_
