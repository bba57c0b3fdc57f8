#include "lmc/media/audio/ogg/ogg_page.h"

#include <array>

#include "lmc/media/file_length.h"

namespace lmc {
namespace {

constexpr size_t kFlagsAt = 5, kGranuleAt = 6, kSerialAt = 14, kNumberAt = 18, kChecksumAt = 22, kCountAt = 26;

uint64_t little_endian(ByteSpan bytes, size_t at, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

constexpr std::array<uint32_t, 256> checksum_table() {
  constexpr uint32_t kPolynomial = 0x04c11db7;
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ (value >> 31 != 0 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}

// Of a whole page, whose own checksum counts as 0.
uint32_t page_checksum(ByteSpan page) {
  static constexpr std::array<uint32_t, 256> kTable = checksum_table();
  uint32_t value = 0;
  for (size_t i = 0; i < page.size(); ++i) {
    const uint8_t byte = i - kChecksumAt < 4 ? 0 : page[i];
    value = value << 8 ^ kTable[value >> 24 ^ byte];
  }
  return value;
}

}  // namespace

std::optional<OggPage> read_ogg_page(ByteSpan start) {
  if (start.size() < kOggHeaderBytes || !begins_with(start, "OggS") || start[4] != 0) return std::nullopt;
  OggPage page;
  page.header.flags = start[kFlagsAt];
  page.header.granule = little_endian(start, kGranuleAt, 8);
  page.header.serial = uint32_t(little_endian(start, kSerialAt, 4));
  page.header.number = uint32_t(little_endian(start, kNumberAt, 4));
  const size_t count = start[kCountAt];
  if (count > start.size() - kOggHeaderBytes) return std::nullopt;
  page.lacing = start.subspan(kOggHeaderBytes, count);
  size_t bytes = 0;
  for (const uint8_t value : page.lacing) bytes += value;
  const ByteSpan rest = start.subspan(kOggHeaderBytes + count);
  if (bytes > rest.size()) return std::nullopt;
  page.body = rest.first(bytes);
  page.checksum_difference = uint32_t(little_endian(start, kChecksumAt, 4)) ^ page_checksum(start.first(page.bytes()));
  return page;
}

void append_ogg_page(const OggPage& page, Bytes& out) {
  const size_t begin = out.size();
  append_bytes(out, as_bytes("OggS"));
  out.push_back(0);
  out.push_back(page.header.flags);
  append_le(out, page.header.granule);
  append_le(out, page.header.serial);
  append_le(out, page.header.number);
  append_le(out, uint32_t(0));
  out.push_back(uint8_t(page.lacing.size()));
  append_bytes(out, page.lacing);
  append_bytes(out, page.body);
  const uint32_t checksum = page_checksum(ByteSpan(out).subspan(begin)) ^ page.checksum_difference;
  for (size_t i = 0; i < 4; ++i) out[begin + kChecksumAt + i] = uint8_t(checksum >> (8 * i));
}

}  // namespace lmc
