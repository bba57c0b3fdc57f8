// Constants of the model file, shared by its reader and its writer.
#ifndef LMC_MODELS_FILE_MODEL_FORMAT_H_
#define LMC_MODELS_FILE_MODEL_FORMAT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "lmc/models/file/model_file.h"

namespace lmc {

inline constexpr uint8_t kModelMagic[4] = {'L', 'M', 'C', 'M'};
inline constexpr uint32_t kModelVersion = 1;
inline constexpr uint32_t kModelVersionImported = 2;  // the same with `sinks` and `head_rate`
// The same with what other architectures need: see version_of.
inline constexpr uint32_t kModelVersionArchitectures = 3;
inline constexpr uint32_t kModelVersionHeadBias = 4;  // the same with quick_gelu, head.bias and bos_anew
inline constexpr size_t kModelPrefixBytes = 16;       // magic, version, header length
inline constexpr size_t kModelAlignment = 64;         // of every tensor, counted from the file's beginning
inline constexpr uint64_t kMaxHeaderBytes = uint64_t(16) << 20;

inline constexpr const char* kActivationNames[] = {"relu2", "swiglu", "gelu", "geglu", "quick_gelu"};  // by Activation
inline constexpr const char* kNormNames[] = {"rms", "layer"};                                          // by NormKind
inline constexpr const char* kHeadBias = "head.bias";

// Tensors of layer i, "layer.i.NAME", that version 3 has and the others have not; and every NAME.bias.
inline constexpr const char* kNewTensors[] = {"q_norm", "k_norm", "attn_post_norm", "ffn_post_norm", "rope"};

// The lowest version that a model of this architecture and these tensors can have.
template <typename Tensors>
uint32_t version_of(const ModelConfig& c, const Tensors& tensors) {
  const bool sinks = std::ranges::count(c.sinks, 0) != std::ptrdiff_t(c.sinks.size());
  const bool same_sinks = std::ranges::adjacent_find(c.sinks, std::not_equal_to()) == c.sinks.end();
  if (c.activation == Activation::kQuickGelu || c.bos_anew || tensors.contains(kHeadBias)) return kModelVersionHeadBias;
  if (c.activation > Activation::kSwiglu || c.norm != NormKind::kRms || c.embed_factor != 1.0 || c.positions > 0 ||
      !same_sinks)
    return kModelVersionArchitectures;
  for (const auto& [name, tensor] : tensors) {
    if (name.ends_with(".bias")) return kModelVersionArchitectures;
    for (const char* end : kNewTensors)
      if (name.starts_with("layer.") && name.ends_with(std::string(".") + end)) return kModelVersionArchitectures;
  }
  return sinks || c.head_rate != 1.0 ? kModelVersionImported : kModelVersion;
}

}  // namespace lmc

#endif  // LMC_MODELS_FILE_MODEL_FORMAT_H_
