// Strings of bits as deflate packs them: the first bit is the lowest of the first byte.
#ifndef LMC_CODING_BIT_STRING_H_
#define LMC_CODING_BIT_STRING_H_

#include <algorithm>

#include "lmc/base/bytes.h"

namespace lmc {

class BitWriter {
 public:
  // The low count bits of value, lowest first; count up to 32.
  void write(uint32_t value, int count) {
    pending_ |= uint64_t(value) << pending_bits_;
    pending_bits_ += count;
    while (pending_bits_ >= 8) {
      bytes_.push_back(uint8_t(pending_));
      pending_ >>= 8;
      pending_bits_ -= 8;
    }
  }
  void write_bits_of(ByteSpan bits, size_t count) {
    for (size_t i = 0; i < count; i += 8)
      write(bits[i / 8] & ((1u << std::min<size_t>(8, count - i)) - 1), int(std::min<size_t>(8, count - i)));
  }
  int bits_to_byte_end() const { return (8 - pending_bits_) % 8; }
  void write_whole_bytes(ByteSpan bytes) {  // only at the end of a byte
    append_bytes(bytes_, bytes);
  }

  size_t size_bits() const { return 8 * bytes_.size() + size_t(pending_bits_); }
  // Fills up the last byte with zeros.
  Bytes finish() && {
    write(0, bits_to_byte_end());
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
  uint64_t pending_ = 0;
  int pending_bits_ = 0;
};

// Past the end there are zeros; position_bits says whether one went there.
class BitReader {
 public:
  explicit BitReader(ByteSpan bytes) : bytes_(bytes) {}

  size_t position_bits() const { return 8 * next_ - size_t(available_); }
  bool past_end() const { return position_bits() > 8 * bytes_.size(); }

  // count up to 32.
  uint32_t peek(int count) {
    fill();
    return uint32_t(buffer_ & ((uint64_t(1) << count) - 1));
  }
  void skip(int count) {  // no more than was peeked
    buffer_ >>= count;
    available_ -= count;
  }
  uint32_t read(int count) {
    const uint32_t value = peek(count);
    skip(count);
    return value;
  }
  void seek_bits(size_t position_bits) {
    next_ = position_bits / 8;
    buffer_ = 0;
    available_ = 0;
    read(int(position_bits % 8));
  }

 private:
  void fill() {
    while (available_ <= 56) {
      if (next_ < bytes_.size()) buffer_ |= uint64_t(bytes_[next_]) << available_;
      ++next_;
      available_ += 8;
    }
  }

  ByteSpan bytes_;
  size_t next_ = 0;
  uint64_t buffer_ = 0;
  int available_ = 0;
};

}  // namespace lmc

#endif  // LMC_CODING_BIT_STRING_H_
