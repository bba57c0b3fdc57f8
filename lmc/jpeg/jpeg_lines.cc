#include "lmc/jpeg/jpeg_lines.h"

#include <algorithm>
#include <array>
#include <bit>

#include "lmc/jpeg/jpeg_prior.h"

namespace lmc {
namespace {

constexpr std::array<uint8_t, 256> make_bits() {
  std::array<uint8_t, 256> bits{};
  for (unsigned i = 0; i < 256; ++i) bits[i] = uint8_t(std::popcount(i));
  return bits;
}
constexpr std::array<uint8_t, 256> kBits = make_bits();  // that are set

}  // namespace

JpegLines::JpegLines(size_t contexts, uint32_t context_bits)
    : contexts_(contexts),
      bits_(context_bits),
      places_(places(), Pages::kOrdinary),
      far_places_(places(), Pages::kOrdinary),
      near_(places(), Pages::kOrdinary),
      far_(places(), Pages::kOrdinary) {}

// Of each context: the number of its lines (2 bytes), and of each line: how far it is behind the one before (255 stands
// for as many and goes on), which slots are there (2 bytes), and a byte for each of these.
void JpegLines::start_from(ByteSpan tables) {
  if (used_ > 0) {
    std::fill_n(&places_[0], places(), 0);
    std::fill_n(&far_places_[0], used_, 0);
    std::fill_n(&near_[0], used_, Near{});
    std::fill_n(&far_[0], far_used_, Far{});
  }
  used_ = far_used_ = 0;
  prior_ = tables;
  if (tables.empty()) return;
  const uint8_t* in = tables.data();
  for (size_t i = 0; i < contexts_; ++i) {
    uint32_t* place = &places_[i << bits_];
    unsigned lines = unsigned(in[0] | in[1] << 8);
    for (in += 2; lines > 0; --lines) {
      for (; *in == 255; ++in) place += 255;
      place += *in++;
      *place = uint32_t(in - tables.data());
      in += 2 + kBits[in[0]] + kBits[in[1]];
    }
  }
}

// In the prior: which slots are there (2 bytes), and a byte for each.
uint32_t JpegLines::make(size_t place) {
  const uint32_t number = used_++;
  if (const uint32_t from = places_[place]; from != 0) {
    const std::array<BitSlot, 256>& slots = prior_slots();
    const uint8_t* in = &prior_[from];
    const uint8_t* byte = in + 2;
    for (uint32_t node = 0; node < kJpegNearNodes; ++node)
      if (in[0] >> node & 1) near_[number][node] = slots[*byte++];
    far_places_[number] = from;
  }
  places_[place] = kUsed + number;
  return number;
}

uint32_t JpegLines::make_far(uint32_t number) {
  const uint32_t far_number = far_used_++;
  if (const uint32_t from = far_places_[number]; from != 0) {
    constexpr unsigned kNearMask = (1u << kJpegNearNodes) - 1;
    const std::array<BitSlot, 256>& slots = prior_slots();
    const uint8_t* in = &prior_[from];
    const uint8_t* byte = in + 2 + kBits[in[0] & kNearMask];
    for (unsigned left = unsigned(in[0] | in[1] << 8) & ~kNearMask; left != 0; left &= left - 1)
      far_[far_number][unsigned(std::countr_zero(left)) - kJpegNearNodes] = slots[*byte++];
  }
  far_places_[number] = kUsed + far_number;
  return far_number;
}

BitSlot JpegLines::slot_of(uint32_t number, uint32_t node) const {
  if (node < kJpegNearNodes) return near_[number][node];
  const uint32_t known = far_places_[number];
  return known & kUsed ? far_[known - kUsed][node - kJpegNearNodes] : BitSlot{};
}

Bytes JpegLines::tables_for_prior() const {
  Bytes out;
  for (size_t i = 0; i < contexts_; ++i) {
    Bytes lines;
    uint16_t count = 0;
    size_t before = 0;
    for (size_t j = 0; j < size_t(1) << bits_; ++j) {
      const uint32_t known = places_[(i << bits_) + j];
      if (!(known & kUsed)) continue;  // seen too seldom
      Bytes slots;
      unsigned there = 0;
      for (unsigned k = 0; k < kJpegNodes; ++k) {
        const BitSlot slot = slot_of(known - kUsed, k);
        if (slot.count < kPriorLeast) continue;
        there |= 1u << k;
        slots.push_back(prior_byte(slot));
      }
      if (there == 0) continue;
      ++count;
      lines.insert(lines.end(), (j - before) / 255, 255);
      lines.push_back(uint8_t((j - before) % 255));
      append_le<uint16_t>(lines, uint16_t(there));
      append_bytes(lines, slots);
      before = j;
    }
    append_le<uint16_t>(out, count);
    append_bytes(out, lines);
  }
  return out;
}

}  // namespace lmc
