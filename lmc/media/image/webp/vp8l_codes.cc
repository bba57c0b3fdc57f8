#include "lmc/media/image/webp/vp8l_codes.h"

#include <algorithm>
#include <string>

#include "lmc/coding/prefix_code.h"

namespace lmc {
namespace {

// The order in which the lengths of the steps' code are written.
constexpr uint8_t kStepOrder[19] = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr int kExtraBits[19] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 7};

size_t count_used(std::span<const uint8_t> lengths) {
  return size_t(lengths.size() - size_t(std::count(lengths.begin(), lengths.end(), 0)));
}

}  // namespace

bool vp8l_lengths_are_complete(std::span<const uint8_t> lengths, int most_bits) {
  uint64_t sum = 0;
  size_t used = 0;
  for (const uint8_t length : lengths) {
    if (length > most_bits) return false;
    if (length == 0) continue;
    sum += uint64_t(1) << (kMaxVp8lCodeBits - length);
    ++used;
  }
  return used == 1 || sum == uint64_t(1) << kMaxVp8lCodeBits;
}

Result<Vp8lDecoder> Vp8lDecoder::create(std::span<const uint8_t> lengths) {
  if (!vp8l_lengths_are_complete(lengths, kMaxVp8lCodeBits)) return bad_input("VP8L: a prefix code is not complete");
  Vp8lDecoder decoder;
  if (count_used(lengths) == 1) {
    const auto used = std::find_if(lengths.begin(), lengths.end(), [](uint8_t length) { return length != 0; });
    decoder.table_.fill({uint16_t(used - lengths.begin()), 0});
    return decoder;
  }
  const PrefixCounts counts = count_prefix_lengths(lengths);
  const PrefixCounts first = first_prefix_words(counts);
  std::copy(first.begin(), first.end(), decoder.first_code_.begin());
  for (size_t bits = 1; bits <= kMaxVp8lCodeBits; ++bits)
    decoder.first_place_[bits + 1] = uint16_t(decoder.first_place_[bits] + counts[bits]);
  auto place = decoder.first_place_;
  decoder.symbols_.resize(count_used(lengths));
  for (size_t symbol = 0; symbol < lengths.size(); ++symbol)
    if (lengths[symbol] != 0) decoder.symbols_[place[lengths[symbol]]++] = uint16_t(symbol);
  decoder.table_.fill({0, kTableBits + 1});
  for (int bits = 1; bits <= kTableBits; ++bits) {
    for (uint32_t i = 0; i < counts[size_t(bits)]; ++i) {
      const uint32_t code = turned_round(decoder.first_code_[size_t(bits)] + i, bits);
      const uint16_t symbol = decoder.symbols_[decoder.first_place_[size_t(bits)] + i];
      for (uint32_t at = code; at < 1u << kTableBits; at += 1u << bits) decoder.table_[at] = {symbol, uint8_t(bits)};
    }
  }
  return decoder;
}

uint32_t Vp8lDecoder::read_long(BitReader& bits, uint32_t next) const {
  uint32_t code = turned_round(next & ((1u << kTableBits) - 1), kTableBits);
  for (size_t length = kTableBits + 1; length <= kMaxVp8lCodeBits; ++length) {
    code = code << 1 | (next >> (length - 1) & 1);
    const uint32_t in = code - first_code_[length];
    if (in < uint32_t(first_place_[length + 1] - first_place_[length])) {
      bits.skip(int(length));
      return symbols_[first_place_[length] + in];
    }
  }
  return symbols_.back();  // cannot be: the code is complete
}

Vp8lEncoder::Vp8lEncoder(std::span<const uint8_t> lengths)
    : lengths_(lengths.begin(), lengths.end()), codes_(lengths.size()) {
  is_single_ = count_used(lengths) == 1;
  for_each_prefix_word(lengths, count_prefix_lengths(lengths), [&](size_t symbol, uint32_t word, int length) {
    single_ = uint32_t(symbol);
    codes_[symbol] = uint16_t(turned_round(word, length));
  });
}

Result<std::vector<uint8_t>> vp8l_lengths_of(const Vp8lLengthEncoding& length_encoding, uint32_t alphabet) {
  std::vector<uint8_t> lengths(alphabet);
  if (length_encoding.is_simple) {
    for (const uint8_t symbol : length_encoding.symbols) {
      if (symbol >= alphabet) return bad_input("VP8L: a prefix code with a symbol that does not exist");
      if (lengths[symbol] != 0) return bad_input("VP8L: a prefix code with the same symbol twice");
      lengths[symbol] = 1;
    }
    return lengths;
  }
  size_t at = 0;
  uint8_t before = 8;
  for (const Vp8lLengthStep& step : length_encoding.steps) {
    const size_t repeats = step.code < 16 ? 1 : step.code == 18 ? 11u + step.extra : 3u + step.extra;
    if (repeats > alphabet - at) return bad_input("VP8L: more lengths than a prefix code has symbols");
    if (step.code < 16 && step.code != 0) before = step.code;
    const uint8_t length = step.code < 16 ? step.code : step.code == 16 ? before : 0;
    std::fill_n(lengths.begin() + ptrdiff_t(at), repeats, length);
    at += repeats;
  }
  return lengths;
}

Result<Vp8lCode> read_vp8l_code(BitReader& bits, uint32_t alphabet) {
  Vp8lCode code;
  Vp8lLengthEncoding& length_encoding = code.length_encoding;
  length_encoding.is_simple = bits.read(1);
  if (length_encoding.is_simple) {
    const uint32_t count = 1 + bits.read(1);
    length_encoding.first_in_byte = bits.read(1);
    length_encoding.symbols.push_back(uint8_t(bits.read(length_encoding.first_in_byte ? 8 : 1)));
    if (count == 2) length_encoding.symbols.push_back(uint8_t(bits.read(8)));
  } else {
    length_encoding.step_lengths_written = uint8_t(4 + bits.read(4));
    if (length_encoding.step_lengths_written > 19) return bad_input("VP8L: too many lengths of a prefix code");
    for (size_t i = 0; i < length_encoding.step_lengths_written; ++i)
      length_encoding.step_lengths[kStepOrder[i]] = uint8_t(bits.read(3));
    LMC_ASSIGN(const auto decoder, Vp8lDecoder::create(length_encoding.step_lengths));
    uint32_t most = UINT32_MAX;
    if (bits.read(1)) {
      length_encoding.count_bits = uint8_t(2 + 2 * bits.read(3));
      most = 2 + bits.read(length_encoding.count_bits);
      if (most > alphabet) return bad_input("VP8L: more lengths than a prefix code has symbols");
    }
    for (size_t symbols = 0; symbols < alphabet && length_encoding.steps.size() < most && !bits.past_end();) {
      const auto step = uint8_t(decoder.read(bits));
      const auto extra = uint8_t(bits.read(kExtraBits[step]));
      length_encoding.steps.push_back({step, extra});
      symbols += step < 16 ? 1 : step == 18 ? 11u + extra : 3u + extra;
    }
    if (length_encoding.count_bits > 0 && length_encoding.steps.size() != most)
      return bad_input("VP8L: a prefix code has fewer lengths than it says");
  }
  if (bits.past_end()) return bad_input("VP8L: the stream ends in a prefix code");
  LMC_ASSIGN(auto lengths, vp8l_lengths_of(length_encoding, alphabet));
  code.lengths = std::move(lengths);
  return code;
}

Status write_vp8l_code(BitWriter& bits, const Vp8lLengthEncoding& length_encoding) {
  bits.write(length_encoding.is_simple, 1);
  if (length_encoding.is_simple) {
    bits.write(uint32_t(length_encoding.symbols.size() - 1), 1);
    bits.write(length_encoding.first_in_byte, 1);
    bits.write(length_encoding.symbols[0], length_encoding.first_in_byte ? 8 : 1);
    if (length_encoding.symbols.size() == 2) bits.write(length_encoding.symbols[1], 8);
    return Ok();
  }
  if (!vp8l_lengths_are_complete(length_encoding.step_lengths, kMaxVp8lStepBits))
    return bad_input("VP8L: a prefix code of lengths is not complete");
  bits.write(uint32_t(length_encoding.step_lengths_written - 4), 4);
  for (size_t i = 0; i < length_encoding.step_lengths_written; ++i)
    bits.write(length_encoding.step_lengths[kStepOrder[i]], 3);
  const Vp8lEncoder encoder(length_encoding.step_lengths);
  bits.write(length_encoding.count_bits > 0, 1);
  if (length_encoding.count_bits > 0) {
    bits.write(uint32_t(length_encoding.count_bits - 2) / 2, 3);
    if (length_encoding.steps.size() < 2 || (length_encoding.steps.size() - 2) >> length_encoding.count_bits != 0)
      return bad_input("VP8L: a number of lengths that cannot be written");
    bits.write(uint32_t(length_encoding.steps.size() - 2), length_encoding.count_bits);
  }
  for (const Vp8lLengthStep& step : length_encoding.steps) {
    if (!encoder.has(step.code)) return bad_input("VP8L: a length that has no code");
    encoder.write(bits, step.code);
    bits.write(step.extra, kExtraBits[step.code]);
  }
  return Ok();
}

}  // namespace lmc
