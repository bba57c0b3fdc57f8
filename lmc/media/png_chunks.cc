#include "lmc/media/png_chunks.h"

#include <algorithm>
#include <string>

namespace lmc {
namespace {

// tables[k][b]: what byte b does to the CRC when k bytes follow it, so that eight bytes take one step.
using CrcTables = std::array<std::array<uint32_t, 256>, 8>;

constexpr CrcTables kCrcTables = [] {
  CrcTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 255];
  return tables;
}();

}  // namespace

uint32_t png_crc(ByteSpan bytes) {
  uint32_t crc = ~uint32_t(0);
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const uint8_t* next = bytes.data() + i;
    uint32_t folded = 0;
    for (size_t k = 0; k < 4; ++k) folded ^= kCrcTables[7 - k][(crc >> 8 * k & 255) ^ next[k]];
    for (size_t k = 4; k < 8; ++k) folded ^= kCrcTables[7 - k][next[k]];
    crc = folded;
  }
  for (; i < bytes.size(); ++i) crc = crc >> 8 ^ kCrcTables[0][(crc ^ bytes[i]) & 255];
  return ~crc;
}

uint32_t read_be32(ByteSpan bytes, size_t offset) {
  return uint32_t(bytes[offset]) << 24 | uint32_t(bytes[offset + 1]) << 16 | uint32_t(bytes[offset + 2]) << 8 |
         bytes[offset + 3];
}

void append_be32(Bytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(uint8_t(value >> shift));
}

Result<PngChunk> read_png_chunk(ByteReader& reader) {
  const size_t position = reader.position();
  const auto size = reader.read_bytes(4, "size of a PNG chunk");
  if (!size.ok()) return size.error();
  const uint32_t size_bytes = read_be32(*size, 0);
  if (size_bytes > reader.remaining()) return bad_input("PNG: the file ends within a chunk", position);
  const auto body = reader.read_bytes(4 + size_t(size_bytes), "PNG chunk");
  if (!body.ok()) return body.error();
  const auto crc = reader.read_bytes(4, "CRC of a PNG chunk");
  if (!crc.ok()) return crc.error();
  PngChunk chunk;
  std::copy_n(body->begin(), 4, chunk.type.begin());
  chunk.data = body->subspan(4);
  if (read_be32(*crc, 0) != png_crc(*body))
    return bad_input("PNG: the CRC of chunk " + std::string(chunk.type.data(), 4) + " is wrong", position);
  return chunk;
}

void write_png_chunk(Bytes& out, std::string_view type, ByteSpan data) {
  append_be32(out, uint32_t(data.size()));
  const size_t begin = out.size();
  append_bytes(out, as_bytes(type));
  append_bytes(out, data);
  append_be32(out, png_crc(ByteSpan(out).subspan(begin)));
}

}  // namespace lmc
