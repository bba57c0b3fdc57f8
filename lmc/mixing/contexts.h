// What the streams of a block have shown so far, as contexts: hashes of the last bytes, words, columns and tokens, and
// the place where the last bytes stood before.
#ifndef LMC_MIXING_CONTEXTS_H_
#define LMC_MIXING_CONTEXTS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/mixing/context_table.h"
#include "lmc/mixing/hash.h"

namespace lmc {

inline constexpr int kByteContexts = 18;   // hashed contexts of a bit of a byte
inline constexpr int kTokenContexts = 12;  // in token mode, where a language model knows the rest
inline constexpr int kMostContexts = kByteContexts;

// What one stream remembers.
struct StreamContexts {
  Bytes history;
  uint32_t c4 = 0, c8 = 0;             // the last four bytes, and the four before
  uint32_t word = 0, last_word = 0;    // hashes of the current and the previous word
  uint32_t word_before = 0;            // and the one before that
  uint32_t line_start = 0, above = 0;  // offsets of this line and the previous one
  uint32_t first_byte = 0;             // first bytes of this line
  uint32_t number_format = 0;          // shape of the last characters: classes, four bits each
  std::array<uint32_t, 3> tokens{};    // last token first
  uint32_t token_hash = 0;             // bytes of the current token
  uint32_t token_bytes = 0;            // how many
  std::array<uint64_t, kMostContexts> hashes{};
  std::array<ContextBucket*, kMostContexts> buckets{};
  uint32_t bucket_key = ~0u;                                      // (offset, half byte) the buckets belong to
  bool hashes_stale = false;                                      // bytes came since the hashes were computed
  uint32_t match_stream = 0, match_offset = 0, match_length = 0;  // length 0: none
  uint32_t match_misses = 0;                                      // mispredicted lately
};

class Contexts {
 public:
  // tokens: token mode. size_bytes: of the block.
  Contexts(bool tokens, uint32_t streams, size_t size_bytes);
  static uint64_t match_table_bytes(size_t size_bytes);

  size_t count() const { return tokens_ ? kTokenContexts : kByteContexts; }
  StreamContexts& stream(uint32_t index) { return streams_[index]; }

  void append_byte(StreamContexts& s, uint8_t byte);
  void end_token(StreamContexts& s, uint32_t token);

  int expected_byte(const StreamContexts& s) const;  // what the match predicts; -1: no match
  void compute_hashes(StreamContexts& s) const;

 private:
  void find_match(StreamContexts& s);

  bool tokens_;
  std::vector<StreamContexts> streams_;
  std::vector<uint32_t> match_table_;  // (stream << 24 | offset) + 1 by hash of the last bytes
};

uint32_t byte_class(uint8_t c);           // sixteen classes
uint32_t length_bucket(uint32_t length);  // of a match, 0 (none) to 8

}  // namespace lmc

#endif  // LMC_MIXING_CONTEXTS_H_
