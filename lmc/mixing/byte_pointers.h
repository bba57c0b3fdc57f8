// Places in the past from where the bytes may go on as they did then: each expects the next byte.
//
// A pointer survives misses (a counter or a date within a repeated line), so it recovers where a plain match would have
// to be found again. Source of the idea: the match models of the PAQ family (Mahoney).
#ifndef LMC_MIXING_BYTE_POINTERS_H_
#define LMC_MIXING_BYTE_POINTERS_H_

#include <array>
#include <cstdint>

#include "lmc/base/bytes.h"
#include "lmc/base/zeroed_array.h"

namespace lmc {

enum PointerKind {
  kLongMatch,   // where the last seven or more bytes stood before
  kShortMatch,  // the last four or more
  kFieldAbove,  // this field, in the line above
  kFieldAfter,  // what followed a field like the previous one, in this column
  kLineShape,   // where the line had been the same, digits apart
  kPointers
};

struct BytePointer {
  uint32_t offset = 0;  // of the byte it expects next
  uint32_t length = 0;  // bytes it has been right in a row
  uint32_t misses = 0;  // lately
  bool on = false;
};

class BytePointers {
 public:
  // size_bytes: of the history, at most; the tables grow with it. small: begin with small ones.
  static uint64_t memory_bytes(size_t size_bytes, bool small);
  BytePointers(size_t size_bytes, bool small);

  const BytePointer& operator[](int kind) const { return pointers_[size_t(kind)]; }
  // The byte a pointer expects, -1 if it is off.
  int expected(int kind, const Bytes& history) const {
    const BytePointer& p = pointers_[size_t(kind)];
    return p.on ? history[p.offset] : -1;
  }

  // Before `byte` joins the history. delimiter: of the fields; a field pointer ends with its field.
  void advance(uint8_t byte, const Bytes& history, uint8_t delimiter);

  // After it has: matches by the last bytes (c4, c8: the last eight).
  void find_matches(const Bytes& history, uint32_t c4, uint32_t c8);
  // A field begins: above, where the same field began a line ago (0: nowhere); previous, a hash of the field before.
  void begin_field(const Bytes& history, uint32_t above, uint32_t previous, uint32_t column);
  // The line so far has this hash, digits apart.
  void find_line_shape(const Bytes& history, uint32_t shape);

 private:
  void find_match(int kind, uint64_t hash, uint32_t minimum, const Bytes& history);

  std::array<BytePointer, kPointers> pointers_;
  size_t places_;  // of the first table; the others have a quarter as many
  ZeroedArray<uint32_t> long_table_, short_table_, field_table_, shape_table_;  // offsets, 0: none
};

uint32_t pointer_bucket(uint32_t length);  // 1..13

}  // namespace lmc

#endif  // LMC_MIXING_BYTE_POINTERS_H_
