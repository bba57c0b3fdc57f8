// Huffman codes and the bit strings of entropy-coded segments (ITU-T T.81, annexes C and F): reading with every bound
// checked, and writing. Both know byte stuffing (FF 00) and padding bits; neither knows what the symbols mean.
#ifndef LMC_MEDIA_JPEG_JPEG_HUFFMAN_H_
#define LMC_MEDIA_JPEG_JPEG_HUFFMAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

struct HuffmanTable {
  bool defined = false;
  uint32_t definition = 0;  // place among all tables of the file
  // Of each symbol: its code and the number of its bits, 0: it has none.
  std::array<uint16_t, 256> code{};
  std::array<uint8_t, 256> bits{};
  // Of each of the next 9 bits: bits << 8 | symbol where a code that short begins so, else 0.
  std::array<uint16_t, 512> quick{};
  // Of each length: the codes of it are below limit (aligned to 16 bits); code + first is the place in symbols.
  std::array<uint32_t, 18> limit{};
  std::array<int32_t, 17> first{};
  std::array<uint8_t, 256> symbols{};
};

// counts: codes of length 1 to 16; symbols: as many as the counts say (T.81, C.2). An error if the codes do not fit.
Result<HuffmanTable> make_huffman_table(ByteSpan counts, ByteSpan symbols);

// Reads one entropy-coded segment up to the next marker. Bits past its end are zeros, and ran_out() says so.
class SegmentReader {
 public:
  SegmentReader(ByteSpan file, size_t position) : file_(file), position_(position) {}

  size_t position() const { return position_; }  // of the marker, once everything before it was read
  bool ran_out() const { return available_ < past_end_; }

  // n <= 16
  uint32_t bits(unsigned n) {
    if (n == 0) return 0;
    refill();
    const auto value = uint32_t(buffer_ >> (64 - n));
    skip(n);
    return value;
  }
  // A symbol; -1 if no code begins like this.
  int symbol(const HuffmanTable& table) {
    refill();
    if (const uint16_t entry = table.quick[size_t(buffer_ >> 55)]; entry != 0) {
      skip(entry >> 8);
      return entry & 255;
    }
    return long_symbol(table);
  }
  // Ends the segment: only padding may be left. Its bits, and how many, or false.
  bool take_padding(uint32_t& value, unsigned& count);
  // Goes on after a marker of two bytes.
  void skip_marker() { *this = SegmentReader(file_, position_ + 2); }

 private:
  void refill() {
    if (available_ < 32) refill_bytes();
  }
  void refill_bytes();
  int long_symbol(const HuffmanTable& table);
  void skip(unsigned n) {
    buffer_ <<= n;
    available_ -= int(n);
  }

  ByteSpan file_;
  size_t position_;
  uint64_t buffer_ = 0;  // the next bits, from the top
  int available_ = 0;    // bits in it, with those
  int past_end_ = 0;     // that lie past the end
};

// Writes entropy-coded segments. Past max_bytes it only counts that something is lost.
class SegmentWriter {
 public:
  SegmentWriter(Bytes& out, size_t max_bytes) : out_(out), max_bytes_(max_bytes) {}

  bool failed() const { return failed_; }
  void fail() { failed_ = true; }

  // The low n bits of value, n <= 16.
  void bits(uint32_t value, unsigned n) {
    buffer_ = buffer_ << n | (value & ((1u << n) - 1));
    pending_ += n;
    while (pending_ >= 8) {
      pending_ -= 8;
      byte(uint8_t(buffer_ >> pending_));
    }
  }
  void symbol(const HuffmanTable& table, uint32_t symbol) {
    if (table.bits[symbol] == 0) failed_ = true;
    bits(table.code[symbol], table.bits[symbol]);
  }
  unsigned padding_bits() const { return (8 - pending_) & 7; }
  void marker(uint8_t code) {
    if (out_.size() + 2 > max_bytes_) {
      failed_ = true;
      return;
    }
    out_.push_back(0xff);
    out_.push_back(code);
  }

 private:
  void byte(uint8_t value) {
    if (out_.size() + (value == 0xff ? 2 : 1) > max_bytes_) {
      failed_ = true;
      return;
    }
    out_.push_back(value);
    if (value == 0xff) out_.push_back(0);
  }

  Bytes& out_;
  size_t max_bytes_;
  uint64_t buffer_ = 0;
  unsigned pending_ = 0;
  bool failed_ = false;
};

// Of each table of a file: how often each symbol occurs.
using SymbolCounts = std::vector<std::array<uint32_t, 256>>;

// Takes a SegmentWriter's place where only that is asked for.
class SymbolCounter {
 public:
  explicit SymbolCounter(SymbolCounts& counts) : counts_(counts) {}

  bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  void bits(uint32_t, unsigned) {}
  void symbol(const HuffmanTable& table, uint32_t symbol) { ++counts_[table.definition][symbol]; }
  unsigned padding_bits() const { return 0; }
  void marker(uint8_t) {}

 private:
  SymbolCounts& counts_;
  bool failed_ = false;
};

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_JPEG_HUFFMAN_H_
