// All matches that a deflate encoder might use: for every length at a position the nearest distance.
//
// Positions with the same hash of three bytes form a binary tree, ordered by the bytes that follow; newer positions are
// nearer to the root (as in LZMA's bt finders). The search for a new position's place passes, for every length, the
// nearest position that repeats so many bytes. What is found is part of the archive format.
#ifndef LMC_MEDIA_DEFLATE_MATCH_FINDER_H_
#define LMC_MEDIA_DEFLATE_MATCH_FINDER_H_

#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/media/deflate/common_length.h"
#include "lmc/media/deflate/deflate_format.h"

namespace lmc {

// All lengths up to this one, above that of the step before, are nearest at this distance.
struct MatchStep {
  uint16_t length = 0;
  uint16_t distance = 0;
};

class MatchFinder {
 public:
  // data must outlive this; less than 2^32 - 2^16 bytes. most_visits: nodes looked at for one position; on average at
  // most kUsualVisits are.
  MatchFinder(ByteSpan data, uint32_t most_visits);

  size_t position() const { return position_; }
  // Appends the matches of the next position, lengths and distances rising, and goes on to the one after it.
  void next(std::vector<MatchStep>& steps);

 private:
  static constexpr int kHashBits = 16;
  static constexpr uint64_t kUsualVisits = 256, kSpareVisits = 1 << 16;
  static constexpr uint32_t kNone = 0;  // positions are counted from 1 here

  struct Children {
    uint32_t lower = kNone, higher = kNone;
  };

  ByteSpan data_;
  uint32_t most_visits_;
  size_t position_ = 0;
  uint64_t visited_ = 0;
  MatchStep longest_;  // of the position before
  std::vector<uint32_t> roots_;
  std::vector<Children> children_;  // by position, in a ring
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_MATCH_FINDER_H_
