// A GGUF file (version 2 or 3), as llama.cpp and its kin write them: named values and named tensors.
//
//   "GGUF", u32 version, u64 tensors, u64 values; values: name, u32 type, value; tensors: name, u32 dimensions, u64 of
//   each (the first one contiguous), u32 type, u64 offset from the data; the data, aligned. Strings: u64 length, bytes.
//
// Everything points into the bytes given, which must outlive it. All offsets and lengths are checked when it is parsed.
#ifndef LMC_MODELS_IMPORT_GGUF_FILE_H_
#define LMC_MODELS_IMPORT_GGUF_FILE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/models/import/weight_types.h"

namespace lmc {

class GgufFile {
 public:
  // Errors: bad input, with the place, for what is cut short, too large or of unknown types.
  static Result<GgufFile> parse(ByteSpan file);

  bool has(const std::string& key) const { return values_.contains(key); }
  // Errors: bad input that names the key, if it is missing, of another type or out of range.
  Result<uint64_t> integer(const std::string& key, uint64_t low, uint64_t high) const;
  Result<double> number(const std::string& key) const;
  Result<std::string> text(const std::string& key) const;
  Result<std::vector<std::string_view>> texts(const std::string& key) const;
  Result<std::vector<int64_t>> integers(const std::string& key) const;
  Result<std::vector<double>> numbers(const std::string& key) const;  // of floats

  const std::map<std::string, WeightTensor>& tensors() const { return tensors_; }
  // Errors: bad input that names the tensor, if it is missing or not of this shape.
  Result<const WeightTensor*> tensor(const std::string& name, const std::vector<uint64_t>& shape) const;

 private:
  struct Value {
    uint32_t type = 0;  // of its elements, where it is an array
    bool is_array = false;
    uint64_t count = 1;
    ByteSpan bytes;  // the elements
  };
  class Parser;
  Result<const Value*> find(const std::string& key, bool is_array) const;

  std::map<std::string, Value> values_;
  std::map<std::string, WeightTensor> tensors_;
};

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_GGUF_FILE_H_
