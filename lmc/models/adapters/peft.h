// Adapters of PEFT (adapter_config.json, adapter_model.safetensors) as ours.
//
// LoRA of the seven linear layers, with rslora, rank_pattern and alpha_pattern. What PEFT has beside that (DoRA,
// biases, modules saved whole, starts that change the base ...) is refused by name.
#ifndef LMC_MODELS_ADAPTERS_PEFT_H_
#define LMC_MODELS_ADAPTERS_PEFT_H_

#include <string>

#include "lmc/models/file/model_file.h"

namespace lmc {

// config and tensors: the two files. base: the model it was trained on, imported. Returns an adapter file (.lmca).
// Errors: bad input, naming the setting or tensor that is not understood, or that the base has not.
Result<Bytes> import_peft(ByteSpan config, ByteSpan tensors, const ModelFile& base, const std::string& name);

}  // namespace lmc

#endif  // LMC_MODELS_ADAPTERS_PEFT_H_
