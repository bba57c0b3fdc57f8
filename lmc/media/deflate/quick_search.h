// How quick deflate encoders search: one table, or small buckets, of a few positions each.
#ifndef LMC_MEDIA_DEFLATE_QUICK_SEARCH_H_
#define LMC_MEDIA_DEFLATE_QUICK_SEARCH_H_

#include <array>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/media/deflate/deflate_format.h"

namespace lmc {

// Wire values. Each encoder takes a match as long as it goes where there is one.
enum class QuickKind : uint8_t {
  kNone = 0,
  kMiniz = 1,    // level 1 of miniz and of the Rust crates: the last token that began with three such bytes
  kGo = 2,       // level 1 of Go: four bytes, also where a match ended
  kIsal = 3,     // levels 0 and 1 of ISA-L: four bytes, at the first four bytes of a token
  kBuckets = 4,  // stb_image_write: the longest of up to 16, unless the next byte has a longer one
};
inline constexpr uint8_t kQuickKinds = 5;

class QuickSearch {
 public:
  QuickSearch(ByteSpan data, QuickKind kind);

  // The token such an encoder would write here. Once for each token.
  Token next(size_t position);
  // That it was this one.
  void commit(size_t position, Token token);

 private:
  static constexpr size_t kBucketSize = 16;
  struct Bucket {
    std::array<uint32_t, kBucketSize> positions;
    uint32_t count = 0;
  };

  uint32_t word(size_t position) const;  // its four bytes
  uint32_t slot_of(size_t position) const;
  void enter(size_t position);
  uint32_t length_at(size_t position, size_t earlier) const;
  Token in_buckets(size_t position);

  ByteSpan data_;
  QuickKind kind_;
  std::vector<uint32_t> last_;  // by slot: a position + 1; 0: none
  std::vector<Bucket> buckets_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_QUICK_SEARCH_H_
