#include "lmc/media/jpeg/jpeg_huffman.h"

#include <string>

namespace lmc {

Result<HuffmanTable> make_huffman_table(ByteSpan counts, ByteSpan symbols) {
  HuffmanTable table;
  table.defined = true;
  uint32_t code = 0;
  size_t place = 0;
  for (unsigned length = 1; length <= 16; ++length) {
    const uint32_t count = counts[length - 1];
    if (code + count > 1u << length || place + count > symbols.size())
      return bad_input("jpeg: a Huffman table has more codes of " + std::to_string(length) + " bits than there can be");
    table.first[length] = int32_t(place) - int32_t(code);
    for (uint32_t i = 0; i < count; ++i, ++code, ++place) {
      const uint8_t symbol = symbols[place];
      table.symbols[place] = symbol;
      table.code[symbol] = uint16_t(code);
      table.bits[symbol] = uint8_t(length);
      if (length > 9) continue;
      const uint32_t begin = code << (9 - length);
      for (uint32_t j = 0; j < 1u << (9 - length); ++j) table.quick[begin + j] = uint16_t(length << 8 | symbol);
    }
    table.limit[length] = code << (16 - length);
    code <<= 1;
  }
  return table;
}

void SegmentReader::refill_bytes() {
  while (available_ <= 56) {
    uint64_t next = 0;
    if (position_ < file_.size() && file_[position_] != 0xff) {
      next = file_[position_++];
    } else if (position_ + 1 < file_.size() && file_[position_ + 1] == 0) {
      next = 0xff;
      position_ += 2;
    } else {
      past_end_ += 8;
    }
    buffer_ |= next << (56 - available_);
    available_ += 8;
  }
  // Far past the end the count would overflow; what is read there is refused anyway.
  if (past_end_ > (1 << 20)) past_end_ = 1 << 20;
}

int SegmentReader::long_symbol(const HuffmanTable& table) {
  const auto next = uint32_t(buffer_ >> 48);
  for (unsigned length = 10; length <= 16; ++length) {
    if (next >= table.limit[length]) continue;
    skip(length);
    const auto place = int32_t(next >> (16 - length)) + table.first[length];
    return place >= 0 && place < 256 ? table.symbols[size_t(place)] : -1;
  }
  return -1;
}

bool SegmentReader::take_padding(uint32_t& value, unsigned& count) {
  refill();
  refill_bytes();
  const int left = available_ - past_end_;
  if (left < 0 || left > 7) return false;
  count = unsigned(left);
  value = left == 0 ? 0 : uint32_t(buffer_ >> (64 - left));
  return true;
}

}  // namespace lmc
