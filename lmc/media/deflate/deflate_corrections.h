// The reconstruction data of a deflate stream: settings, and where the stream is not as predicted from them.
//
// Layout:
//   1 byte    level (4 bits; 0: stored blocks only), strategy (3 bits), 1 bit: bits after the last block are not zero
//   1 byte    memory (4 bits), window_bits - 8 (4 bits)
//   [1 byte]  the bits after the last block
//   gap list  (coding/gap_list.h) corrected tokens; those thought up for stored blocks count; of each
//     varint    0: a literal; else the length less 2, and another varint: the distance
//   gap list  corrected blocks, of each
//     1 byte    BlockFlag
//     [varint]  kEndGiven: tokens of the block, or bytes if it is stored
//     [varint, bytes]  kHeaderGiven: bits of the header, and these
//     [1 byte]  kPaddingGiven: the bits before the size of a stored block
#ifndef LMC_MEDIA_DEFLATE_DEFLATE_CORRECTIONS_H_
#define LMC_MEDIA_DEFLATE_DEFLATE_CORRECTIONS_H_

#include <optional>

#include "lmc/coding/gap_list.h"
#include "lmc/media/deflate/deflate_predictor.h"

namespace lmc {

enum BlockFlag : uint8_t {
  kKindMask = 3,  // a BlockKind
  kLast = 4,
  kEndGiven = 8,
  kHeaderGiven = 16,
  kPaddingGiven = 32,
};

struct BlockCorrection {
  BlockKind kind = BlockKind::kStored;
  bool last = false;
  std::optional<uint64_t> end = {};  // tokens, or bytes if the block is stored
  Bytes header = {};                 // empty: as predicted
  size_t header_size_bits = 0;
  uint8_t padding = 0;
};

// What is the same on both sides of prediction: how far a block goes and whether it is the last.
struct BlockProgress {
  size_t tokens = 0;
  bool ended_with_match = false;

  void add(Token token) {
    ++tokens;
    ended_with_match = token.is_match();
  }
  // Where zlib would end it.
  bool is_full(const DeflateSettings& settings) const { return tokens >= settings.block_tokens(); }
  // A block that is full where the data end is followed by an empty one, but for one case: when zlib's lazy levels
  // write the last literal they do not look.
  bool predicts_last(const DeflateSettings& settings, bool at_end) const {
    const bool looks = !settings.is_lazy() || ended_with_match;
    return at_end && !(is_full(settings) && looks);
  }
};

class CorrectionWriter {
 public:
  void token_right() { tokens_.right(); }
  void token_wrong(Token actual);
  void block_right() { blocks_.right(); }
  void block_wrong(const BlockCorrection& actual);

  size_t size_bytes() const { return tokens_.size_bytes() + blocks_.size_bytes(); }
  Bytes finish(const DeflateSettings& settings, uint8_t final_padding) const;

 private:
  GapListWriter tokens_, blocks_;
};

Result<Token> read_corrected_token(ByteReader& reader);
Result<BlockCorrection> read_corrected_block(ByteReader& reader);

class CorrectionReader {
 public:
  // Leaves side after the corrections. What it reads must outlive this.
  static Result<CorrectionReader> create(ByteReader& side);

  const DeflateSettings& settings() const { return settings_; }
  uint8_t final_padding() const { return final_padding_; }

  // The actual token or block, if the next one was predicted wrongly. To be called once for each.
  std::optional<Token> next_token() { return tokens_.next(); }
  std::optional<BlockCorrection> next_block() { return blocks_.next(); }
  // Errors: bad input, if corrections are left.
  Status finish() const;

 private:
  DeflateSettings settings_;
  uint8_t final_padding_ = 0;
  GapListReader<Token, read_corrected_token> tokens_;
  GapListReader<BlockCorrection, read_corrected_block> blocks_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_DEFLATE_CORRECTIONS_H_
