// Folders as Hugging Face's transformers writes them: config.json, tokenizer.json, safetensors in one file or several.
#ifndef LMC_MODELS_IMPORT_HUGGING_FACE_H_
#define LMC_MODELS_IMPORT_HUGGING_FACE_H_

#include <optional>
#include <string>
#include <vector>

#include "lmc/models/import/checkpoint.h"

namespace lmc {

struct HuggingFaceFiles {
  ByteSpan config, tokenizer;     // config.json, tokenizer.json
  std::vector<ByteSpan> weights;  // safetensors
};

// The files must outlive it. Errors: bad input that says what is missing or not supported.
Result<Checkpoint> read_hugging_face_checkpoint(const HuggingFaceFiles& files);

// The vocabulary of tokenizer.json; bos: its number of the token that begins a document, if there is no <|endoftext|>.
Result<CheckpointVocabulary> read_tokenizer_json(ByteSpan text, std::optional<int64_t> bos);

// Names of the files with weights that model.safetensors.index.json lists, without folders.
Result<std::vector<std::string>> read_weight_index(ByteSpan text);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_HUGGING_FACE_H_
