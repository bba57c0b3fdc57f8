#include "lmc/models/import/token_text.h"

#include <array>

#include "lmc/tokenize/unicode_class.h"

namespace lmc {
namespace {

std::array<uint32_t, 256> characters_of_bytes() {
  std::array<uint32_t, 256> out{};
  uint32_t next = 256;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool prints = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    out[byte] = prints ? byte : next++;
  }
  return out;
}

struct SplitterName {
  const char* name;   // tokenizer.ggml.pre
  const char* regex;  // of a Split in tokenizer.json; null: none
  Splitter splitter;
};
constexpr SplitterName kSplitters[] = {
    {"gpt-2", nullptr, Splitter::kGpt2},
    {"smollm", nullptr, Splitter::kSmollm},
    {"llama-bpe",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Splitter::kLlama3},
    {"qwen2",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Splitter::kQwen2},
    {"gpt2", nullptr, Splitter::kGpt2},
};
constexpr size_t kShown = 4;  // the others are other spellings

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

ByteAlphabet::ByteAlphabet() {
  const std::array<uint32_t, 256> characters = characters_of_bytes();
  for (uint32_t byte = 0; byte < 256; ++byte) byte_of_.emplace(characters[byte], char(byte));
}

std::optional<std::string> ByteAlphabet::bytes_of(std::string_view text) const {
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

std::string with_spaces(std::string_view text) {
  constexpr std::string_view kSpace = "\xE2\x96\x81";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const bool space = text.substr(i).starts_with(kSpace);
    out += space ? ' ' : text[i];
    i += space ? kSpace.size() : 1;
  }
  return out;
}

std::optional<char> byte_of(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return {};
  const int high = hex_digit(text[3]), low = hex_digit(text[4]);
  if (high < 0 || low < 0) return {};
  return char(high * 16 + low);
}

std::optional<Splitter> find_splitter(std::string_view name) {
  for (const SplitterName& row : kSplitters)
    if (name == row.name) return row.splitter;
  return {};
}

std::optional<Splitter> find_splitter_by_regex(std::string_view regex) {
  for (const SplitterName& row : kSplitters)
    if (row.regex != nullptr && regex == row.regex) return row.splitter;
  return {};
}

std::string splitter_names() {
  std::string out;
  for (size_t i = 0; i < kShown; ++i)
    out += std::string(i == 0 ? "" : i + 1 == kShown ? " and " : ", ") + "'" + kSplitters[i].name + "'";
  return out;
}

}  // namespace lmc
