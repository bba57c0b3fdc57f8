// Any bytes as a GGUF file, and a valid small model with edits of its first bytes: values, names, sizes, places. The
// same for the files of a Hugging Face folder. What is imported is a sound model file.
#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "lmc/models/import/gguf_test_support.h"
#include "lmc/models/import/hugging_face_test_support.h"
#include "lmc/models/import/import.h"
#include "lmc/tokenize/tokenizer.h"

namespace {

constexpr size_t kEdited = 16384;  // values and infos of the valid file take less

// Three bytes for each edit: where, what to flip.
template <typename Container>
void edit(Container& bytes, lmc::ByteSpan edits, size_t within) {
  within = std::min(within, bytes.size());
  for (size_t i = 0; i + 3 <= edits.size(); i += 3) {
    auto& byte = bytes[size_t(edits[i] | edits[i + 1] << 8) % within];
    byte = std::remove_reference_t<decltype(byte)>(byte ^ edits[i + 2]);
  }
}

enum class Form { kAnyGguf, kEditedGguf, kEditedFolder, kAnyFile };

// A field of a protocol buffer: up to 127 bytes.
std::string field(char key, std::string_view bytes) {
  return std::string{key, char(bytes.size())} + std::string(bytes);
}

// A small tokenizer.model: what the vocabulary begins with, tokens of some letters, one that is taken whole, spaces.
std::string pieces() {
  const auto piece = [](std::string_view text, std::string_view score, char type) {
    return field('\x0a', field('\x0a', text) + "\x15" + std::string(score) + "\x18" + type);
  };
  const std::string_view low("\0\0\x20\xc1", 4), high("\0\0\x80\xbf", 4);  // -10 and -1
  std::string out = piece("<unk>", low, 2) + piece("<s>", low, 3) + piece("<0x61>", low, 6) + piece("<b>", low, 4);
  for (const char* text : {"a", "b", "ab", "\xE2\x96\x81",
                           "\xE2\x96\x81"
                           "ab",
                           "\xC3\xA9"})
    out += piece(text, high, 1);
  return out + field('\x12', "\x18\x01") + field('\x1a', "\x28\x01");
}

constexpr const char* kRanks = "YQ== 0\nYg== 1\nYWI= 2\nIGFi 3\nw6k= 4\n";

// The rest of the data in place of one file of a folder, or edits of one.
lmc::TinyFolder folder_from(Form form, size_t which, lmc::ByteSpan rest) {
  static const auto* const valid = [] {
    auto* out = new std::vector<lmc::TinyFolder>;
    for (const char* type : lmc::TinyFolderMaker::kTypes) out->push_back(lmc::TinyFolderMaker(type).make());
    return out;
  }();
  lmc::TinyFolder folder = (*valid)[which % valid->size()];
  const std::string text(rest.begin(), rest.end());
  const size_t part = which / valid->size() % 5;
  std::string& tokens = folder.tokenizer.empty() ? folder.preprocessor : folder.tokenizer;
  if (part >= 3) folder.tokenizer.clear();
  if (part == 3) folder.tokenizer_model = pieces();
  if (part == 4) folder.tokenizer_model = kRanks;
  if (form == Form::kAnyFile) {
    if (part == 0) folder.config = text;
    if (part == 1) tokens = text;
    if (part == 2) folder.weights.assign(rest.begin(), rest.end());
    if (part == 3) folder.tokenizer_model = text;
    if (part == 4) folder.tokenizer_config = text;
    return folder;
  }
  if (part == 0) edit(folder.config, rest, SIZE_MAX);
  if (part == 1) edit(tokens, rest, SIZE_MAX);
  if (part == 2) edit(folder.weights, rest, 4096);
  if (part >= 3) edit(folder.tokenizer_model, rest, SIZE_MAX);
  return folder;
}

// The first byte chooses the form, for folders the second one the architecture and the file.
lmc::Result<lmc::Bytes> import(lmc::ByteSpan data) {
  const auto form = data.empty() ? Form::kAnyGguf : Form(data[0] % 4);
  if (form == Form::kAnyGguf) return lmc::import_gguf(data, {.name = "fuzz"});
  if (form == Form::kEditedGguf) {
    static const lmc::Bytes valid = lmc::TinyLlama().make();
    lmc::Bytes file = valid;
    edit(file, data.subspan(1), kEdited);
    return lmc::import_gguf(file, {.name = "fuzz"});
  }
  const size_t which = data.size() > 1 ? data[1] : 0;
  const lmc::TinyFolder folder = folder_from(form, which, data.subspan(std::min<size_t>(data.size(), 2)));
  return lmc::import_hugging_face(folder.files(), {.name = "fuzz"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto made = import({data, size});
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
