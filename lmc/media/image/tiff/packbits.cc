#include "lmc/media/image/tiff/packbits.h"

#include <algorithm>

#include "lmc/coding/gap_list.h"

namespace lmc {
namespace {

constexpr size_t kMostBytes = 128;     // in a packet
constexpr uint8_t kNothing = 128;      // a packet that stands for nothing
constexpr size_t kLastJoinable = 127;  // bytes as they are, so that libtiff still looks whether a pair joins them

// The bytes that a packet stands for, from its first byte.
size_t bytes_of(uint8_t head) { return head < kNothing ? size_t(head) + 1 : head == kNothing ? 0 : 257 - size_t(head); }
size_t stored_bytes_of(uint8_t head) { return head < kNothing ? size_t(head) + 1 : head == kNothing ? 0 : 1; }

// How often the first byte stands there before another does.
size_t run_of(ByteSpan bytes) {
  size_t count = 1;
  while (count < bytes.size() && count < kMostBytes && bytes[count] == bytes[0]) ++count;
  return count;
}

// The first byte of the packet that an encoder of such heuristics would write for what is left of a row.
uint8_t predict_packet(ByteSpan row, PackBitsPairs pairs) {
  const size_t least = pairs == PackBitsPairs::kPlain ? 3 : 2;
  const size_t run = run_of(row);
  if (run >= least) return uint8_t(257 - run);
  size_t plain = 1;
  while (plain < row.size() && plain < kMostBytes) {
    const ByteSpan next = row.subspan(plain);
    const size_t length = run_of(next);
    if (length >= least) {
      const bool joins = pairs == PackBitsPairs::kJoined && length == 2 && plain < kLastJoinable && next.size() > 2 &&
                         run_of(next.subspan(2)) == 1;
      if (!joins) break;
    }
    plain += std::min(length, kMostBytes - plain);
  }
  return uint8_t(plain - 1);
}

ByteSpan row_at(ByteSpan data, size_t position, size_t row_bytes) {
  return data.subspan(position, std::min(row_bytes - position % row_bytes, data.size() - position));
}

}  // namespace

Result<ParsedPackBits> parse_packbits(ByteSpan stream, size_t data_bytes, PackBitsHeuristics heuristics) {
  ParsedPackBits parsed;
  Bytes heads;
  while (parsed.data.size() < data_bytes) {
    const size_t begin = parsed.size_bytes;
    if (begin == stream.size()) return bad_input("PackBits: the stream is cut short", begin);
    const uint8_t head = stream[begin];
    if (stored_bytes_of(head) > stream.size() - begin - 1) return bad_input("PackBits: the stream is cut short", begin);
    if (bytes_of(head) > data_bytes - parsed.data.size()) return bad_input("PackBits: too many bytes", begin);
    const ByteSpan stored = stream.subspan(begin + 1, stored_bytes_of(head));
    if (head > kNothing)
      parsed.data.insert(parsed.data.end(), bytes_of(head), stored[0]);
    else
      append_bytes(parsed.data, stored);
    heads.push_back(head);
    parsed.size_bytes += 1 + stored.size();
  }
  GapListWriter corrections;
  size_t position = 0;
  for (const uint8_t head : heads) {
    if (position == parsed.data.size() ||
        predict_packet(row_at(parsed.data, position, heuristics.row_bytes), heuristics.pairs) != head)
      corrections.wrong().push_back(head);
    else
      corrections.right();
    position += bytes_of(head);
  }
  parsed.corrections = size_t(corrections.count());
  corrections.append_to(parsed.side);
  return parsed;
}

Result<Bytes> rebuild_packbits(ByteReader& side, ByteSpan data, PackBitsHeuristics heuristics, size_t max_bytes) {
  LMC_ASSIGN(auto corrections, GapByteReader::create(side));
  Bytes stream;
  for (size_t position = 0; position < data.size();) {
    const std::optional<uint8_t> corrected = corrections.next();
    const uint8_t head =
        corrected ? *corrected : predict_packet(row_at(data, position, heuristics.row_bytes), heuristics.pairs);
    if (bytes_of(head) > data.size() - position)
      return bad_input("reconstruction data of PackBits do not fit the pixels", side.position());
    stream.push_back(head);
    append_bytes(stream, data.subspan(position, stored_bytes_of(head)));
    position += bytes_of(head);
    if (stream.size() > max_bytes) return bad_input("reconstruction data of PackBits: more than the file's size");
  }
  if (!corrections.is_done())
    return bad_input("reconstruction data of PackBits: packets after the last", side.position());
  return stream;
}

}  // namespace lmc
