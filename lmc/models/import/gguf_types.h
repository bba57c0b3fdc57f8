// How GGUF files keep weights: blocks of some weights in some bytes, back to binary32.
#ifndef LMC_MODELS_IMPORT_GGUF_TYPES_H_
#define LMC_MODELS_IMPORT_GGUF_TYPES_H_

#include <cstddef>
#include <cstdint>

namespace lmc {

struct GgufType {
  uint32_t id;
  const char* name;
  size_t block_weights, block_bytes;
  void (*read)(const uint8_t* block, float* out);  // one block; out (block_weights)
};

// Null: not among F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K.
const GgufType* find_gguf_type(uint32_t id);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_GGUF_TYPES_H_
