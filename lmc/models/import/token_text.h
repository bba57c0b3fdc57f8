// How checkpoints spell tokens, and how they name the rules by which text is split.
#ifndef LMC_MODELS_IMPORT_TOKEN_TEXT_H_
#define LMC_MODELS_IMPORT_TOKEN_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lmc/tokenize/splitter.h"

namespace lmc {

// GPT-2's alphabet: bytes that print stand for themselves, the others, in order, are U+0100 and what follows.
class ByteAlphabet {
 public:
  ByteAlphabet();
  // Nothing if there is a character that stands for no byte.
  std::optional<std::string> bytes_of(std::string_view text) const;

 private:
  std::unordered_map<uint32_t, char> byte_of_;
};

// SentencePiece: U+2581 stands for a space; "<0xAB>" for a byte.
std::string with_spaces(std::string_view text);
std::optional<char> byte_of(std::string_view text);

// By the name in tokenizer.ggml.pre; and those names, for messages.
std::optional<Splitter> find_splitter(std::string_view name);
std::string splitter_names();
std::optional<Splitter> find_splitter_by_regex(std::string_view regex);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_TOKEN_TEXT_H_
