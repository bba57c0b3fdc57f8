// A hash table from contexts to the statistics of the fifteen decisions of half a byte.
//
// One bucket is one cache line: a check value and the fifteen nodes of a four-bit binary tree. A context looks for its
// bucket in two neighbouring lines; when neither is its own, the one seen less often is given up.
#ifndef LMC_MIXING_CONTEXT_TABLE_H_
#define LMC_MIXING_CONTEXT_TABLE_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lmc/base/zeroed_array.h"
#include "lmc/mixing/counters.h"

namespace lmc {

// The least b from `least` on with 2^b >= size.
inline unsigned log2_at_least(size_t size, unsigned least) {
  return std::max(least, unsigned(std::bit_width(size > 0 ? size - 1 : 0)));
}

// The size, as a power of two, of the table for a block of block_bytes that visits about `buckets` buckets: 256 MiB at
// most for a block of the default size, 1 GiB for the largest.
inline unsigned context_table_bits(size_t buckets, size_t block_bytes) {
  const unsigned most = block_bytes <= size_t(4) << 20 ? 22 : block_bytes <= size_t(16) << 20 ? 23 : 24;
  return std::min(most, log2_at_least(buckets, 12));
}

struct alignas(64) ContextBucket {
  uint16_t check = 0;
  uint16_t run = 0;   // of deep mixing: the last byte that came here, and how often in a row
  BitSlot nodes[15];  // node of b known bits with value v: nodes[(1 << b) + v - 1]
};
static_assert(sizeof(ContextBucket) == 64);

class ContextTable {
 public:
  explicit ContextTable(unsigned log2_buckets) : mask_((1u << log2_buckets) - 1), buckets_(size_t(1) << log2_buckets) {}

  // hash: well mixed; its high half chooses the line, its low half is the check.
  ContextBucket& find(uint64_t hash) {
    const uint32_t index = uint32_t(hash >> 32) & mask_;
    const auto check = uint16_t(hash >> 16);
    ContextBucket& first = buckets_[index];
    if (first.check == check) return first;
    ContextBucket& second = buckets_[index ^ 1];
    if (second.check == check) return second;
    ContextBucket& victim = first.nodes[0].count <= second.nodes[0].count ? first : second;
    ContextBucket& other = &victim == &first ? second : first;
    if (other.nodes[0].count > 0) --other.nodes[0].count;  // what is never met again ages
    victim = ContextBucket{};
    victim.check = check;
    return victim;
  }
  void prefetch(uint64_t hash) const { __builtin_prefetch(&buckets_[uint32_t(hash >> 32) & mask_]); }
  // The second line too: where most contexts are new, both are read. Always inline: GCC takes a function that only
  // fetches for one without effect, and leaves out calls to it.
  [[gnu::always_inline]] void prefetch_both(uint64_t hash) const {
    prefetch(hash);
    __builtin_prefetch(&buckets_[(uint32_t(hash >> 32) & mask_) ^ 1]);
  }

 private:
  uint32_t mask_;
  ZeroedArray<ContextBucket> buckets_;
};

}  // namespace lmc

#endif  // LMC_MIXING_CONTEXT_TABLE_H_
