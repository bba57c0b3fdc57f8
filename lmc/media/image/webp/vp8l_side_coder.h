// Adaptive binary decisions of the reconstruction data of VP8L, the same calls for writing and reading.
//
// A decision has a context, a few small numbers that go into a table of probabilities by their hash. Numbers are coded
// by the number of their bits and then the bits. code functions take the value to write and return it, or the one read.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_CODER_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_CODER_H_

#include <algorithm>
#include <bit>
#include <optional>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/mixing/counters.h"

namespace lmc {

class Vp8lSideCoder {
 public:
  explicit Vp8lSideCoder(Bytes& out) : encoder_(std::in_place, out), probabilities_(size_t(1) << kTableBits) {}
  explicit Vp8lSideCoder(ByteSpan in) : decoder_(std::in_place, in), probabilities_(size_t(1) << kTableBits) {}

  bool decodes() const { return decoder_.has_value(); }
  void finish() { encoder_->finish(); }

  // kind: what is decided; a and b: in what context.
  bool code_bit(bool bit, uint32_t kind, uint32_t a = 0, uint32_t b = 0) {
    MapEntry& entry = probabilities_[place(kind, a, b)];
    const uint32_t p1 = std::clamp<uint32_t>(entry.p16(), 1, 65535);
    bit = encoder_ ? encoder_->code(bit, p1) : decoder_->code(bit, p1);
    entry.update(bit, kLimit);
    return bit;
  }
  // Of bits bits, the highest first, each in the context of those before.
  uint32_t code_bits(uint32_t value, int bits, uint32_t kind, uint32_t a = 0, uint32_t b = 0) {
    uint32_t node = 1;
    for (int i = bits; i-- > 0;) node = node << 1 | code_bit(value >> i & 1, kind, a, b << 12 ^ node);
    return node ^ 1u << bits;
  }
  // Below 2^31.
  uint32_t code_number(uint32_t value, uint32_t kind, uint32_t a = 0, uint32_t b = 0) {
    const uint32_t size = code_bits(uint32_t(std::bit_width(value)), 5, kind, a, b);
    if (size < 2) return size;
    uint32_t out = 1;
    for (int i = int(size) - 1; i-- > 0;)
      out = out << 1 | code_bit(value >> i & 1, kind, a + 1000,
                                b << 16 ^ size << 8 ^ uint32_t(i) << 3 ^ (i + 4 > int(size) ? out & 7 : 0));
    return out;
  }

 private:
  static constexpr int kTableBits = 16;
  static constexpr uint32_t kLimit = 255;

  static uint32_t place(uint32_t kind, uint32_t a, uint32_t b) {
    uint32_t hash = (kind * 0x9e3779b1u) ^ (a * 0x85ebca6bu);
    hash = (hash ^ hash >> 15) * 0x2c1b3c6du + b * 0xc2b2ae35u;
    return ((hash ^ hash >> 13) * 0x297a2d39u) >> (32 - kTableBits);
  }

  std::optional<ArithmeticEncoder> encoder_;
  std::optional<ArithmeticDecoder> decoder_;
  std::vector<MapEntry> probabilities_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_SIDE_CODER_H_
