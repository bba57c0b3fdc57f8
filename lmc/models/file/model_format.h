// Constants of the model file, shared by its reader and its writer.
#ifndef LMC_MODELS_FILE_MODEL_FORMAT_H_
#define LMC_MODELS_FILE_MODEL_FORMAT_H_

#include <cstddef>
#include <cstdint>

namespace lmc {

inline constexpr uint8_t kModelMagic[4] = {'L', 'M', 'C', 'M'};
inline constexpr uint32_t kModelVersion = 1;
inline constexpr uint32_t kModelVersionImported = 2;  // the same with `sinks` and `head_rate`
inline constexpr size_t kModelPrefixBytes = 16;       // magic, version, header length
inline constexpr size_t kModelAlignment = 64;         // of every tensor, counted from the file's beginning
inline constexpr uint64_t kMaxHeaderBytes = uint64_t(16) << 20;

}  // namespace lmc

#endif  // LMC_MODELS_FILE_MODEL_FORMAT_H_
