// A hash table from contexts to the statistics of the fifteen decisions of half a byte.
//
// One bucket is one cache line: a check value and the fifteen nodes of a four-bit binary tree. A context looks for its
// bucket in two neighbouring lines; when neither is its own, the one seen less often is given up.
#ifndef LMC_MIXING_CONTEXT_TABLE_H_
#define LMC_MIXING_CONTEXT_TABLE_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lmc/base/zeroed_array.h"
#include "lmc/mixing/counters.h"
#include "lmc/mixing/hash.h"

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
  BitSlot nodes[15];  // see node_of
};
static_assert(sizeof(ContextBucket) == 64);

// The place in nodes of a decision after so many bits, of which `known` has the last ones. A bucket holds four bits: of
// b bits with value v it is (1 << b) + v - 1.
inline uint32_t node_of(uint32_t known, unsigned bits_known) {
  const uint32_t inner = 1u << (bits_known & 3);
  return (inner | (known & (inner - 1))) - 1;
}

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
  // take(i, bucket) for each of the first `count` contexts of a byte, whose hashes are these. known: the bits of the
  // byte so far behind a leading one; of the second half on, other buckets are meant.
  template <size_t kMost, typename Take>
  void find_all(const std::array<uint64_t, kMost>& hashes, size_t count, uint32_t known, const Take& take) {
    std::array<uint64_t, kMost> salted;
    const bool is_second = known >= 16;
    const uint64_t salt = uint64_t(known) * 0x9E3779B97F4A7C15ull;
    for (size_t i = 0; i < count; ++i) {
      salted[i] = is_second ? mix(hashes[i] + salt) : hashes[i];
      prefetch(salted[i]);
    }
    for (size_t i = 0; i < count; ++i) take(i, find(salted[i]));
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
