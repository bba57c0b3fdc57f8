// Carry-less binary arithmetic coder with a 32-bit range (after Mahoney's lpaq). Encoder and Decoder share one shape,
// code(bit, p1), so that a coding loop is written once, as a template over the coder.
//
// The interval [low, high] is cut at low + (high - low) * p1 / 65536; a one takes the lower part. Leading bytes on
// which both ends agree are written. finish() writes as many bytes as the decoder needs to tell the interval, and the
// decoder reads zeros past the end, so trailing zero bytes are dropped.
#ifndef LMC_CODING_ARITHMETIC_CODER_H_
#define LMC_CODING_ARITHMETIC_CODER_H_

#include <cstdint>

#include "lmc/base/bytes.h"

namespace lmc {

class ArithmeticEncoder {
 public:
  static constexpr bool kDecodes = false;
  explicit ArithmeticEncoder(Bytes& out) : out_(out), start_(out.size()) {}

  // p1: the probability of a one of 65536, 1..65535. Returns bit.
  int code(int bit, uint32_t p1) {
    const uint32_t middle = low_ + uint32_t((uint64_t(high_ - low_) * p1) >> 16);
    if (bit) {
      high_ = middle;
    } else {
      low_ = middle + 1;
    }
    while (((low_ ^ high_) & 0xff000000u) == 0) {
      out_.push_back(uint8_t(high_ >> 24));
      low_ <<= 8;
      high_ = high_ << 8 | 255;
    }
    return bit;
  }

  void finish() {
    // The shortest byte string that, followed by zeros, lies in [low, high].
    for (unsigned bytes = 0; bytes <= 4; ++bytes) {
      const uint64_t unit = uint64_t(1) << (32 - 8 * bytes);
      const uint64_t value = (uint64_t(low_) + unit - 1) / unit * unit;
      if (value > high_) continue;
      for (unsigned i = 0; i < bytes; ++i) out_.push_back(uint8_t(value >> (24 - 8 * i)));
      break;
    }
    while (out_.size() > start_ && out_.back() == 0) out_.pop_back();
  }

 private:
  Bytes& out_;
  size_t start_;
  uint32_t low_ = 0;
  uint32_t high_ = 0xffffffffu;
};

class ArithmeticDecoder {
 public:
  static constexpr bool kDecodes = true;
  explicit ArithmeticDecoder(ByteSpan in) : in_(in) {
    for (int i = 0; i < 4; ++i) value_ = value_ << 8 | next();
  }

  // The argument bit is ignored; returns the decoded one.
  int code(int /*bit*/, uint32_t p1) {
    const uint32_t middle = low_ + uint32_t((uint64_t(high_ - low_) * p1) >> 16);
    const int bit = value_ <= middle;
    if (bit) {
      high_ = middle;
    } else {
      low_ = middle + 1;
    }
    while (((low_ ^ high_) & 0xff000000u) == 0) {
      low_ <<= 8;
      high_ = high_ << 8 | 255;
      value_ = value_ << 8 | next();
    }
    return bit;
  }

 private:
  uint8_t next() { return position_ < in_.size() ? in_[position_++] : 0; }

  ByteSpan in_;
  size_t position_ = 0;
  uint32_t low_ = 0;
  uint32_t high_ = 0xffffffffu;
  uint32_t value_ = 0;
};

}  // namespace lmc

#endif  // LMC_CODING_ARITHMETIC_CODER_H_
