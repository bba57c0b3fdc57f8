// Safetensors files: u64 length of the header, the header (JSON: name: {dtype, shape, data_offsets}), the data.
#ifndef LMC_MODELS_IMPORT_SAFETENSORS_FILE_H_
#define LMC_MODELS_IMPORT_SAFETENSORS_FILE_H_

#include <map>
#include <string>

#include "lmc/base/bytes.h"
#include "lmc/models/import/weight_types.h"

namespace lmc {

// Adds the file's tensors, which point into it, to `tensors`; F32, F16 and BF16. Buffers that hold no weights (masks,
// frequencies) are left out. Errors: bad input that says what is cut short, out of place, given twice or not supported.
Status read_safetensors(ByteSpan file, std::map<std::string, WeightTensor>& tensors);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_SAFETENSORS_FILE_H_
