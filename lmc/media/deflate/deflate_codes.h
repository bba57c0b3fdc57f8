// The prefix codes and headers zlib would give a block of tokens, and the kind of block it would choose.
//
// Optimal codes are not unique, nor is the way to write their lengths down; what is here makes zlib's choices in every
// tie (the order in a heap by frequency and depth, how too long words are shortened, how runs of lengths are packed).
// The results are part of the archive format: never change what predict_block returns for given counts.
#ifndef LMC_MEDIA_DEFLATE_DEFLATE_CODES_H_
#define LMC_MEDIA_DEFLATE_DEFLATE_CODES_H_

#include <vector>

#include "lmc/coding/bit_string.h"
#include "lmc/media/deflate/deflate_format.h"

namespace lmc {

// How often each symbol occurs in a block, without the one end of block.
struct SymbolCounts {
  std::array<uint32_t, kLiteralCodes> literal{};
  std::array<uint32_t, kDistanceCodes> distance{};

  void add(Token token, uint8_t byte) {  // byte: the literal, if it is one
    if (!token.is_match()) {
      ++literal[byte];
      return;
    }
    ++literal[size_t(kFirstLength + length_index(token.length))];
    ++distance[size_t(distance_symbol(token.distance))];
  }
};

struct DynamicHeader {
  CodeLengths lengths;
  Bytes bits;
  size_t size_bits = 0;
};

struct PredictedBlock {
  BlockKind kind = BlockKind::kStored;
  DynamicHeader header;  // as a dynamic block would have it, whatever the kind
};

// content_bytes: what the tokens stand for. always_fixed: zlib's strategy Z_FIXED.
PredictedBlock predict_block(SymbolCounts counts, size_t content_bytes, bool always_fixed);

// The code lengths zlib would give symbols that come up so often, at least two of them not zero. lengths: one a symbol.
// Returns the last symbol with a word.
size_t predict_code_lengths(std::span<const uint32_t> counts, int max_bits, std::span<uint8_t> lengths);

// A step in the list of code lengths: a length, or a repetition (symbols 16 to 18).
struct LengthStep {
  uint8_t symbol = 0, extra = 0, extra_bits = 0;

  // How many lengths it stands for.
  size_t times() const { return symbol < 16 ? 1 : size_t(extra) + (symbol == 18 ? 11 : 3); }
  bool operator==(const LengthStep&) const = default;
};
// The next step zlib would write. lengths: those that are left, not empty; before: the one before them, -1: none.
LengthStep predict_length_step(std::span<const uint8_t> lengths, int before);

// All that the header of a dynamic block says (RFC 1951, 3.2.7).
struct DeflateHeader {
  size_t literal_codes = 257, distance_codes = 1, length_codes = 4;
  std::array<uint8_t, kCodeLengthCodes> step_lengths{};  // of the code for steps, by symbol
  std::vector<LengthStep> steps;
  CodeLengths lengths;

  void write(BitWriter& bits) const;
};

// Padding: the bits before the sizes. Errors: bad input, if there is too much of content.
Status write_stored_block(BitWriter& bits, ByteSpan content, uint8_t padding);

// Writes tokens in a code. A symbol without a word writes nothing, so that bad input does no harm.
class TokenWriter {
 public:
  explicit TokenWriter(const CodeLengths& lengths);

  void write(BitWriter& bits, Token token, uint8_t byte) const;  // byte: the literal, if it is one
  void write_end(BitWriter& bits) const { put(bits, literal_[kEndOfBlock]); }

 private:
  struct Word {
    uint16_t bits = 0;
    uint8_t length = 0;
  };

  static void assign(std::span<const uint8_t> lengths, std::span<Word> words);
  static void put(BitWriter& bits, Word word) { bits.write(word.bits, word.length); }

  std::array<Word, 288> literal_;
  std::array<Word, 32> distance_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_DEFLATE_CODES_H_
