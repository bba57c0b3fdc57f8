// The files in which Hugging Face's folders keep a vocabulary.
//
// No reader normalises: what a normaliser would change could not be told from the original again. A text that is as the
// normaliser wants it gives the reference's tokens; one that is not is still cut into tokens that make its bytes.
#ifndef LMC_MODELS_IMPORT_TOKENIZER_FILES_H_
#define LMC_MODELS_IMPORT_TOKENIZER_FILES_H_

#include <map>
#include <optional>
#include <string>

#include "lmc/models/import/checkpoint.h"

namespace lmc {

// What tokenizer_config.json says and the other files may not.
struct TokenizerConfig {
  struct Added {
    std::string text;
    bool special = true;  // stands for no text
  };
  std::map<uint32_t, Added> added;     // by number
  std::optional<std::string> begin;    // the token that begins a document
  std::optional<std::string> pattern;  // by which text is split
};

// text: of tokenizer_config.json, empty if there is none. Errors: bad input that names the member.
Result<TokenizerConfig> read_tokenizer_config(ByteSpan text);

// bos: number of the token that begins a document, as config.json has it. Errors of all: bad input that says what is
// broken or not supported, also if no token begins a document.
//
// tokenizer.json, as the package tokenizers writes it: byte-level BPE, or BPE over characters with bytes to fall back
// on. <|endoftext|> begins a document, if there is one.
Result<CheckpointVocabulary> read_tokenizer_json(ByteSpan text, std::optional<int64_t> bos);
// tokenizer.model of the package sentencepiece, of the types unigram and BPE. The space that it may put before a text
// is not put there.
Result<CheckpointVocabulary> read_sentence_piece(ByteSpan file, const TokenizerConfig& config,
                                                 std::optional<int64_t> bos);
// Ranks as the package tiktoken reads them: lines of a token in base64, a space, its rank. The text is split by the
// config's pattern, as LLaMA 3 does if there is none.
Result<CheckpointVocabulary> read_tiktoken(ByteSpan file, const TokenizerConfig& config, std::optional<int64_t> bos);
// tokenizer.model is one or the other.
bool is_sentence_piece(ByteSpan file);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_TOKENIZER_FILES_H_
