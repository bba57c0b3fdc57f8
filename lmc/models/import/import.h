// Language models of others, made into model files (.lmcm).
//
// Read: GGUF of the architecture llama (LLaMA, SmolLM2), see gguf_file.h. Weights become int8 with a scale for each
// row. The same file gives the same bytes on every machine.
#ifndef LMC_MODELS_IMPORT_IMPORT_H_
#define LMC_MODELS_IMPORT_IMPORT_H_

#include <functional>
#include <string>

#include "lmc/models/file/model_file.h"

namespace lmc {

struct ImportOptions {
  std::string name;                                         // of the model
  int window = 2048;                                        // that every layer sees
  ActivationBits act_bits = {16, 8, 8, 16, 16};             // docs/big-models.md says what fewer cost
  double head_rate = 0.3;                                   // of the adaptive head
  std::function<void(int done, int layers)> progress = {};  // may be empty
};

// file: the bytes of a GGUF file. Errors: bad input that says what is broken or not supported.
Result<Bytes> import_gguf(ByteSpan file, const ImportOptions& options);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_IMPORT_H_
