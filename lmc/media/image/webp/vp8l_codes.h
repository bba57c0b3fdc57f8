// Prefix codes of VP8L: read, written, and what an encoder would most likely make of given counts.
//
// The forecasts follow libwebp's published behaviour (counts smoothed for the sake of runs, then Huffman's procedure
// with a floor below the counts that doubles until no length passes the limit), because it writes nearly all files.
// They are part of the archive format: never change what they return. Source: RFC 9649, section 3.7.2.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_CODES_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_CODES_H_

#include <span>

#include "lmc/coding/bit_string.h"
#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

inline constexpr int kMaxVp8lCodeBits = 15, kMaxVp8lStepBits = 7;

// Decodes symbols; bits come lowest first.
class Vp8lDecoder {
 public:
  // Errors: bad input, unless the code is complete or has a single symbol, which then takes no bits.
  static Result<Vp8lDecoder> create(std::span<const uint8_t> lengths);

  uint32_t read(BitReader& bits) const {
    const uint32_t next = bits.peek(kMaxVp8lCodeBits);
    const Entry& entry = table_[next & ((1u << kTableBits) - 1)];
    if (entry.bits <= kTableBits) {
      bits.skip(entry.bits);
      return entry.symbol;
    }
    return read_long(bits, next);
  }

 private:
  static constexpr int kTableBits = 8;
  struct Entry {
    uint16_t symbol = 0;
    uint8_t bits = 0;  // above kTableBits: longer than the table knows
  };

  uint32_t read_long(BitReader& bits, uint32_t next) const;

  std::array<Entry, 1 << kTableBits> table_;
  std::array<uint16_t, kMaxVp8lCodeBits + 2> first_code_{}, first_place_{};  // by length
  std::vector<uint16_t> symbols_;                                            // by length, then by number
};

// Writes symbols. lengths must be those of a complete code or of a single symbol.
class Vp8lEncoder {
 public:
  explicit Vp8lEncoder(std::span<const uint8_t> lengths);
  // Errors through has: a symbol without a code must not be written.
  bool has(uint32_t symbol) const { return is_single_ ? symbol == single_ : lengths_[symbol] != 0; }
  void write(BitWriter& bits, uint32_t symbol) const {
    if (!is_single_) bits.write(codes_[symbol], lengths_[symbol]);
  }

 private:
  std::vector<uint8_t> lengths_;
  std::vector<uint16_t> codes_;  // turned round
  bool is_single_ = false;
  uint32_t single_ = 0;
};

bool vp8l_lengths_are_complete(std::span<const uint8_t> lengths, int most_bits);

Result<Vp8lCode> read_vp8l_code(BitReader& bits, uint32_t alphabet);
// Errors: bad input, if the code-length encoding cannot be written.
Status write_vp8l_code(BitWriter& bits, const Vp8lLengthEncoding& length_encoding);
// The lengths that a code-length encoding says. Errors: bad input.
Result<std::vector<uint8_t>> vp8l_lengths_of(const Vp8lLengthEncoding& length_encoding, uint32_t alphabet);

// smooth: counts are first made alike where that makes runs.
std::vector<uint8_t> forecast_vp8l_lengths(std::vector<uint32_t> counts, int most_bits, bool smooth);
Vp8lLengthEncoding forecast_vp8l_length_encoding(std::span<const uint8_t> lengths);
std::array<uint8_t, 19> forecast_vp8l_step_lengths(const std::vector<Vp8lLengthStep>& steps);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_CODES_H_
