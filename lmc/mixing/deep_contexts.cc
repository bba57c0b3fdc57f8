#include "lmc/mixing/deep_contexts.h"

#include <algorithm>

#include "lmc/mixing/contexts.h"

namespace lmc {

DeepContexts::DeepContexts(size_t size_bytes, bool one_of_many)
    : pointers_(size_bytes, one_of_many), after_pair_(65536) {
  history_.reserve(size_bytes);
  expected_.fill(-1);
}

uint32_t DeepContexts::strength(int kind) const {
  return kind == kNextNumber ? std::min(numbers_.matched(), 12u) : pointer_bucket(pointers_[kind].length);
}

uint32_t DeepContexts::doubt(int kind) const {
  return kind == kNextNumber ? numbers_.trust() : std::min(pointers_[kind].misses, 7u);
}

void DeepContexts::append(uint8_t byte) {
  const int above = expected_[kFieldAbove];
  pointers_.advance(byte, history_, fields_.delimiter);
  history_.push_back(byte);
  const auto size = uint32_t(history_.size());
  after_byte_[c4_ & 0xff] = after_byte_[c4_ & 0xff] << 8 | byte;
  after_pair_[c4_ & 0xffff] = uint16_t(after_pair_[c4_ & 0xffff] << 8 | byte);
  c8_ = c8_ << 8 | c4_ >> 24;
  c4_ = c4_ << 8 | byte;
  classes_ = classes_ << 4 | byte_class(byte);
  words_.append(byte);
  fields_.append(byte, size, above);
  nesting_.append(byte);
  numbers_.append(byte);
  records_.append(c4_ & 0xffff, size);
  if (numbers_.at_boundary) pointers_.find_line_shape(history_, numbers_.shape);
  pointers_.find_matches(history_, c4_, c8_);
  if (fields_.begin == size) pointers_.begin_field(history_, fields_.above(), fields_.previous, fields_.index);
  for (int kind = 0; kind < kPointers; ++kind) expected_[size_t(kind)] = pointers_.expected(kind, history_);
  expected_[kNextNumber] = numbers_.expected();
}

void DeepContexts::hash(std::array<uint64_t, kDeepContexts>& out) const {
  const uint64_t c4 = c4_, c8 = c8_, c1 = c4 & 0xff, c2 = c4 & 0xffff;
  const uint64_t size = history_.size();
  const auto next = [&](int kind) { return uint64_t(expected_[size_t(kind)] + 1); };  // 0: unknown
  const auto match = [&](int kind) { return expected_[size_t(kind)] < 0 ? 0 : next(kind) << 8 | strength(kind); };
  const uint64_t after_above =  // the byte behind the one that the field above expects
      pointers_[kFieldAbove].on && pointers_[kFieldAbove].offset + 1 < size
          ? history_[pointers_[kFieldAbove].offset + 1]
          : 0;
  const uint64_t order = fields_.order;
  size_t i = 0;
  const auto add = [&](uint64_t a, uint64_t b) {
    out[i] = hash2(a, b * 64 + i);
    ++i;
  };
  // The last bytes.
  add(0, 0);
  add(c1, 0);
  add(c2, 0);
  add(c4 & 0xffffff, 0);
  add(c4, 0);
  add(c4 | (c8 & 0xff) << 32, 0);
  add(c4 | (c8 & 0xffff) << 32, 0);
  add(c4 | c8 << 32, 0);
  // Matches.
  add(match(kLongMatch), c1);
  add(match(kLongMatch) << 16 | match(kShortMatch), 0);
  // Words.
  add(words_.current, c1);
  add(words_.last, uint64_t(words_.current) << 8 | c1);
  add(words_.current, nesting_.key);
  // Fields.
  add(fields_.index, fields_.hash);
  add(hash2(fields_.previous, fields_.before), fields_.hash);
  add(next(kFieldAbove) << 32 | after_above << 16 | order, std::min(fields_.index, 255u));
  add(next(kFieldAfter) << 32 | c1, fields_.index);
  add(next(kFieldAfter) << 32 | next(kFieldAbove), order);
  add(uint64_t(fields_.index) << 32 | field_bytes(), c1);
  add(classes_ & 0xffff, fields_.index);
  // Bytes with gaps.
  add((c4 >> 8) & 0xffff, 0);
  add(c4 & 0xf0f0ff, 0);
  add(c4 >> 16, 0);
  add(c1 | (size & 3) << 8, c4 >> 24);
  add((c4 >> 8 & 0xff) | (c4 >> 24) << 8, 0);
  // Classes of bytes.
  add(classes_, c1);
  add(classes_ & 0xffffff, c2);
  // What followed before.
  add(after_pair_[c2], c1);
  add(after_byte_[c1] & 0xffffff, 0);
  // Brackets and tags.
  add(hash2(nesting_.innermost(), nesting_.key), fields_.hash);
  // Lines with their digits masked.
  add(numbers_.shape, numbers_.digits);
  add(numbers_.shape, hash2(numbers_.shape_of_last_line, numbers_.digits));
  add(numbers_.shape, next(kLineShape));
  add(next(kLineShape) << 16 | next(kLongMatch), 0);
  if (records_.length > 0) hash_records(out, i);
}

void DeepContexts::hash_records(std::array<uint64_t, kDeepContexts>& out, size_t first) const {
  const uint64_t size = history_.size(), length = records_.length, c1 = c4_ & 0xff;
  const auto back = [&](uint64_t distance) -> uint64_t { return distance <= size ? history_[size - distance] : 0; };
  const uint64_t up = back(length), column = length << 32 | (size % length) << 8, any = length << 32 | up << 8;
  const uint64_t all[kRecordContexts] = {any | c1, any | back(2 * length), column | up,
                                         column | ((up + c1 - back(length + 1)) & 0xff)};
  for (size_t k = 0; k < kRecordContexts; ++k) out[first + k] = hash2(all[k], first + k);
}

}  // namespace lmc
