// Adapters: a valid file with edits, its hash made right, merged into its base; and PEFT's two files, any bytes or
// valid ones with edits.
#include "lmc/models/adapters/adapter.h"
#include "lmc/models/adapters/peft.h"
#include "lmc/models/test_adapter.h"

namespace {

constexpr const char* kConfig =
    R"({"peft_type":"LORA","r":2,"lora_alpha":4,"bias":"none","rank_pattern":{"q_proj":2},"alpha_pattern":{}})";

const lmc::ModelFile& base() {
  static const lmc::ModelFile file = [] {
    const lmc::ModelConfig config{
        .layers = 1, .width = 16, .heads = 1, .kv_heads = 1, .head_dim = 16, .ffn = 16, .vocab = 258, .windows = {8}};
    return *lmc::ModelFile::from_bytes(lmc::make_test_model(config, 1));
  }();
  return file;
}

const lmc::Bytes& valid_adapter() {
  static const lmc::Bytes file = lmc::make_test_adapter(base(), 2, 1);
  return file;
}

const lmc::Bytes& valid_tensors() {
  static const lmc::Bytes file = [] {
    const std::string header =
        R"({"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{"dtype":"F32","shape":[2,16],"data_offsets":[0,128]},)"
        R"("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight":{"dtype":"BF16","shape":[16,2],"data_offsets":[128,192]}})";
    lmc::Bytes out;
    lmc::append_le(out, uint64_t(header.size()));
    lmc::append_bytes(out, lmc::as_bytes(header));
    out.resize(out.size() + 192, 0x3C);
    return out;
  }();
  return file;
}

// Five bytes for each edit: where, what to flip.
void edit(lmc::Bytes& file, lmc::ByteSpan edits) {
  for (size_t i = 0; i + 5 <= edits.size(); i += 5) {
    const size_t where = edits[i] | edits[i + 1] << 8 | edits[i + 2] << 16 | size_t(edits[i + 3]) << 24;
    file[where % file.size()] ^= edits[i + 4];
  }
}

void merge(lmc::Bytes file) {
  file.resize(file.size() - sizeof(lmc::Sha256));
  lmc::append_bytes(file, lmc::sha256(file));
  const auto adapter = lmc::ModelFile::from_bytes(file);
  if (!adapter.ok()) return;
  const auto merged = lmc::merge_adapter(base(), *adapter, lmc::Isa::kScalar);
  if (!merged.ok()) return;
  for (const auto& [name, view] : merged->tensors())
    if (name.ends_with(".scale"))
      for (const float scale : view.as<float>())
        if (!(scale >= 0 && scale <= 1)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const lmc::ByteSpan rest{data + 1, size - 1};
  lmc::Bytes file;
  switch (data[0] % 4) {
    case 0:
      file = valid_adapter();
      edit(file, rest);
      merge(std::move(file));
      break;
    case 1:
      file = valid_tensors();
      edit(file, rest);
      (void)lmc::import_peft(lmc::as_bytes(kConfig), file, base(), "fuzz");
      break;
    case 2:
      (void)lmc::import_peft(rest, valid_tensors(), base(), "fuzz");
      break;
    default:
      (void)lmc::import_peft(lmc::as_bytes(kConfig), rest, base(), "fuzz");
  }
  return 0;
}
