// safetensors files: a JSON header with names, types, shapes and places, then the numbers. Minimal: what PEFT writes.
// Format: https://github.com/huggingface/safetensors
#ifndef LMC_MODELS_IMPORT_SAFETENSORS_H_
#define LMC_MODELS_IMPORT_SAFETENSORS_H_

#include <map>
#include <string>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

inline constexpr uint64_t kMaxSafetensorsHeaderBytes = uint64_t(64) << 20;

enum class SafetensorsType { kF32, kF16, kBF16 };

struct SafetensorsView {
  SafetensorsType type = SafetensorsType::kF32;
  std::vector<size_t> shape;
  ByteSpan bytes;  // of the file
};

// All tensors by name; they point into file. Errors: bad input, saying what is wrong and where.
Result<std::map<std::string, SafetensorsView>> read_safetensors(ByteSpan file);

std::vector<float> to_floats(const SafetensorsView& view);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_SAFETENSORS_H_
