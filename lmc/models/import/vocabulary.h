// The vocabulary of a checkpoint, put into the order that our tokens have (lmc/tokenize/tokenizer.h).
//
// Tokens without bytes (control) go, single bytes that it lacks are added, the one that begins a document becomes BOS.
#ifndef LMC_MODELS_IMPORT_VOCABULARY_H_
#define LMC_MODELS_IMPORT_VOCABULARY_H_

#include <cstdint>
#include <vector>

#include "lmc/models/import/checkpoint.h"
#include "lmc/tokenize/tokenizer.h"

namespace lmc {

inline constexpr uint32_t kNoRow = UINT32_MAX;

struct ImportedVocabulary {
  Tokenizer tokenizer;
  std::vector<uint32_t> rows;  // (V): where the token's row is in the checkpoint's embedding, or kNoRow; BOS is last
};

// Errors: bad input that says what is not supported, or broken.
Result<ImportedVocabulary> import_vocabulary(const Checkpoint& checkpoint);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_VOCABULARY_H_
