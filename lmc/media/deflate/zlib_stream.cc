#include "lmc/media/deflate/zlib_stream.h"

#include <algorithm>

#include "lmc/media/deflate/inflate.h"

namespace lmc {
namespace {

Result<DeflateHint> read_zlib_header(ByteSpan stream) {
  if (stream.size() < kZlibBytes) return bad_input("zlib: a stream has at least 6 bytes", stream.size());
  const uint32_t header = uint32_t(stream[0]) << 8 | stream[1];
  const int window_bits = 8 + (stream[0] >> 4);
  if ((stream[0] & 15) != 8 || window_bits > 15 || header % 31 != 0 || (stream[1] & 0x20) != 0)
    return bad_input("zlib: expected a header for deflate without a dictionary", 0);
  return DeflateHint{window_bits, stream[1] >> 6};
}

uint32_t read_checksum(ByteSpan bytes) {
  uint32_t checksum = 0;
  for (const uint8_t byte : bytes.first(kZlibChecksumBytes)) checksum = checksum << 8 | byte;
  return checksum;
}

}  // namespace

uint32_t adler32(ByteSpan bytes) {
  uint32_t a = 1, b = 0;
  while (!bytes.empty()) {
    const size_t part = std::min<size_t>(bytes.size(), 5552);  // so many bytes cannot overflow 32 bits
    for (const uint8_t byte : bytes.first(part)) {
      a += byte;
      b += a;
    }
    a %= 65521;
    b %= 65521;
    bytes = bytes.subspan(part);
  }
  return b << 16 | a;
}

Result<InflatedZlib> inflate_zlib(ByteSpan stream, size_t max_data_bytes) {
  InflatedZlib out;
  LMC_ASSIGN(out.hint, read_zlib_header(stream));
  const ByteSpan inside = stream.subspan(kZlibHeaderBytes);
  LMC_ASSIGN(auto inflated, inflate(inside, size_t(std::min<uint64_t>(max_data_bytes, kMaxDeflateDataBytes))));
  out.header = stream.first(kZlibHeaderBytes);
  out.deflate = inside.first((inflated.size_bits + 7) / 8);
  const ByteSpan rest = inside.subspan(out.deflate.size());
  if (rest.size() < kZlibChecksumBytes) return bad_input("zlib: the stream ends before its checksum", stream.size());
  if (read_checksum(rest) != adler32(inflated.data))
    return bad_input("zlib: the checksum does not fit the data", kZlibHeaderBytes + out.deflate.size());
  out.data = std::move(inflated.data);
  out.size_bytes = out.deflate.size() + kZlibBytes;
  return out;
}

Bytes zlib_around(ByteSpan header, ByteSpan deflate, ByteSpan data) {
  Bytes out(header.begin(), header.end());
  append_bytes(out, deflate);
  const uint32_t checksum = adler32(data);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(uint8_t(checksum >> shift));
  return out;
}

Result<ParsedDeflate> parse_zlib(ByteSpan stream, size_t max_data_bytes) {
  LMC_ASSIGN(auto zlib, inflate_zlib(stream, max_data_bytes));
  ParsedDeflate parsed;
  LMC_ASSIGN(parsed.side, describe_deflate(zlib.deflate, zlib.data, zlib.hint));
  parsed.side.insert(parsed.side.begin(), zlib.header.begin(), zlib.header.end());
  parsed.size_bytes = zlib.size_bytes;
  parsed.data = std::move(zlib.data);
  return parsed;
}

Result<ZlibStart> read_zlib_start(ByteSpan stream, size_t max_data_bytes) {
  ZlibStart out;
  LMC_ASSIGN(out.hint, read_zlib_header(stream));
  out.header = stream.first(kZlibHeaderBytes);
  const ByteSpan inside = stream.subspan(kZlibHeaderBytes);
  InflatedStream inflated = inflate_start(inside, size_t(std::min<uint64_t>(max_data_bytes, kMaxDeflateDataBytes)));
  if (inflated.data.empty()) return bad_input("zlib: a stream of which nothing can be read", kZlibHeaderBytes);
  out.own_deflate = inside.first((inflated.size_bits + 7) / 8);
  size_t kept_bytes = std::min(inside.size(), out.deflate().size() + kZlibChecksumBytes);
  if (inflated.fault) {
    EndedStream ended = end_stream(inside, inflated);
    out.ended = std::move(ended.stream);
    kept_bytes = ended.kept_bytes;
  }
  const ByteSpan after = inside.subspan(std::min(kept_bytes, out.deflate().size()));
  out.is_odd = inflated.fault || after.size() < kZlibChecksumBytes || read_checksum(after) != adler32(inflated.data);
  out.data = std::move(inflated.data);
  out.size_bytes = kZlibHeaderBytes + kept_bytes;
  out.surplus_bytes = out.deflate().size() + kZlibChecksumBytes - kept_bytes;
  return out;
}

Result<Bytes> describe_zlib(const ZlibStart& start) {
  LMC_ASSIGN(auto side, describe_deflate(start.deflate(), start.data, start.hint));
  side.insert(side.begin(), start.header.begin(), start.header.end());
  return side;
}

Result<Bytes> rebuild_zlib(ByteReader& side, ByteSpan data, size_t max_bytes) {
  LMC_ASSIGN(const auto header, side.read_bytes(2, "header of a zlib stream"));
  if (max_bytes < kZlibBytes) return bad_input("a zlib stream has at least 6 bytes");
  auto stream = rebuild_deflate(side, data, max_bytes - kZlibBytes);
  if (!stream.ok()) return stream;
  return zlib_around(header, *stream, data);
}

}  // namespace lmc
