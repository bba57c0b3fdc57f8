// What zlib would write next: a guess at each token of a deflate stream, from its data and what came before.
//
// zlib's choices are the world's usual ones, and depend on few settings. This is their behaviour once more, in a form
// in which the real history may differ from the guesses: predict says what zlib would take at the position, commit what
// was taken. With the right settings nearly every guess is right, whatever version of zlib wrote the stream. The
// guesses are part of the archive format: never change what predict returns for given settings and data. Sources: RFC
// 1951, section 4, and the published behaviour of zlib's levels 1 to 9 and strategies.
#ifndef LMC_MEDIA_DEFLATE_DEFLATE_PREDICTOR_H_
#define LMC_MEDIA_DEFLATE_DEFLATE_PREDICTOR_H_

#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/media/deflate/deflate_format.h"

namespace lmc {

enum class DeflateStrategy : uint8_t { kDefault = 0, kFiltered = 1, kHuffmanOnly = 2, kRunLengths = 3, kFixed = 4 };

struct DeflateSettings {
  int level = 6;         // 1 to 9
  int memory = 8;        // 1 to 9: the size of the hash table and of a block
  int window_bits = 15;  // 9 to 15
  DeflateStrategy strategy = DeflateStrategy::kDefault;

  // A block ends after so many tokens.
  size_t block_tokens() const { return (size_t(1) << (memory + 6)) - 1; }
  bool is_lazy() const { return level >= 4 && searches(); }
  bool searches() const {
    return strategy != DeflateStrategy::kHuffmanOnly && strategy != DeflateStrategy::kRunLengths;
  }
  bool operator==(const DeflateSettings&) const = default;
};

// Memory of predictors, one after the other: cleaning up what one has used is quicker than starting anew.
class DeflateWorkspace {
 private:
  friend class DeflatePredictor;
  // Small, so that they stay in the caches. Ordinals wrap; within a window there are less than 2^16.
  struct Chain {           // of the positions whose three bytes have the same hash
    uint32_t last = 0;     // 0: none (so position 0 is never matched)
    uint16_t members = 0;  // ever
    uint16_t recent = 0;   // about as many of them lie in the window
  };
  struct Link {
    uint16_t back = 0;     // to the position before with the same hash; 0: none in reach
    uint16_t ordinal = 0;  // the number of positions before with the same hash
  };

  std::vector<Chain> chains;  // by hash; all zero between predictors
  std::vector<Link> links;    // by position in a ring
};

class DeflatePredictor {
 public:
  // data and workspace must outlive this; nobody else uses workspace meanwhile. Settings must be in range; data has
  // less than 2^32 - 2^16 bytes.
  DeflatePredictor(ByteSpan data, const DeflateSettings& settings, DeflateWorkspace& workspace);
  ~DeflatePredictor();
  DeflatePredictor(const DeflatePredictor&) = delete;
  DeflatePredictor& operator=(const DeflatePredictor&) = delete;

  size_t position() const { return position_; }
  bool at_end() const { return position_ == data_.size(); }

  // Not at the end. Always possible: a match repeats what is there.
  Token predict();
  // token.length is no more than remains; a distance that does not fit the data does no harm.
  void commit(Token token);

 private:
  struct Effort;
  static const Effort kEfforts[9];  // by level, from 1

  Token predict_eager();
  Token predict_lazy();
  Token predict_run() const;
  Token find(uint32_t at, uint32_t length_to_beat);
  Token find_in_full_chains(uint32_t at, uint32_t length_to_beat);
  uint32_t rarest_offset(uint32_t at, uint32_t begin, uint32_t end, uint32_t offset) const;
  void insert_until(uint32_t end);
  uint32_t hash_at(uint32_t at) const;
  uint32_t before(uint32_t at) const;

  ByteSpan data_;
  DeflateSettings settings_;
  const Effort& effort_;
  uint32_t hash_shift_, hash_mask_, window_bytes_, ring_mask_, max_distance_;
  uint32_t position_ = 0;
  uint32_t inserted_ = 0;       // all positions below are in the chains, but for those that were skipped
  bool has_candidate_ = false;  // the match at position_ was looked for already, while the byte before was judged
  Token candidate_;             // length 1: there is none
  Token next_candidate_;        // the same for position_ + 1, after predict_lazy
  bool has_next_candidate_ = false;
  std::vector<DeflateWorkspace::Chain>& chains_;
  std::vector<DeflateWorkspace::Link>& links_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_DEFLATE_PREDICTOR_H_
