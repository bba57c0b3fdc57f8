// Lists of what is not as predicted: of items in a row, those that differ, each behind the number of items that were
// right before it.
//
//   varint    number of items that differ, and for each
//     varint    items that were as predicted since the one before
//     ...       what it is instead; the caller writes and reads it
#ifndef LMC_CODING_GAP_LIST_H_
#define LMC_CODING_GAP_LIST_H_

#include <optional>
#include <utility>

#include "lmc/base/bytes.h"

namespace lmc {

// One call for each item in turn.
class GapListWriter {
 public:
  void right() { ++gap_; }
  // Where to append what the item is.
  Bytes& wrong() {
    append_varint(bytes_, gap_);
    gap_ = 0;
    ++count_;
    return bytes_;
  }

  size_t size_bytes() const { return bytes_.size(); }  // without the number
  uint64_t count() const { return count_; }
  void append_to(Bytes& out) const {
    append_varint(out, count_);
    append_bytes(out, bytes_);
  }

 private:
  Bytes bytes_;
  uint64_t gap_ = 0, count_ = 0;
};

// kRead reads one item. What the list is read from must outlive it.
template <typename Item, Result<Item> (*kRead)(ByteReader&)>
class GapListReader {
 public:
  GapListReader() = default;  // nothing differs

  // Leaves side after the list. Every item is read here once to find the end, so nothing can fail later.
  static Result<GapListReader> create(ByteReader& side) {
    LMC_ASSIGN(const auto count, side.read_varint("number of corrections"));
    GapListReader list;
    list.left_ = count;
    list.reader_ = side;
    for (uint64_t i = 0; i < count; ++i) {
      LMC_TRY(side.read_varint("items before a correction"));
      LMC_TRY(kRead(side));
    }
    list.load_gap();
    return list;
  }

  // To be called for each item in turn: what it is, if not as predicted.
  std::optional<Item> next() {
    if (left_ == 0 || gap_-- > 0) return std::nullopt;
    Item item = std::move(kRead(reader_).value());
    --left_;
    load_gap();
    return item;
  }
  bool is_done() const { return left_ == 0; }

 private:
  void load_gap() {
    if (left_ > 0) gap_ = reader_.read_varint("items before a correction").value();
  }

  ByteReader reader_{{}};
  uint64_t left_ = 0, gap_ = 0;
};

inline Result<uint8_t> read_gap_byte(ByteReader& reader) { return reader.read_le<uint8_t>("corrected byte"); }
using GapByteReader = GapListReader<uint8_t, read_gap_byte>;  // items of one byte

}  // namespace lmc

#endif  // LMC_CODING_GAP_LIST_H_
