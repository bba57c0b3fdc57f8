// Language models of others, made into model files (.lmcm).
//
// Read: GGUF files (gguf_file.h) and Hugging Face's folders (hugging_face.h) of the architectures of architectures.h.
// Weights become int8 with a scale for each
// row. The same checkpoint gives the same bytes on every machine. A model is never in memory as a whole: what is read
// is mapped, what is written goes to the file row by row.
#ifndef LMC_MODELS_IMPORT_IMPORT_H_
#define LMC_MODELS_IMPORT_IMPORT_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lmc/models/file/model_file.h"

namespace lmc {

struct ImportOptions {
  std::string name;                                         // of the model
  std::vector<int> windows = {2048};                        // tokens that each layer sees at most; one: every layer
  std::optional<ActivationBits> act_bits = {};              // absent: what its architecture wants (architectures.h)
  double head_rate = 0.3;                                   // of the adaptive head
  std::function<void(int done, int layers)> progress = {};  // may be empty
};

// file: the bytes of a GGUF file. Errors: bad input that says what is broken or not supported.
Result<Bytes> import_gguf(ByteSpan file, const ImportOptions& options);
// The same of the files of a folder.
struct HuggingFaceFiles;
Result<Bytes> import_hugging_face(const HuggingFaceFiles& files, const ImportOptions& options);

struct ImportedFile {
  uint64_t size_bytes = 0;
  Sha256 sha256{};
};
// from: a GGUF file, or a folder with config.json, a tokenizer (tokenizer.json, tokenizer.model or *.tiktoken) and
// safetensors; to: the model file, which is not written when an error comes back.
Result<ImportedFile> import_model(const std::string& from, const std::string& to, const ImportOptions& options);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_IMPORT_H_
