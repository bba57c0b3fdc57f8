// Byte-complete BPE: bytes to token ids and back.
//
// The vocabulary holds all 256 single bytes, learned byte strings, and one special token, BOS, that has no bytes.
// Token id = lexicographic rank of the token's byte string; so the tokens that begin with a given prefix are one
// contiguous id range, which is what coding tokens bit by bit needs. BOS is the last id.
//
// decode(encode(x)) == x for every byte string x. Only the compressor encodes: how text is cut into tokens may change
// without touching the format, the decoder needs nothing but the strings.
//
// Deliberately not here: vocabularies of imported models, whose ids are not ranks.
#ifndef LMC_TOKENIZE_TOKENIZER_H_
#define LMC_TOKENIZE_TOKENIZER_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/base/result.h"

namespace lmc {

constexpr size_t kMaxTokenBytes = 64;   // longest token, and longest piece the splitter hands to the merger
constexpr size_t kMinVocabulary = 257;  // 256 bytes and BOS
constexpr size_t kMaxVocabulary = 65536;

// Length in bytes of the first piece of text (1..kMaxTokenBytes; text not empty). Merges never cross pieces.
// Bytes >= 0x80 count as letters, so UTF-8 words stay whole and invalid UTF-8 is nothing special.
size_t next_piece(ByteSpan text);

class Tokenizer {
 public:
  // merge_ranks[i] belongs to strings[i]; a lower rank merges first. strings: strictly ascending, every single byte
  // present, none empty or longer than kMaxTokenBytes. The ranks of the strings longer than one byte are 0..n-1 in
  // some order; those of single bytes are ignored.
  static Result<Tokenizer> create(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks);
  // Inverse of serialize(); checks everything, any corrupt input gives a bad-input error.
  static Result<Tokenizer> parse(ByteSpan serialized);
  Bytes serialize() const;

  size_t vocabulary_size() const { return strings_.size() + 1; }
  uint16_t bos() const { return uint16_t(strings_.size()); }
  // The byte strings in ascending order; index = token id. BOS is not among them.
  const std::vector<std::string>& vocabulary() const { return strings_; }

  std::vector<uint16_t> encode(ByteSpan text) const;
  // BOS contributes nothing; ids must be below vocabulary_size().
  Bytes decode(std::span<const uint16_t> tokens) const;

 private:
  struct Merge {
    uint32_t pair = 0;  // left id << 16 | right id
    uint32_t rank = UINT32_MAX;
    uint16_t token = 0;
  };
  void build_merges();
  const Merge* find_merge(uint16_t left, uint16_t right) const;
  size_t encode_piece(ByteSpan piece, uint16_t* tokens) const;

  std::vector<std::string> strings_;
  std::vector<uint32_t> ranks_;
  std::array<uint16_t, 256> byte_token_{};
  std::vector<Merge> merges_;  // open addressing, size a power of two, at most half full
};

}  // namespace lmc

#endif  // LMC_TOKENIZE_TOKENIZER_H_
