// How far down a chain of positions with equal first bytes a match lies: encoders follow such a chain from the newest
// position on and give up after so many.
#ifndef LMC_MEDIA_DEFLATE_CHAIN_RANKS_H_
#define LMC_MEDIA_DEFLATE_CHAIN_RANKS_H_

#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/media/deflate/deflate_format.h"

namespace lmc {

class ChainRanks {
 public:
  // Chains of positions with the same hash of `bytes` bytes, 3 or 4. data must outlive this.
  ChainRanks(ByteSpan data, uint32_t bytes)
      : data_(data), bytes_(bytes), members_(size_t(1) << kHashBits), ordinals_(2 * kMaxDistance) {}

  // Goes on to the next position, which is then the latest one.
  void next() {
    if (position_ + bytes_ <= data_.size()) {
      uint32_t word = 0;
      for (uint32_t i = 0; i < bytes_; ++i) word |= uint32_t(data_[position_ + i]) << 8 * i;
      ordinals_[position_ % ordinals_.size()] = members_[(word * 0x9E3779B1u) >> (32 - kHashBits)]++;
    }
    ++position_;
  }
  // Steps from the latest position to the one `distance` before, which has the same first bytes: 1 and more.
  uint32_t rank(uint32_t distance) const {
    const size_t at = position_ - 1;
    return ordinals_[at % ordinals_.size()] - ordinals_[(at - distance) % ordinals_.size()];
  }

 private:
  static constexpr int kHashBits = 16;

  ByteSpan data_;
  uint32_t bytes_;
  size_t position_ = 0;
  std::vector<uint32_t> members_, ordinals_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_CHAIN_RANKS_H_
