// Byte-complete BPE: bytes to token ids and back; our own vocabularies and those of imported models.
//
// The vocabulary holds all 256 single bytes, learned byte strings, and one special token, BOS, that has no bytes.
// Token id = lexicographic rank of the token's byte string; so the tokens that begin with a given prefix are one
// contiguous id range, which is what coding tokens bit by bit needs. BOS is the last id.
//
// decode(encode(x)) == x for every byte string x. Only the compressor encodes: how text is cut into tokens may change
// without touching the format, the decoder needs nothing but the strings.
//
// An imported vocabulary is put into that order by its importer. It has a splitter of its own (splitter.h) and merges
// by a list of pairs, or as tiktoken does; or it takes characters together as the two kinds of SentencePiece do. Ours
// merges whatever makes a token, by the token's rank.
#ifndef LMC_TOKENIZE_TOKENIZER_H_
#define LMC_TOKENIZE_TOKENIZER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/base/result.h"
#include "lmc/tokenize/splitter.h"
#include "lmc/tokenize/unigram.h"

namespace lmc {

constexpr size_t kMaxTokenBytes = 255;  // longest token
constexpr size_t kMaxPieceBytes = 64;   // longest piece that our splitter hands to the merger
constexpr size_t kMinVocabulary = 257;  // 256 bytes and BOS
constexpr size_t kMaxVocabulary = size_t(1) << 20;

// Length in bytes of the first piece of text (1..kMaxPieceBytes; text not empty). Merges never cross pieces.
// Bytes >= 0x80 count as letters, so UTF-8 words stay whole and invalid UTF-8 is nothing special.
size_t next_piece(ByteSpan text);

// Two tokens that may become one; their strings joined are a token.
struct TokenPair {
  uint32_t left = 0, right = 0;
};

class Tokenizer {
 public:
  // merge_ranks[i] belongs to strings[i]; a lower rank merges first. strings: strictly ascending, every single byte
  // present, none empty or longer than kMaxTokenBytes. The ranks of the strings longer than one byte are 0..n-1 in
  // some order; those of single bytes are ignored.
  static Result<Tokenizer> create(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks);
  // An imported one: strings as above; merges: different pairs, the first one merges first. splitter is not kOwn.
  static Result<Tokenizer> create_imported(std::vector<std::string> strings, Splitter splitter,
                                           std::span<const TokenPair> merges);
  // One as of tiktoken: strings and ranks as of create(), which also says what merges; but splitter, not kOwn, cuts the
  // text, and a piece that is a token is not cut any further.
  static Result<Tokenizer> create_by_rank(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks,
                                          Splitter splitter);
  // One that merges characters: strings and ranks as above. whole: ids of tokens that are taken wherever they stand in
  // a text, the longest one first, before anything merges; ascending.
  static Result<Tokenizer> create_of_characters(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks,
                                                std::vector<uint32_t> whole);
  // One of scores, which are what Unigram (unigram.h) wants, of kUnigram binary32; strings and ranks as above, the
  // latter do not matter. splitter: is_unigram.
  static Result<Tokenizer> create_unigram(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks,
                                          std::vector<double> scores, std::vector<uint32_t> whole, Splitter splitter);
  // Inverse of serialize() and serialize_merges(); checks everything, any corrupt input gives a bad-input error.
  static Result<Tokenizer> parse(ByteSpan serialized, ByteSpan merges = {});
  Bytes serialize() const;
  Bytes serialize_merges() const;  // empty unless imported

  size_t vocabulary_size() const { return strings_.size() + 1; }
  uint32_t bos() const { return uint32_t(strings_.size()); }
  // The byte strings in ascending order; index = token id. BOS is not among them.
  const std::vector<std::string>& vocabulary() const { return strings_; }

  std::vector<uint32_t> encode(ByteSpan text) const;
  // BOS contributes nothing; ids must be below vocabulary_size().
  Bytes decode(std::span<const uint32_t> tokens) const;

 private:
  struct Merge {
    uint64_t pair = 0;  // left id << 32 | right id
    uint32_t rank = UINT32_MAX;
    uint32_t token = 0;
  };
  static Result<Tokenizer> create_without_merges(std::vector<std::string> strings, std::vector<uint32_t> merge_ranks);
  Status set_merges(Splitter splitter, std::span<const TokenPair> pairs);
  Status set_whole(std::vector<uint32_t> whole);
  Status set_scores(std::vector<double> scores, Splitter splitter);
  Status set_by_rank(Splitter splitter);
  void build_tables() const;
  void build_merges() const;
  void store_merges(std::span<const Merge> merges) const;
  const Merge* find_merge(uint32_t left, uint32_t right) const;
  std::optional<uint32_t> token_of(ByteSpan bytes) const;
  size_t piece_bytes(ByteSpan text) const;
  struct Whole {
    size_t size_bytes = 0;  // 0: there is none
    uint32_t token = 0;
  };
  Whole whole_at_begin(ByteSpan text) const;
  size_t first_tokens(ByteSpan piece, uint32_t* tokens) const;
  size_t encode_piece(ByteSpan piece, uint32_t* tokens) const;
  size_t encode_long_piece(ByteSpan piece, uint32_t* tokens) const;
  size_t cut_piece(ByteSpan piece, std::vector<uint32_t>& tokens) const;

  std::vector<std::string> strings_;
  std::vector<uint32_t> ranks_;
  std::array<uint32_t, 256> byte_token_{};
  Splitter splitter_ = Splitter::kOwn;
  bool by_rank_ = false;          // as tiktoken
  std::vector<TokenPair> pairs_;  // of an imported one
  std::vector<double> scores_;    // if is_unigram
  std::vector<uint32_t> whole_;   // of SentencePiece's kinds, and the bytes that these begin with
  std::array<bool, 256> begins_whole_{};
  bool spaces_begin_ = false;                          // no token has a space after anything else
  std::unordered_map<uint32_t, uint32_t> characters_;  // code points of more than one byte that are tokens
  // Of many imported ones it is filled by the first encode(): a decoder needs none of it.
  struct EncoderTables {
    std::once_flag once;
    std::vector<Merge> slots;  // open addressing, size a power of two, at most half full
    std::optional<Unigram> unigram;
  };
  std::shared_ptr<EncoderTables> tables_ = std::make_shared<EncoderTables>();
};

}  // namespace lmc

#endif  // LMC_TOKENIZE_TOKENIZER_H_
