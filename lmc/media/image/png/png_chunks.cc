#include "lmc/media/image/png/png_chunks.h"

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

constexpr size_t kBeforeData = 8;  // bytes of a chunk: the size of its data and its type

bool is_png_type(ByteSpan type) {
  return std::ranges::all_of(type, [](uint8_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; });
}

Status read_header(const PngChunk& chunk, PngParts& parts) {
  const ByteSpan data = chunk.data;
  if (!chunk.is("IHDR") || data.size() != 13) return bad_input("PNG: expected a chunk IHDR of 13 bytes", 8);
  Picture& shape = parts.shape;
  shape.width = read_be32(data, 0);
  shape.height = read_be32(data, 4);
  shape.bits = data[8];
  const uint8_t colour = data[9];
  static constexpr int kChannels[] = {1, 0, 3, 1, 2, 0, 4};
  shape.channels = colour <= 6 ? kChannels[colour] : 0;
  shape.indexed = colour == 3;
  const bool power = shape.bits == 1 || shape.bits == 2 || shape.bits == 4 || shape.bits == 8 || shape.bits == 16;
  if (shape.channels == 0 || !power || (shape.bits < 8 && colour != 0 && colour != 3) ||
      (shape.bits > 8 && colour == 3))
    return bad_input(
        "PNG: no picture has colour type " + std::to_string(colour) + " and " + std::to_string(shape.bits) + " bits",
        24);
  if (data[10] != 0 || data[11] != 0 || data[12] > 1)
    return bad_input("PNG: an unknown method of compression, filtering or interlacing", 26);
  parts.interlaced = data[12] == 1;
  return check_shape(shape);
}

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

void write_png_chunk(Bytes& out, std::string_view type, ByteSpan data) {
  append_be32(out, uint32_t(data.size()));
  const size_t begin = out.size();
  append_bytes(out, as_bytes(type));
  append_bytes(out, data);
  append_be32(out, png_crc(ByteSpan(out).subspan(begin)));
}

Bytes png_header_data(const Picture& picture, bool interlaced) {
  Bytes data;
  append_be32(data, picture.width);
  append_be32(data, picture.height);
  static constexpr uint8_t kColours[] = {0, 0, 4, 2, 6};
  append_bytes(data, Bytes{uint8_t(picture.bits), picture.indexed ? uint8_t(3) : kColours[picture.channels], 0, 0,
                           uint8_t(interlaced)});
  return data;
}

Result<PngParts> read_png_parts(ByteSpan file) {
  if (file.size() < kPngSignature.size() || !std::equal(kPngSignature.begin(), kPngSignature.end(), file.begin(),
                                                        [](char a, uint8_t b) { return uint8_t(a) == b; }))
    return bad_input("expected the signature of PNG", 0);
  PngParts parts;
  size_t at = kPngSignature.size(), after_begin = 0;
  for (bool first = true; !parts.has_end; first = false) {
    const ByteSpan rest = file.subspan(at);
    if (rest.size() < kPngChunkBytes || !is_png_type(rest.subspan(4, 4))) break;
    const size_t said = read_be32(rest, 0), there = std::min(said, rest.size() - kBeforeData);
    const bool whole = said <= rest.size() - kPngChunkBytes;
    PngChunk chunk;
    std::copy_n(rest.begin() + 4, chunk.type.size(), chunk.type.begin());
    chunk.data = rest.subspan(kBeforeData, there);
    if (first) {
      LMC_TRY(read_header(chunk, parts));
    } else if (chunk.is("IDAT") && said <= INT32_MAX) {
      if (!parts.after.empty()) parts.between.push_back({after_begin, file.subspan(after_begin, at - after_begin)});
      parts.after.clear();
      append_bytes(parts.stream, chunk.data);
      parts.stream_chunks.push_back(uint32_t(there));
      if (!whole) parts.said_bytes = uint32_t(said);
    } else if (!whole || (chunk.is("IEND") && said > 0)) {
      break;
    } else if (chunk.is("IEND")) {
      parts.has_end = true;
    } else if (parts.stream_chunks.empty()) {
      parts.before.push_back(chunk);
    } else {
      if (parts.after.empty()) after_begin = at;
      parts.after.push_back(chunk);
    }
    if (whole) parts.wrong_crcs |= read_be32(rest, kBeforeData + there) != png_crc(rest.subspan(4, 4 + there));
    at += whole ? kPngChunkBytes + said : kBeforeData + there;
    if (!whole) break;
  }
  if (parts.shape.channels == 0) return bad_input("PNG: expected a chunk IHDR of 13 bytes", kPngSignature.size());
  if (parts.stream_chunks.empty()) return bad_input("PNG: no chunk IDAT", at);
  parts.trailing = file.subspan(at);
  return parts;
}

}  // namespace lmc
