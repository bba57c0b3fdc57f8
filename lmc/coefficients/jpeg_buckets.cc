#include "lmc/coefficients/jpeg_buckets.h"

#include <algorithm>
#include <bit>

#include "lmc/coefficients/jpeg_prior.h"

namespace lmc {
namespace {

constexpr unsigned kNearMask = (1u << kJpegNearNodes) - 1;

constexpr std::array<uint8_t, 256> make_bits() {
  std::array<uint8_t, 256> bits{};
  for (unsigned i = 0; i < 256; ++i) bits[i] = uint8_t(std::popcount(i));
  return bits;
}
constexpr std::array<uint8_t, 256> kBits = make_bits();  // that are set

// in: the mask of a bucket in the tables, and its bytes.
void fill(JpegBuckets::Far& far, const uint8_t* in) {
  const std::array<BitSlot, 256>& slots = prior_slots();
  const uint8_t* byte = in + 2 + kBits[in[0] & kNearMask];
  for (unsigned left = unsigned(in[0] | in[1] << 8) & ~kNearMask; left != 0; left &= left - 1)
    far[size_t(std::countr_zero(left)) - kJpegNearNodes] = slots[*byte++];
}

}  // namespace

JpegBuckets::JpegBuckets(size_t buckets)
    : near_(buckets, Pages::kHuge), far_places_(buckets, Pages::kHuge), far_(buckets, Pages::kOrdinary) {}

// Of each context: the number of its buckets (2 bytes), and of each bucket: how far it is behind the one before (255
// stands for as many and goes on), which slots are there (2 bytes), and a byte for each of these.
void JpegBuckets::load(ByteSpan tables, std::span<const Part> parts) {
  if (tables.empty()) return;
  const std::array<BitSlot, 256>& slots = prior_slots();
  const uint8_t* in = tables.data();
  for (const Part& part : parts) {
    size_t place = part.first;
    unsigned buckets = unsigned(in[0] | in[1] << 8);
    for (in += 2; buckets > 0; --buckets) {
      for (; *in == 255; ++in) place += 255;
      place += *in++;
      if (far_places_[place] & kUsed)
        fill(far_[far_places_[place] - kUsed], in);
      else
        far_places_[place] = uint32_t(in - tables.data());
      const uint8_t* byte = in + 2;
      for (unsigned left = in[0] & kNearMask; left != 0; left &= left - 1)
        near_[place][size_t(std::countr_zero(left))] = slots[*byte++];
      in = byte + kBits[in[0] & ~kNearMask] + kBits[in[1]];
    }
  }
}

size_t JpegBuckets::make_far(size_t place, ByteSpan tables) {
  if (const uint32_t from = far_places_[place]; from != 0) fill(far_[far_used_], &tables[from]);
  far_places_[place] = kUsed + far_used_;
  return far_used_++;
}

BitSlot JpegBuckets::slot(size_t place, uint32_t node) const {
  if (node < kJpegNearNodes) return near_[place][node];
  const uint32_t known = far_places_[place];
  return known & kUsed ? far_[known - kUsed][node - kJpegNearNodes] : BitSlot{};
}

Bytes JpegBuckets::tables_for_prior(std::span<const Part> parts) const {
  Bytes out;
  for (const Part& part : parts) {
    Bytes buckets;
    uint16_t count = 0;
    size_t before = 0;
    for (size_t j = 0; j < size_t(1) << part.bits; ++j) {
      Bytes slots;
      unsigned there = 0;
      for (unsigned k = 0; k < kJpegNodes; ++k) {
        const BitSlot kept = slot(part.first + j, k);
        if (kept.count < kPriorLeast) continue;
        there |= 1u << k;
        slots.push_back(prior_byte(kept));
      }
      if (there == 0) continue;
      ++count;
      buckets.insert(buckets.end(), (j - before) / 255, 255);
      buckets.push_back(uint8_t((j - before) % 255));
      append_le<uint16_t>(buckets, uint16_t(there));
      append_bytes(buckets, slots);
      before = j;
    }
    append_le<uint16_t>(out, count);
    append_bytes(out, buckets);
  }
  return out;
}

void JpegBuckets::forget(size_t first, size_t buckets) {
  for (size_t place = first; place < first + buckets; ++place) {
    near_[place] = {};
    if (far_places_[place] & kUsed)
      far_[far_places_[place] - kUsed] = {};  // stays the bucket's
    else
      far_places_[place] = 0;
  }
}

}  // namespace lmc
