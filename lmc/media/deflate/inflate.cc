#include "lmc/media/deflate/inflate.h"

#include <algorithm>
#include <string>

#include "lmc/coding/prefix_code.h"

namespace lmc {
namespace {

Error at_bits(const BitReader& bits, std::string message) {
  return bad_input("deflate: " + std::move(message), bits.position_bits() / 8);
}

// A prefix code in canonical order (RFC 1951, 3.2.2). Short words are looked up, long ones found by their length.
class PrefixDecoder {
 public:
  // False if the lengths ask for more words than there are.
  bool set_lengths(std::span<const uint8_t> lengths) {
    std::array<uint32_t, kMaxCodeBits + 2> starts{};
    count_ = count_prefix_lengths(lengths);
    int64_t free_words = 1;
    for (size_t bits = 1; bits <= kMaxCodeBits; ++bits) {
      free_words = 2 * free_words - count_[bits];
      if (free_words < 0) return false;
      starts[bits + 1] = starts[bits] + count_[bits];
    }
    fast_.fill(0);
    for_each_prefix_word(lengths, count_, [&](size_t symbol, uint32_t word, int length) {
      sorted_[starts[size_t(length)]++] = uint16_t(symbol);
      if (length <= kFastBits) enter(word, length, symbol);
    });
    return true;
  }

  // -1 if no word fits.
  int decode(BitReader& bits) const {
    const uint32_t ahead = bits.peek(kMaxCodeBits);
    const uint16_t entry = fast_[ahead & ((1 << kFastBits) - 1)];
    if (entry != 0) {
      bits.skip(entry & 15);
      return entry >> 4;
    }
    int64_t code = 0, first = 0, index = 0;
    for (int length = 1; length <= kMaxCodeBits; ++length) {
      code |= ahead >> (length - 1) & 1;
      const int64_t count = count_[size_t(length)];
      if (code - first < count) {
        bits.skip(length);
        return sorted_[size_t(index + code - first)];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }

 private:
  static constexpr int kFastBits = 10;

  void enter(uint32_t word, int length, size_t symbol) {
    for (uint32_t at = turned_round(word, length); at < 1u << kFastBits; at += 1u << length)
      fast_[at] = uint16_t(symbol << 4 | size_t(length));
  }

  std::array<uint16_t, 1 << kFastBits> fast_{};
  PrefixCounts count_{};
  std::array<uint16_t, 288> sorted_{};
};

// Where the tokens of a block go: data to be made, or a list.
struct DataSink {
  Bytes& data;
  size_t max_bytes;

  bool full() const { return data.size() >= max_bytes; }
  bool literal(uint8_t byte) {
    data.push_back(byte);
    return true;
  }
  bool match(uint32_t length, uint32_t distance) {
    if (distance > data.size()) return false;
    const size_t size = data.size();
    data.resize(size + length);
    uint8_t* to = data.data() + size;
    for (uint32_t i = 0; i < length; ++i) to[i] = to[ptrdiff_t(i) - ptrdiff_t(distance)];
    return true;
  }
};

struct TokenSink {
  std::vector<Token>& tokens;
  size_t max_tokens;

  bool full() const { return tokens.size() >= max_tokens; }
  bool literal(uint8_t) {
    tokens.push_back({});
    return true;
  }
  bool match(uint32_t length, uint32_t distance) {
    tokens.push_back({uint16_t(length), uint16_t(distance)});
    return true;
  }
};

// Errors: bad input. Stops without one when the sink is full; false then.
template <typename Sink>
Result<bool> read_tokens(BitReader& bits, const CodeLengths& lengths, Sink& sink) {
  PrefixDecoder literals, distances;
  if (!literals.set_lengths(lengths.literal) || !distances.set_lengths(lengths.distance))
    return at_bits(bits, "code lengths that no code can have");
  for (;;) {
    const int symbol = literals.decode(bits);
    if (bits.past_end()) return at_bits(bits, "the stream ends within a block");
    if (symbol == kEndOfBlock) return true;
    if (sink.full()) return false;
    if (symbol < 0 || symbol >= kLiteralCodes) return at_bits(bits, "a word that stands for nothing");
    if (symbol < kEndOfBlock) {
      sink.literal(uint8_t(symbol));
      continue;
    }
    const SymbolRange length_range = kLengthRanges[size_t(symbol - kFirstLength)];
    const uint32_t length = length_range.base + bits.read(length_range.extra_bits);
    const int distance_code = distances.decode(bits);
    if (distance_code < 0 || distance_code >= kDistanceCodes) return at_bits(bits, "a distance that does not exist");
    const SymbolRange range = kDistanceRanges[size_t(distance_code)];
    const uint32_t distance = range.base + bits.read(range.extra_bits);
    if (bits.past_end()) return at_bits(bits, "the stream ends within a match");
    if (length == kMaxMatch && symbol != kFirstLength + 28)
      return at_bits(bits, "a length of 258 written the long way");
    if (!sink.match(length, distance)) return at_bits(bits, "a match that begins before the data");
  }
}

// The kind and, for a stored block, its size; bits is left at the header or the bytes.
Status read_start(BitReader& bits, DeflateBlock& block) {
  block.last = bits.read(1);
  const uint32_t kind = bits.read(2);
  if (kind > 2) return at_bits(bits, "a block of a kind that does not exist");
  block.kind = BlockKind(kind);
  block.stored_bytes = 0;
  block.padding = 0;
  block.header_begin_bits = bits.position_bits();
  if (block.kind == BlockKind::kDynamic) {
    LMC_ASSIGN(auto header, read_deflate_header(bits));
    block.lengths = header.lengths;
    block.header = std::move(header);
    block.header_size_bits = bits.position_bits() - block.header_begin_bits;
  }
  if (block.kind == BlockKind::kFixed) block.lengths = kFixedLengths;
  if (block.kind == BlockKind::kStored) {
    block.padding = uint8_t(bits.read(int(-bits.position_bits() & 7)));
    const uint32_t size = bits.read(16), complement = bits.read(16);
    if ((size ^ complement) != 0xffff) return at_bits(bits, "a stored block whose size does not fit its complement");
    block.stored_bytes = size;
  }
  if (bits.past_end()) return at_bits(bits, "the stream ends at the start of a block");
  return Ok();
}

Status inflate_into(ByteSpan stream, size_t max_bytes, InflatedStream& result) {
  BitReader bits(stream);
  DeflateBlock block;
  const auto too_much = [&] {
    return at_bits(bits, "the stream holds more than the " + std::to_string(max_bytes) + " bytes expected");
  };
  const auto end_block = [&] {
    result.size_bits = bits.position_bits();
    result.before_fault_bytes = result.data.size();
  };
  while (!block.last) {
    LMC_TRY(read_start(bits, block));
    if (block.kind == BlockKind::kStored) {
      const size_t begin = bits.position_bits() / 8, room = max_bytes - result.data.size();
      const size_t there = std::min<size_t>(block.stored_bytes, stream.size() - begin);
      append_bytes(result.data, stream.subspan(begin, std::min(there, room)));
      if (there > room) return too_much();
      if (there < block.stored_bytes) return at_bits(bits, "the stream ends within a stored block");
      bits.seek_bits(8 * (begin + block.stored_bytes));
      end_block();
      continue;
    }
    DataSink sink{result.data, max_bytes};
    LMC_ASSIGN(const auto complete, read_tokens(bits, block.lengths, sink));
    if (!complete || result.data.size() > max_bytes) return too_much();
    end_block();
  }
  return Ok();
}

// The tokens from here on for so many bytes of data, and an end of block after them. Returns where that stands.
size_t copy_tokens(BitReader& bits, const DeflateBlock& block, ByteSpan data, BitWriter& out) {
  const TokenWriter writer(block.lengths);
  std::vector<Token> tokens;
  TokenSink sink{tokens, data.size()};
  [[maybe_unused]] const auto to_its_fault = read_tokens(bits, block.lengths, sink);
  for (const Token token : tokens) {
    if (token.length > data.size()) break;
    writer.write(out, token, data[0]);
    data = data.subspan(token.length);
  }
  const size_t end_bits = out.size_bits();
  writer.write_end(out);
  return end_bits;
}

}  // namespace

Result<DeflateHeader> read_deflate_header(BitReader& bits) {
  DeflateHeader header;
  header.literal_codes = 257 + bits.read(5);
  header.distance_codes = 1 + bits.read(5);
  header.length_codes = 4 + bits.read(4);
  if (header.literal_codes > kLiteralCodes || header.distance_codes > kDistanceCodes)
    return at_bits(bits, "a code for symbols that do not exist");
  for (size_t i = 0; i < header.length_codes; ++i) header.step_lengths[kCodeLengthOrder[i]] = uint8_t(bits.read(3));
  PrefixDecoder decoder;
  if (!decoder.set_lengths(header.step_lengths)) return at_bits(bits, "code lengths that no code can have");
  std::array<uint8_t, kLiteralCodes + kDistanceCodes> lengths{};
  const size_t count = header.literal_codes + header.distance_codes;
  size_t known = 0;
  while (known < count) {
    const int symbol = decoder.decode(bits);
    if (symbol < 0 || bits.past_end()) return at_bits(bits, "the code lengths of a block cannot be read");
    const uint8_t extra_bits = symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
    const LengthStep step{uint8_t(symbol), uint8_t(bits.read(extra_bits)), extra_bits};
    if (symbol == 16 && known == 0) return at_bits(bits, "code lengths that begin with a repetition");
    if (step.times() > count - known) return at_bits(bits, "more code lengths than symbols");
    const uint8_t length = symbol < 16 ? step.symbol : symbol == 16 ? lengths[known - 1] : uint8_t(0);
    std::fill_n(lengths.begin() + ptrdiff_t(known), step.times(), length);
    known += step.times();
    header.steps.push_back(step);
  }
  std::copy_n(lengths.begin(), header.literal_codes, header.lengths.literal.begin());
  std::copy_n(lengths.begin() + ptrdiff_t(header.literal_codes), header.distance_codes,
              header.lengths.distance.begin());
  if (header.lengths.literal[kEndOfBlock] == 0) return at_bits(bits, "a block without a word for its end");
  return header;
}

InflatedStream inflate_start(ByteSpan stream, size_t max_bytes) {
  InflatedStream result;
  const auto status = inflate_into(stream, max_bytes, result);
  if (!status.ok()) result.fault = status.error();
  return result;
}

Result<InflatedStream> inflate(ByteSpan stream, size_t max_bytes) {
  InflatedStream result = inflate_start(stream, max_bytes);
  if (result.fault) return *result.fault;
  return result;
}

EndedStream end_stream(ByteSpan stream, const InflatedStream& started) {
  const size_t left = started.data.size() - started.before_fault_bytes;  // for the block with the fault
  BitReader bits(stream);
  bits.seek_bits(started.size_bits);
  DeflateBlock block;
  const bool begun = left > 0 && read_start(bits, block).ok();
  BitWriter ended;
  ended.write_bits_of(stream, started.size_bits);
  size_t kept_bits = started.size_bits;
  if (begun) {
    ended.write(block.last, 1);
    ended.write(uint32_t(block.kind), 2);
    if (block.kind == BlockKind::kStored) {
      if (!write_stored_block(ended, stream.subspan(bits.position_bits() / 8, left), block.padding).ok()) return {};
      kept_bits = ended.size_bits();
    } else {
      if (block.kind == BlockKind::kDynamic) block.header.write(ended);
      kept_bits = copy_tokens(bits, block, ByteSpan(started.data).last(left), ended);
    }
  }
  if (!begun || !block.last) {  // one that is empty
    ended.write(1, 1);
    ended.write(uint32_t(BlockKind::kFixed), 2);
    TokenWriter(kFixedLengths).write_end(ended);
  }
  return {std::move(ended).finish(), kept_bits / 8};
}

Status DeflateBlockReader::read(DeflateBlock& block, size_t max_tokens) {
  block.tokens.clear();
  LMC_TRY(read_start(bits_, block));
  if (block.kind == BlockKind::kStored) {
    bits_.seek_bits(bits_.position_bits() + 8 * size_t(block.stored_bytes));
    return Ok();
  }
  TokenSink sink{block.tokens, max_tokens};
  const auto complete = read_tokens(bits_, block.lengths, sink);
  return complete.ok() ? Ok() : Status(complete.error());
}

}  // namespace lmc
