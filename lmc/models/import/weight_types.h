// How checkpoints keep weights: blocks of some weights in some bytes, back to binary32. Types and their numbers are
// GGUF's; safetensors have the first three.
#ifndef LMC_MODELS_IMPORT_WEIGHT_TYPES_H_
#define LMC_MODELS_IMPORT_WEIGHT_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

struct WeightType {
  uint32_t id;
  const char* name;
  size_t block_weights, block_bytes;
  void (*read)(const uint8_t* block, float* out);  // one block; out (block_weights)
};

// Null: not among F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K.
const WeightType* find_weight_type(uint32_t id);

// Points into the bytes it was read from.
struct WeightTensor {
  const WeightType* type = nullptr;
  std::vector<uint64_t> shape;  // the contiguous dimension last, as in numpy; columns are whole blocks
  ByteSpan bytes;

  uint64_t columns() const { return shape.back(); }
  uint64_t rows() const;
  // Row `row` as floats (columns).
  void read_row(uint64_t row, float* out) const;
  // One weight, of a type whose blocks are of one.
  void read_weight(uint64_t row, uint64_t column, float* out) const;
};

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_WEIGHT_TYPES_H_
