// The architectures that can be imported: a row each, and the names of their tensors in each kind of checkpoint.
#ifndef LMC_MODELS_IMPORT_ARCHITECTURES_H_
#define LMC_MODELS_IMPORT_ARCHITECTURES_H_

#include <span>
#include <string>
#include <string_view>

#include "lmc/models/file/model_file.h"

namespace lmc {

enum class TensorSource { kGguf, kHuggingFace };

// One tensor: our name and theirs; of a layer "%" stands for its number. Biases are ".bias" for ".weight".
struct TensorNames {
  enum class Kind {
    kEmbedding,  // (V, C), rows by token
    kMatrix,     // (rows, columns), perhaps with a bias
    kNorm,       // (C), perhaps with a bias; or (D) of a head
    kPositions   // (P, C)
  };
  Kind kind;
  const char* ours;
  const char *gguf, *hugging_face;
  const char* of(TensorSource source) const { return source == TensorSource::kGguf ? gguf : hugging_face; }
};

struct Architecture {
  const char* name;                                    // for people
  const char* gguf;                                    // general.architecture; null: not in GGUF files
  std::span<const char* const> model_types;            // of config.json
  std::span<const TensorNames> once, matrices, norms;  // the latter two of each layer
  Activation activation = Activation::kSwiglu;
  NormKind norm = NormKind::kRms;
  bool qk_norm = false;                // RMS norms with gains on queries and keys
  bool scaled_embedding = false;       // times the root of the width
  bool gguf_turns_neighbours = false;  // rotation of neighbours in GGUF, of halves everywhere else
  bool gains_less_one = false;         // Hugging Face keeps gains less one
  bool fused_qkv = false;              // q, k and v are one tensor
  bool transposed = false;             // Hugging Face keeps matrices (columns, rows)
  bool learned_positions = false;      // hyperparameters by the names that GPT-2 has for them
  bool colours = false;                // tokens are colours of pixels (colours.h)
  ActivationBits act_bits = {16, 8, 8, 16, 16};
};

const Architecture* find_gguf_architecture(std::string_view name);
const Architecture* find_model_type(std::string_view model_type);
std::string gguf_architectures();  // 'a', 'b' and 'c'
std::string model_types();

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_ARCHITECTURES_H_
