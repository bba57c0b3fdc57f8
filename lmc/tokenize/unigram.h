// The unigram tokenizer: of all ways to cut a text into tokens the one whose scores have the greatest sum (Viterbi's
// algorithm).
//
// Ties and rounding are those of the packages sentencepiece and tokenizers, so that their tokens come out: sums are
// binary32 and binary64, of two ways with the same sum the one whose last token is longer stays.
//
// A character that is no token costs more than any token and is spelled out in bytes; a byte that is no UTF-8 is a
// character of its own. Only the compressor asks.
#ifndef LMC_TOKENIZE_UNIGRAM_H_
#define LMC_TOKENIZE_UNIGRAM_H_

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

class Unigram {
 public:
  // The score of a byte that only spells: it is taken where no token with a score covers a character.
  static constexpr double kSpells = -std::numeric_limits<double>::infinity();
  enum class Sums { kSentencePiece, kTokenizers };

  // strings: ascending, every single byte present; scores: one each, finite or kSpells, the latter of single bytes
  // only; kSentencePiece: finite in binary32, too. whole: ids, ascending, of tokens that nearly always win, by scores
  // of their own; none of kTokenizers.
  Unigram(std::span<const std::string> strings, std::span<const double> scores, std::span<const uint32_t> whole,
          Sums sums);

  void encode(ByteSpan text, std::vector<uint32_t>& out) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  // Of the prefix tree; the children of a node stand together, by byte.
  struct Node {
    uint32_t first_child = 0, token = kNone;
    uint16_t children = 0;
    uint8_t byte = 0;
  };
  struct Best {  // way to cut all before a place
    double score = 0;
    uint32_t begin = kNone, token = kNone;  // of its last token; no token: a character to be spelled
  };

  void set_scores(std::span<const std::string> strings, std::span<const double> scores,
                  std::span<const uint32_t> whole);
  void add_nodes(std::span<const std::string> strings);
  const Node* child(const Node& node, uint8_t byte) const;
  size_t chunk_bytes(ByteSpan text) const;
  void extend(ByteSpan chunk, size_t at, std::vector<Best>& best) const;

  Sums sums_;
  std::vector<double> scores_;  // (strings), kSpells as it is
  std::array<uint32_t, 256> byte_token_{};
  std::vector<Node> nodes_;   // the root first
  double unknown_score_ = 0;  // of a character that is no token
  bool spaces_begin_ = true;  // no token has a space after anything else
};

}  // namespace lmc

#endif  // LMC_TOKENIZE_UNIGRAM_H_
