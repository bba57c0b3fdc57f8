// Folders as Hugging Face's transformers writes them: config.json, a tokenizer, safetensors in one file or several.
#ifndef LMC_MODELS_IMPORT_HUGGING_FACE_H_
#define LMC_MODELS_IMPORT_HUGGING_FACE_H_

#include <string>
#include <vector>

#include "lmc/models/import/checkpoint.h"

namespace lmc {

struct HuggingFaceFiles {
  ByteSpan config;
  ByteSpan tokenizer;              // tokenizer.json; empty: tokenizer_model is there, or tokens are colours
  std::vector<ByteSpan> weights;   // safetensors
  ByteSpan tokenizer_model = {};   // tokenizer.model of SentencePiece, or a file of tiktoken
  ByteSpan tokenizer_config = {};  // may be empty
  ByteSpan preprocessor = {};      // preprocessor_config.json, may be empty
};

// The files must outlive it. Errors: bad input that says what is missing or not supported.
Result<Checkpoint> read_hugging_face_checkpoint(const HuggingFaceFiles& files);

// Names of the files with weights that model.safetensors.index.json lists, without folders.
Result<std::vector<std::string>> read_weight_index(ByteSpan text);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_HUGGING_FACE_H_
