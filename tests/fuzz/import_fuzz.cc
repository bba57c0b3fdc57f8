// Any bytes as a GGUF file, and a valid small model with edits of its first bytes: values, names, sizes, places. What
// is imported is a sound model file.
#include <cstdlib>

#include "lmc/models/import/gguf_test_support.h"
#include "lmc/models/import/import.h"
#include "lmc/tokenize/tokenizer.h"

namespace {

constexpr size_t kEdited = 16384;  // values and infos of the valid file take less

// The first byte chooses: the rest as it is, or three bytes for each edit (where, what to flip).
lmc::Bytes file_from(lmc::ByteSpan data) {
  if (data.empty() || data[0] % 2 == 0) return lmc::Bytes(data.begin(), data.end());
  static const lmc::Bytes valid = lmc::TinyLlama().make();
  lmc::Bytes file = valid;
  for (size_t i = 1; i + 3 <= data.size(); i += 3) file[size_t(data[i] | data[i + 1] << 8) % kEdited] ^= data[i + 2];
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::Bytes file = file_from({data, size});
  const auto made = lmc::import_gguf(file, {.name = "fuzz"});
  if (!made.ok()) {
    if (made.error().message.empty()) std::abort();
    return 0;
  }
  const auto model = lmc::ModelFile::from_bytes(*made);
  if (!model.ok()) std::abort();
  const auto tokenizer = lmc::Tokenizer::parse(model->section("tokenizer"), model->section("tokenizer.merges"));
  if (!tokenizer.ok() || tokenizer->decode(tokenizer->encode({data, size})) != lmc::Bytes(data, data + size))
    std::abort();
  return 0;
}
