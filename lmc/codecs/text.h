// The block codec for text: tokens predicted by a language model, mixed with what the block teaches (docs/format.md,
// codec 2).
//
// A block's tokens are cut into streams that advance in lockstep, so that the network works on a batch. Two groups of
// streams take turns: while the tokens of one are coded, the network runs for the other. Every step is the same in
// both directions and for every number of threads.
#ifndef LMC_CODECS_TEXT_H_
#define LMC_CODECS_TEXT_H_

#include <memory>

#include "lmc/codecs/codec.h"
#include "lmc/codecs/lockstep.h"

namespace lmc {

// What coding text takes of a model file: tokenizer, token tree, transformer, mixing prior. Immutable.
struct TextModel;

Result<std::shared_ptr<const TextModel>> load_text_model(const ModelFile& file, Isa isa);
// The one of resources, compiled once; null if there is none or it is no language model.
std::shared_ptr<const TextModel> text_model_of(const BlockResources& resources);

// Tokens per byte, from samples of a large block: about 0.25 for English, 0.45 for tables, above 0.6 for bytes that the
// vocabulary does not know.
double tokens_per_byte(const TextModel& model, ByteSpan raw);

// How many streams a block becomes: few where the level wants the smallest file, else what suits the model's size.
TextProfile text_profile(const TextModel& model, const LevelRow& level);

Result<Bytes> encode_text_block(const TextModel& model, ByteSpan raw, TextProfile profile,
                                const BlockResources& resources);
// The same, given up (nothing) when go_on says so: it is asked now and then, told how many raw bytes are coded, not
// always the first ones, and how many bytes that took.
using GoOn = std::function<bool(size_t raw_bytes, size_t coded_bytes)>;
std::optional<Bytes> encode_text_block_while(const TextModel& model, ByteSpan raw, TextProfile profile,
                                             const GoOn& go_on, const BlockResources& resources);
Result<Bytes> decode_text_block(const TextModel& model, ByteSpan payload, size_t raw_size_bytes,
                                const BlockResources& resources);

// As the table of codecs wants them.
Result<EncodedBlock> encode_text(ByteSpan raw, const LevelRow& level, const BlockResources& resources);
Result<Bytes> decode_text(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);

inline constexpr CodecRow kTextRow{kText,        "text",      ModelNeed::kText, Shape::kBytes,
                                   kTextThreads, encode_text, decode_text};

// The arithmetic code alone, for a raw text so short that it is one stream (message.h).
Result<Bytes> encode_text_message(const TextModel& model, ByteSpan raw, const BlockResources& resources);
Result<Bytes> decode_text_message(const TextModel& model, ByteSpan coded, size_t raw_size_bytes,
                                  const BlockResources& resources);

// What an experiment may change of the way a text block is coded. A file is always coded with the defaults and the
// model's own prior.
struct TextExperiment {
  ByteSpan prior;          // the mixing starts from it; empty: the built-in start
  uint32_t without = 0;    // MixingParts left out
  bool adapt_head = true;  // whether the network's output layer learns
  TextProfile profile = TextProfile::kManyStreams;
  bool measure_model = false;  // model_bits of the outcome
};
struct TextOutcome {
  size_t payload_bytes = 0;
  size_t tokens = 0;
  double model_bits = 0;  // that the language model alone would take, its head learning or not
  Bytes prior;            // what the mixing has become: how the prior in a model file is learnt, sample by sample
};
Result<TextOutcome> try_text_block(const TextModel& model, ByteSpan raw, const TextExperiment& experiment,
                                   const BlockResources& resources);
ByteSpan text_prior(const TextModel& model);  // the model's own; may be empty

}  // namespace lmc

#endif  // LMC_CODECS_TEXT_H_
