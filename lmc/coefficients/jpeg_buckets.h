// The buckets of adaptive statistics that the contexts of all models of a stream lead to. The slots that nearly all
// integers need, the near ones, lie close together; of the others only those that were asked for have a place, and what
// a prior says of them is looked up then.
#ifndef LMC_COEFFICIENTS_JPEG_BUCKETS_H_
#define LMC_COEFFICIENTS_JPEG_BUCKETS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lmc/base/bytes.h"
#include "lmc/base/zeroed_array.h"
#include "lmc/mixing/counters.h"

namespace lmc {

inline constexpr uint32_t kJpegNodes = 16;     // decisions, and so slots, of a bucket
inline constexpr uint32_t kJpegNearNodes = 4;  // the first ones of them: zero or not, sign, size

class JpegBuckets {
 public:
  using Near = std::array<BitSlot, kJpegNearNodes>;
  using Far = std::array<BitSlot, kJpegNodes - kJpegNearNodes>;

  explicit JpegBuckets(size_t buckets);

  // Slots of a bucket.
  Near* near(size_t place) { return &near_[place]; }
  size_t place_of(const Near* near) const { return size_t(near - &near_[0]); }
  // tables: those that load() got for this place, or empty.
  Far* far(size_t place, ByteSpan tables) {
    const uint32_t known = far_places_[place];
    return &far_[known & kUsed ? known - kUsed : make_far(place, tables)];
  }
  // What far() will need, in two steps that may be some decisions apart.
  void fetch_far_place(size_t place) const { __builtin_prefetch(&far_places_[place], 1); }
  void fetch_far(size_t place, ByteSpan tables) const {
    const uint32_t known = far_places_[place];
    if (known & kUsed)
      __builtin_prefetch(&far_[known - kUsed], 1);
    else
      __builtin_prefetch(tables.data() + known);
  }

  // Where the buckets of each context of a model begin, and how many there are, as a power of two.
  struct Part {
    uint32_t first, bits;
  };
  // The buckets of all parts are as the tables of a prior say (JpegModelPrior); for others they must be all zero.
  void load(ByteSpan tables, std::span<const Part> parts);
  Bytes tables_for_prior(std::span<const Part> parts) const;
  void forget(size_t first, size_t buckets);

 private:
  static constexpr uint32_t kUsed = 1u << 31;

  size_t make_far(size_t place, ByteSpan tables);
  BitSlot slot(size_t place, uint32_t node) const;  // as learnt, without the prior

  ZeroedArray<Near> near_;
  ZeroedArray<uint32_t> far_places_;  // kUsed + place in far_; or where the tables have the bucket, 0 if nowhere
  ZeroedArray<Far> far_;              // in the order of their first use
  uint32_t far_used_ = 0;
};

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_JPEG_BUCKETS_H_
