// The side bytes of a deflate stream: settings, and where the stream is not as predicted from them.
//
// Layout:
//   1 byte    level (4 bits; 0: stored blocks only), strategy (3 bits), 1 bit: bits after the last block are not zero
//   1 byte    memory (4 bits), window_bits - 8 (4 bits)
//   [1 byte]  the bits after the last block
//   varint    number of corrected tokens, and for each
//     varint    tokens that were right since the last correction (those thought up for stored blocks count)
//     varint    0: a literal; else the length less 2, and another varint: the distance
//   varint    number of corrected blocks, and for each
//     varint    blocks that were right since the last correction
//     1 byte    BlockFlag
//     [varint]  kEndGiven: tokens of the block, or bytes if it is stored
//     [varint, bytes]  kHeaderGiven: bits of the header, and these
//     [1 byte]  kPaddingGiven: the bits before the size of a stored block
#ifndef LMC_MEDIA_DEFLATE_CORRECTIONS_H_
#define LMC_MEDIA_DEFLATE_CORRECTIONS_H_

#include <optional>

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
  void token_right() { ++tokens_since_; }
  void token_wrong(Token actual);
  void block_right() { ++blocks_since_; }
  void block_wrong(const BlockCorrection& actual);

  size_t size_bytes() const { return tokens_.size() + blocks_.size(); }
  Bytes finish(const DeflateSettings& settings, uint8_t final_padding) const;

 private:
  Bytes tokens_, blocks_;
  uint64_t token_count_ = 0, block_count_ = 0, tokens_since_ = 0, blocks_since_ = 0;
};

class CorrectionReader {
 public:
  // Leaves side after the corrections. What it reads must outlive this.
  static Result<CorrectionReader> create(ByteReader& side);

  const DeflateSettings& settings() const { return settings_; }
  uint8_t final_padding() const { return final_padding_; }

  // The actual token or block, if the next one was predicted wrongly. To be called once for each.
  Result<std::optional<Token>> next_token();
  Result<std::optional<BlockCorrection>> next_block();
  // Errors: bad input, if corrections are left.
  Status finish() const;

 private:
  Status load_token_gap();
  Status load_block_gap();

  DeflateSettings settings_;
  uint8_t final_padding_ = 0;
  ByteReader tokens_{{}}, blocks_{{}};
  uint64_t tokens_left_ = 0, blocks_left_ = 0, token_gap_ = 0, block_gap_ = 0;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_CORRECTIONS_H_
