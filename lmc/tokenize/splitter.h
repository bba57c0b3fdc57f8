// How text is cut into pieces before bytes are merged; merges never cross pieces.
//
// Only the compressor asks: a decoder needs no pieces. Bytes that are no UTF-8 are pieces of one byte, and what comes
// before them ends there.
#ifndef LMC_TOKENIZE_SPLITTER_H_
#define LMC_TOKENIZE_SPLITTER_H_

#include <cstdint>

#include "lmc/base/bytes.h"

namespace lmc {

// Numbers are those of the section tokenizer.merges (docs/numerics.md, section 8).
enum class Splitter : uint8_t {
  kOwn = 0,     // next_piece of tokenizer.h
  kGpt2 = 1,    // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  kSmollm = 2,  // every \p{N} alone, what lies between as kGpt2
  // As SentencePiece: not cut but by the tokenizer's whole tokens; characters merge, by the rank of what they make.
  kCharacters = 3,
  // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
  // A piece that is a token is not cut any further.
  kLlama3 = 4,
  kQwen2 = 5,  // the same, but every \p{N} alone; and pieces that are tokens are made by merging, as all others
  // As SentencePiece: not cut; the tokens whose scores have the greatest sum (unigram.h).
  kUnigram = 6,
  // The same as the package tokenizers has it: cut by whole tokens first. kUnigramWords: also before every space.
  kUnigramText = 7,
  kUnigramWords = 8,
  kTwoBytes = 9,  // pieces of two bytes
};

constexpr bool is_unigram(Splitter splitter) {
  return splitter == Splitter::kUnigram || splitter == Splitter::kUnigramText || splitter == Splitter::kUnigramWords;
}

// Length in bytes of the first piece of text, which is not empty. splitter: not kOwn, kCharacters, is_unigram.
size_t next_imported_piece(ByteSpan text, Splitter splitter);

}  // namespace lmc

#endif  // LMC_TOKENIZE_SPLITTER_H_
