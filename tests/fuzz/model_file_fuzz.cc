// Any bytes as a model file, and a valid small one with edits. The hash at the end is made right, or nothing behind it
// would ever be reached.
#include "lmc/models/arch/transformer.h"
#include "lmc/models/file/model_file.h"
#include "lmc/models/test_model.h"

namespace {

const lmc::Bytes& valid_file() {
  static const lmc::Bytes file = [] {
    lmc::ModelConfig config;
    config.layers = 1;
    config.width = 16;
    config.heads = config.kv_heads = 1;
    config.head_dim = 16;
    config.ffn = 16;
    config.vocab = 258;
    config.windows = {8};
    return lmc::make_test_model(config, 1);
  }();
  return file;
}

// The first byte chooses: the rest as it is, or five bytes for each edit (where, what to flip).
lmc::Bytes file_from(lmc::ByteSpan data) {
  if (data.empty() || data[0] % 2 == 0) return lmc::Bytes(data.begin(), data.end());
  lmc::Bytes file = valid_file();
  file.resize(file.size() - sizeof(lmc::Sha256));
  for (size_t i = 1; i + 5 <= data.size(); i += 5) {
    const size_t where = data[i] | data[i + 1] << 8 | data[i + 2] << 16 | size_t(data[i + 3]) << 24;
    file[where % file.size()] ^= data[i + 4];
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lmc::Bytes file = file_from({data, size});
  lmc::append_bytes(file, lmc::sha256(file));
  const auto model = lmc::ModelFile::from_bytes(file);
  if (!model.ok()) return 0;
  for (const auto& [name, view] : model->tensors())
    if (lmc::crc32c(view.bytes) == 1) break;  // a view must be readable to its end
  const auto transformer = lmc::Transformer::load(*model, lmc::Isa::kScalar);
  (void)transformer;
  return 0;
}
