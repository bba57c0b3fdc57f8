// Bits as FLAC packs them: the first bit is the highest of the first byte.
#ifndef LMC_MEDIA_AUDIO_FLAC_FLAC_BITS_H_
#define LMC_MEDIA_AUDIO_FLAC_FLAC_BITS_H_

#include <bit>

#include "lmc/base/bytes.h"

namespace lmc {

// Past the end there are zeros; past_end() says whether one was read.
class FlacBitReader {
 public:
  explicit FlacBitReader(ByteSpan bytes) : bytes_(bytes) {}

  size_t position_bits() const { return 8 * next_ - size_t(available_); }
  size_t position_bytes() const { return (position_bits() + 7) / 8; }
  bool past_end() const { return position_bits() > 8 * bytes_.size(); }

  // count up to 32.
  uint32_t read(int count) {
    if (count == 0) return 0;
    fill();
    const auto value = uint32_t(buffer_ >> (64 - count));
    skip(count);
    return value;
  }
  // Two's complement; count 1 to 33.
  int64_t read_signed(int count) {
    const uint64_t high = count > 32 ? read(count - 32) : 0;
    const uint64_t value = high << 32 | read(count > 32 ? 32 : count);
    const int unused = 64 - count;
    return int64_t(value << unused) >> unused;
  }
  // The zeros before the next one, which is read too. At the end of the bytes it stops.
  uint64_t read_unary() {
    uint64_t zeros = 0;
    for (;;) {
      fill();
      const int run = std::countl_zero(buffer_);
      if (run < available_) {
        skip(run);
        skip(1);
        return zeros + uint64_t(run);
      }
      zeros += uint64_t(available_);
      skip(available_);
      if (next_ >= bytes_.size()) {
        read(1);
        return zeros;
      }
    }
  }

 private:
  void skip(int count) {
    buffer_ = count < 64 ? buffer_ << count : 0;
    available_ -= count;
  }
  void fill() {
    while (available_ <= 56) {
      if (next_ < bytes_.size()) buffer_ |= uint64_t(bytes_[next_]) << (56 - available_);
      ++next_;
      available_ += 8;
    }
  }

  ByteSpan bytes_;
  size_t next_ = 0;
  uint64_t buffer_ = 0;  // from its highest bit on
  int available_ = 0;
};

// Appends to a byte string, up to a number of bytes; what is more is left out, and overflows() says so.
class FlacBitWriter {
 public:
  FlacBitWriter(Bytes& out, size_t most_bytes) : out_(out), most_(most_bytes) {}

  // The low count bits of value; count up to 56.
  void write(uint64_t value, int count) {
    pending_ = pending_ << count | (value & ((uint64_t(1) << count) - 1));
    pending_bits_ += count;
    while (pending_bits_ >= 8) {
      pending_bits_ -= 8;
      put(uint8_t(pending_ >> pending_bits_));
    }
  }
  void write_unary(uint64_t zeros) {
    if (zeros / 8 > most_ - out_.size()) {
      overflows_ = true;
      return;
    }
    for (; zeros >= 32; zeros -= 32) write(0, 32);
    write(1, int(zeros) + 1);
  }
  void fill_byte() { write(0, (8 - pending_bits_) % 8); }
  bool overflows() const { return overflows_; }

 private:
  void put(uint8_t byte) {
    if (out_.size() < most_)
      out_.push_back(byte);
    else
      overflows_ = true;
  }

  Bytes& out_;
  size_t most_;
  uint64_t pending_ = 0;
  int pending_bits_ = 0;
  bool overflows_ = false;
};

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_FLAC_FLAC_BITS_H_
