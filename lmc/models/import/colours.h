// Models of pictures whose tokens are colours (image-GPT), as models of bytes.
//
// A colour is a token of two bytes, its number, the higher byte first: a picture is written as two bytes for each
// pixel, row by row. What is no such number is spelled in single bytes, which the model is not asked for and takes to
// be very unlikely; so every byte string comes back. The last row of the embedding begins a picture.
#ifndef LMC_MODELS_IMPORT_COLOURS_H_
#define LMC_MODELS_IMPORT_COLOURS_H_

#include <string>

#include "lmc/models/import/checkpoint.h"

namespace lmc {

struct JsonValue;

// config: of config.json. Errors: bad input, if 'vocab_size' is missing or out of range.
Result<CheckpointVocabulary> colour_vocabulary(const JsonValue& config);

// preprocessor: preprocessor_config.json, or empty; colours: how many. The member 'clusters' as JSON text, an array of
// [red, green, blue] for each colour, in units in which -1 is nothing and 1 is all; empty if there is none. Errors: bad
// input, if it is no such array.
Result<std::string> read_clusters(ByteSpan preprocessor, size_t colours);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_COLOURS_H_
