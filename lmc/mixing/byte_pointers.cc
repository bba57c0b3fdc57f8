#include "lmc/mixing/byte_pointers.h"

#include <algorithm>

#include "lmc/mixing/context_table.h"
#include "lmc/mixing/contexts.h"

namespace lmc {
namespace {

constexpr uint32_t kMostLength = 65535;
constexpr uint32_t kMostMisses = 8;      // a pointer that missed so often is given up
constexpr uint32_t kFirmLength = 16;     // a match as long is not replaced
constexpr uint32_t kMostCompared = 400;  // bytes, to find how long a match is
constexpr uint32_t kFirmShape = 8;

unsigned places_log2(size_t size_bytes, bool small) { return log2_at_least(size_bytes, small ? 16 : 20); }

}  // namespace

uint32_t pointer_bucket(uint32_t length) {
  constexpr uint32_t kFrom[] = {1, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 512};
  return 1 + uint32_t(std::upper_bound(std::begin(kFrom), std::end(kFrom), length) - std::begin(kFrom));
}

uint64_t BytePointers::memory_bytes(size_t size_bytes, bool small) {
  return (uint64_t(1) << places_log2(size_bytes, small)) * 7 / 4 * sizeof(uint32_t);
}

BytePointers::BytePointers(size_t size_bytes, bool small)
    : places_(size_t(1) << places_log2(size_bytes, small)),
      long_table_(places_),
      short_table_(places_ / 4),
      field_table_(places_ / 4),
      shape_table_(places_ / 4) {}

void BytePointers::advance(uint8_t byte, const Bytes& history, uint8_t delimiter) {
  for (int kind = 0; kind < kPointers; ++kind) {
    BytePointer& p = pointers_[size_t(kind)];
    if (!p.on) continue;
    const uint8_t expected = history[p.offset++];
    if (expected == byte) {
      p.length = std::min(p.length + 1, kMostLength);
      if (p.length % 16 == 0 && p.misses > 0) --p.misses;
      continue;
    }
    p.length = 0;
    const bool of_field = kind == kFieldAbove || kind == kFieldAfter;
    const bool field_ended = of_field && (expected == delimiter || expected == '\n');
    if (++p.misses >= kMostMisses || field_ended) p.on = false;
  }
}

void BytePointers::find_match(int kind, uint64_t hash, uint32_t minimum, const Bytes& history) {
  BytePointer& p = pointers_[size_t(kind)];
  auto& table = kind == kLongMatch ? long_table_ : short_table_;
  uint32_t& place = table[mix(hash) & ((kind == kLongMatch ? places_ : places_ / 4) - 1)];
  const auto size = uint32_t(history.size());
  if (place != 0 && (!p.on || p.length < kFirmLength)) {
    uint32_t length = 0;
    while (length < kMostCompared && length < place && history[place - 1 - length] == history[size - 1 - length])
      ++length;
    if (length >= minimum && (!p.on || length > p.length)) {
      const bool firm = length >= kFirmLength;
      p = {place, length, p.on && !firm ? p.misses : 0, true};
    }
  }
  place = size;
}

void BytePointers::find_matches(const Bytes& history, uint32_t c4, uint32_t c8) {
  if (history.size() >= 7) find_match(kLongMatch, c4 | uint64_t(c8 & 0xffffff) << 32, 7, history);
  if (history.size() >= 4) find_match(kShortMatch, c4, 4, history);
}

void BytePointers::begin_field(const Bytes& history, uint32_t above, uint32_t previous, uint32_t column) {
  pointers_[kFieldAbove] = {above, 0, 0, above != 0};
  uint32_t& place = field_table_[mix(uint64_t(previous) << 16 | column) & (places_ / 4 - 1)];
  pointers_[kFieldAfter] = {place, 0, 0, place != 0};
  place = uint32_t(history.size());
}

void BytePointers::find_line_shape(const Bytes& history, uint32_t shape) {
  uint32_t& place = shape_table_[mix(shape) & (places_ / 4 - 1)];
  BytePointer& p = pointers_[kLineShape];
  if (place != 0 && (!p.on || p.length < kFirmShape)) p = {place, 0, 0, true};
  place = uint32_t(history.size());
}

}  // namespace lmc
