// The contexts of deep byte mixing: everything the bytes so far say about the next one, as hashes.
#ifndef LMC_MIXING_DEEP_CONTEXTS_H_
#define LMC_MIXING_DEEP_CONTEXTS_H_

#include <array>
#include <cstdint>

#include "lmc/base/bytes.h"
#include "lmc/mixing/byte_pointers.h"
#include "lmc/mixing/byte_structure.h"

namespace lmc {

inline constexpr int kDeepContexts = 38;
inline constexpr int kRecordContexts = 4;            // the last ones
inline constexpr int kExpectations = kPointers + 1;  // pointers, and the number that would come next
inline constexpr int kNextNumber = kPointers;

class DeepContexts {
 public:
  // one_of_many: streams, so that its tables begin small.
  explicit DeepContexts(size_t size_bytes, bool one_of_many = false);

  void append(uint8_t byte);

  const Bytes& history() const { return history_; }
  uint32_t last(int n) const { return (c4_ >> (8 * (n - 1))) & 255; }  // the n-th last byte, n 1 to 4
  uint32_t last_two() const { return c4_ & 0xffff; }
  const Fields& fields() const { return fields_; }
  // Where in its record the next byte stands; 0 where there are no records.
  uint32_t record_place() const { return records_.length > 0 ? uint32_t(history_.size()) % records_.length : 0; }
  bool in_records() const { return records_.length > 0; }
  uint32_t field_bytes() const { return uint32_t(history_.size()) - fields_.begin; }

  // What the next byte is by an expectation, -1 unknown; how long it has been right (a bucket of 0..15), and its misses
  // or lack of trust (0..7).
  int expected(int kind) const { return expected_[size_t(kind)]; }
  uint32_t strength(int kind) const;
  uint32_t doubt(int kind) const;

  // How many contexts there are for the next byte: those of records only where records are.
  int active() const { return records_.length > 0 ? kDeepContexts : kDeepContexts - kRecordContexts; }
  // One hash for each of them, of everything before the next byte.
  void hash(std::array<uint64_t, kDeepContexts>& out) const;

 private:
  void hash_records(std::array<uint64_t, kDeepContexts>& out, size_t first) const;

  Bytes history_;
  uint32_t c4_ = 0, c8_ = 0;  // the last four bytes, and the four before
  uint32_t classes_ = 0;      // of the last eight bytes, four bits each
  Words words_;
  Fields fields_;
  Numbers numbers_;
  Nesting nesting_;
  Records records_;
  BytePointers pointers_;
  std::array<int, kExpectations> expected_;
  std::array<uint32_t, 256> after_byte_{};  // the last four bytes that followed each byte
  ZeroedArray<uint16_t> after_pair_;        // the last two that followed each two
};

}  // namespace lmc

#endif  // LMC_MIXING_DEEP_CONTEXTS_H_
