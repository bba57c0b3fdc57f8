#include "lmc/jpeg/jpeg_lines.h"

#include <algorithm>
#include <array>
#include <bit>

#include "lmc/jpeg/jpeg_prior.h"

namespace lmc {

JpegLines::JpegLines(size_t contexts, uint32_t context_bits)
    : contexts_(contexts),
      bits_(context_bits),
      places_(places()),
      lines_(static_cast<JpegLine*>(::operator new(places() * sizeof(JpegLine), std::align_val_t(alignof(JpegLine))))) {
}

// Of each context: the number of its lines (2 bytes), and of each line: how far it is behind the one before (255 stands
// for as many and goes on), which slots are there (2 bytes), and a byte for each of these.
void JpegLines::start_from(ByteSpan tables) {
  if (used_ > 0) std::fill_n(&places_[0], places(), 0);
  used_ = 0;
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
      in += 2 + std::popcount(unsigned(in[0] | in[1] << 8));
    }
  }
}

JpegLine& JpegLines::make(size_t place) {
  JpegLine& line = *new (&lines_[used_]) JpegLine;
  if (const uint32_t from = places_[place]; from != 0) {
    const std::array<BitSlot, 256>& slots = prior_slots();
    const uint8_t* in = &prior_[from] + 2;
    for (unsigned there = unsigned(in[-2] | in[-1] << 8); there != 0; there &= there - 1)
      line.slots[std::countr_zero(there)] = slots[*in++];
  }
  places_[place] = kUsed + used_++;
  return line;
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
      for (unsigned k = 0; k < JpegLine::kNodes; ++k) {
        const BitSlot& slot = lines_[known - kUsed].slots[k];
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
