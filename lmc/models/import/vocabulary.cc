#include "lmc/models/import/vocabulary.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "lmc/tokenize/unicode_class.h"

namespace lmc {
namespace {

// Of tokenizer.ggml.token_type.
constexpr int64_t kNormal = 1, kUserDefined = 4;

Error unsupported(const std::string& what) { return bad_input("GGUF file: " + what); }

// GPT-2's alphabet: bytes that print stand for themselves, the others, in order, are U+0100 and what follows.
std::array<uint32_t, 256> characters_of_bytes() {
  std::array<uint32_t, 256> out{};
  uint32_t next = 256;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool prints = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    out[byte] = prints ? byte : next++;
  }
  return out;
}

class Alphabet {
 public:
  Alphabet() {
    const std::array<uint32_t, 256> characters = characters_of_bytes();
    for (uint32_t byte = 0; byte < 256; ++byte) byte_of_.emplace(characters[byte], char(byte));
  }
  // Nothing if there is a character that stands for no byte.
  std::optional<std::string> bytes_of(std::string_view text) const {
    std::string out;
    for (ByteSpan rest = as_bytes(text); !rest.empty();) {
      const CodePoint point = first_code_point(rest);
      const auto it = point.size_bytes > 0 ? byte_of_.find(point.value) : byte_of_.end();
      if (it == byte_of_.end()) return {};
      out += it->second;
      rest = rest.subspan(point.size_bytes);
    }
    return out;
  }

 private:
  std::unordered_map<uint32_t, char> byte_of_;
};

struct Entry {
  std::string bytes;
  uint32_t row;
};

Result<Splitter> splitter_of(const GgufFile& file) {
  LMC_ASSIGN(const auto model, file.text("tokenizer.ggml.model"));
  if (model != "gpt2")
    return unsupported("its tokenizer is of the kind '" + model + "'; 'gpt2' (byte-level BPE) is supported");
  LMC_ASSIGN(const auto split, file.text("tokenizer.ggml.pre"));
  if (split == "gpt-2" || split == "gpt2") return Splitter::kGpt2;
  if (split == "smollm") return Splitter::kSmollm;
  return unsupported("its tokenizer splits text by the rules of '" + split + "'; 'gpt-2' and 'smollm' are supported");
}

// The tokens that have bytes, in the order of these, every single byte among them.
std::vector<Entry> sorted_entries(const std::vector<std::string_view>& tokens, const std::vector<int64_t>& types,
                                  const Alphabet& alphabet) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (types[i] != kNormal && types[i] != kUserDefined) continue;
    const auto bytes = types[i] == kNormal ? alphabet.bytes_of(tokens[i]) : std::string(tokens[i]);
    if (bytes && !bytes->empty() && bytes->size() <= kMaxTokenBytes) entries.push_back({*bytes, uint32_t(i)});
  }
  for (int byte = 0; byte < 256; ++byte) entries.push_back({std::string(1, char(byte)), kNoRow});
  std::ranges::sort(
      entries, [](const Entry& a, const Entry& b) { return a.bytes != b.bytes ? a.bytes < b.bytes : a.row < b.row; });
  const auto same = [](const Entry& a, const Entry& b) { return a.bytes == b.bytes; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return entries;
}

// The merges whose two parts and result are tokens here.
std::vector<TokenPair> pairs_of(const std::vector<std::string_view>& merges, const std::vector<Entry>& entries,
                                const Alphabet& alphabet) {
  std::unordered_map<std::string_view, uint32_t> ids;
  for (size_t i = 0; i < entries.size(); ++i) ids.emplace(entries[i].bytes, uint32_t(i));
  std::vector<TokenPair> out;
  for (const std::string_view merge : merges) {
    const size_t gap = merge.find(' ');
    if (gap == std::string_view::npos) continue;
    const auto left = alphabet.bytes_of(merge.substr(0, gap)), right = alphabet.bytes_of(merge.substr(gap + 1));
    if (!left || !right || !ids.contains(*left) || !ids.contains(*right) || !ids.contains(*left + *right)) continue;
    out.push_back({ids.at(*left), ids.at(*right)});
  }
  return out;
}

// What begins a document: <|endoftext|> where there is one, as GPT-2 and its kin are trained; else the file's BOS.
Result<uint32_t> begin_row(const GgufFile& file, const std::vector<std::string_view>& tokens) {
  const auto at = std::ranges::find(tokens, "<|endoftext|>");
  if (at != tokens.end()) return uint32_t(at - tokens.begin());
  LMC_ASSIGN(const auto bos, file.integer("tokenizer.ggml.bos_token_id", 0, tokens.size() - 1));
  return uint32_t(bos);
}

}  // namespace

Result<ImportedVocabulary> import_vocabulary(const GgufFile& file) {
  LMC_ASSIGN(const auto splitter, splitter_of(file));
  LMC_ASSIGN(const auto tokens, file.texts("tokenizer.ggml.tokens"));
  LMC_ASSIGN(const auto types, file.integers("tokenizer.ggml.token_type"));
  LMC_ASSIGN(const auto merges, file.texts("tokenizer.ggml.merges"));
  if (types.size() != tokens.size())
    return unsupported("it has " + std::to_string(tokens.size()) + " tokens, but types of " +
                       std::to_string(types.size()));
  if (tokens.empty()) return unsupported("its vocabulary is empty");
  const Alphabet alphabet;
  const std::vector<Entry> entries = sorted_entries(tokens, types, alphabet);
  if (entries.size() + 1 > kMaxVocabulary)
    return unsupported("its vocabulary has " + std::to_string(entries.size() + 1) + " tokens; up to " +
                       std::to_string(kMaxVocabulary) + " are supported");
  LMC_ASSIGN(const auto begin, begin_row(file, tokens));
  std::vector<std::string> strings;
  std::vector<uint32_t> rows;
  for (const Entry& entry : entries) {
    strings.push_back(entry.bytes);
    rows.push_back(entry.row);
  }
  rows.push_back(begin);
  LMC_ASSIGN(auto tokenizer,
             Tokenizer::create_imported(std::move(strings), splitter, pairs_of(merges, entries, alphabet)));
  return ImportedVocabulary{std::move(tokenizer), std::move(rows), tokens.size()};
}

}  // namespace lmc
