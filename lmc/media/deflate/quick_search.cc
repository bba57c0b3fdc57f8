#include "lmc/media/deflate/quick_search.h"

#include <algorithm>

#include "lmc/media/deflate/common_length.h"

namespace lmc {
namespace {

constexpr size_t kWordBytes = 4;
constexpr int kMinizBits = 12, kGoBits = 14, kIsalBits = 13, kBucketBits = 14;
constexpr size_t kFarForThree = 8192;  // miniz takes no match of three bytes from so far

// CRC-32C of a byte, without inversions (Castagnoli, reflected).
constexpr std::array<uint32_t, 256> kCrc32c = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    table[byte] = crc;
  }
  return table;
}();

uint32_t crc32c_of(uint32_t word) {
  for (size_t i = 0; i < kWordBytes; ++i) word = word >> 8 ^ kCrc32c[word & 255];
  return word;
}

uint32_t bucket_of(uint32_t three) {
  uint32_t hash = three;
  hash ^= hash << 3;
  hash += hash >> 5;
  hash ^= hash << 4;
  hash += hash >> 17;
  hash ^= hash << 25;
  hash += hash >> 6;
  return hash & ((1u << kBucketBits) - 1);
}

}  // namespace

QuickSearch::QuickSearch(ByteSpan data, QuickKind kind) : data_(data), kind_(kind) {
  if (kind == QuickKind::kBuckets)
    buckets_.resize(size_t(1) << kBucketBits);
  else
    last_.resize(size_t(1) << kGoBits);
}

uint32_t QuickSearch::word(size_t position) const {
  uint32_t four = 0;
  for (size_t i = 0; i < kWordBytes; ++i) four |= uint32_t(data_[position + i]) << 8 * i;
  return four;
}

uint32_t QuickSearch::slot_of(size_t position) const {
  const uint32_t four = word(position), three = four & 0xffffff;
  switch (kind_) {
    case QuickKind::kMiniz:
      return (three ^ three >> 17) & ((1u << kMinizBits) - 1);
    case QuickKind::kGo:
      return four * 0x1e35a7bdu >> (32 - kGoBits);
    case QuickKind::kIsal:
      return crc32c_of(four) & ((1u << kIsalBits) - 1);
    case QuickKind::kBuckets:
    case QuickKind::kNone:
      break;
  }
  return bucket_of(three);
}

void QuickSearch::enter(size_t position) {
  if (position + kWordBytes <= data_.size()) last_[slot_of(position)] = uint32_t(position + 1);
}

uint32_t QuickSearch::length_at(size_t position, size_t earlier) const {
  const auto most = uint32_t(std::min<size_t>(kMaxMatch, data_.size() - position));
  return common_length(data_.data() + position, data_.data() + earlier, 0, most);
}

Token QuickSearch::next(size_t position) {
  if (position + kWordBytes > data_.size()) return {};
  if (kind_ == QuickKind::kBuckets) return in_buckets(position);
  const uint32_t last = last_[slot_of(position)];
  enter(position);
  if (last == 0 || position + 1 - last > kMaxDistance) return {};
  const size_t distance = position + 1 - last;
  const uint32_t length = length_at(position, last - 1);
  if (length < kMinMatch || (kind_ != QuickKind::kMiniz && length < kWordBytes)) return {};
  if (length == kMinMatch && distance >= kFarForThree) return {};
  return {uint16_t(length), uint16_t(distance)};
}

void QuickSearch::commit(size_t position, Token token) {
  constexpr size_t kIsalEntries = 4;
  if (kind_ == QuickKind::kGo && token.is_match()) enter(position + token.length - 1);
  if (kind_ == QuickKind::kIsal)
    for (size_t i = 1; i < std::min<size_t>(kIsalEntries, token.length); ++i) enter(position + i);
}

Token QuickSearch::in_buckets(size_t position) {
  Bucket& bucket = buckets_[slot_of(position)];
  Token best{.length = kMinMatch};
  for (uint32_t i = 0; i < bucket.count; ++i) {
    const size_t earlier = bucket.positions[i];
    if (position - earlier >= kMaxDistance) continue;
    const uint32_t length = length_at(position, earlier);
    if (length >= best.length) best = {uint16_t(length), uint16_t(position - earlier)};
  }
  if (bucket.count == kBucketSize) {
    std::copy(bucket.positions.begin() + kBucketSize / 2, bucket.positions.end(), bucket.positions.begin());
    bucket.count = kBucketSize / 2;
  }
  bucket.positions[bucket.count++] = uint32_t(position);
  if (!best.is_match()) return {};
  const size_t after = position + 1;
  if (after + kWordBytes > data_.size()) return best;
  const Bucket& next = buckets_[slot_of(after)];
  for (uint32_t i = 0; i < next.count; ++i) {
    const size_t earlier = next.positions[i];
    if (after - earlier < kMaxDistance && length_at(after, earlier) > best.length) return {};
  }
  return best;
}

}  // namespace lmc
