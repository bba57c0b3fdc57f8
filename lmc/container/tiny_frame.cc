#include "lmc/container/tiny_frame.h"

#include "lmc/base/hash.h"

namespace lmc {
namespace {

constexpr uint8_t kCodecMask = 0x07;
constexpr uint8_t kLongSizeBit = 0x08;  // the size takes two bytes

// The header without magic and check: what the check covers beside the raw bytes.
Bytes descriptor_and_size(const TinyHeader& header) {
  const bool long_size = header.raw_bytes >= 256;
  Bytes out{uint8_t(header.codec | (long_size ? kLongSizeBit : 0) | header.model << 4), uint8_t(header.raw_bytes)};
  if (long_size) out.push_back(uint8_t(header.raw_bytes >> 8));
  return out;
}

}  // namespace

Bytes write_tiny_header(uint8_t codec, uint8_t model, ByteSpan raw, size_t payload_bytes) {
  TinyHeader header;
  header.codec = codec;
  header.model = model;
  header.raw_bytes = uint16_t(raw.size());
  Bytes out{kTinyMagic};
  append_bytes(out, descriptor_and_size(header));
  append_le<uint16_t>(out, tiny_check(header, raw, payload_bytes));
  return out;
}

Result<TinyHeader> read_tiny_header(ByteSpan start) {
  ByteReader reader(start);
  const auto magic = reader.read_le<uint8_t>("magic byte");
  if (!magic.ok()) return magic.error();
  if (*magic != kTinyMagic) return bad_input("no tiny .lmc frame here: wrong magic byte", 0);
  const auto descriptor = reader.read_le<uint8_t>("frame descriptor");
  if (!descriptor.ok()) return descriptor.error();
  TinyHeader header;
  header.codec = *descriptor & kCodecMask;
  header.model = *descriptor >> 4;
  const bool long_size = *descriptor & kLongSizeBit;
  const auto size = reader.read_bytes(long_size ? 2 : 1, "content size");
  if (!size.ok()) return size.error();
  header.raw_bytes = uint16_t((*size)[0] | (long_size ? (*size)[1] << 8 : 0));
  if (long_size && header.raw_bytes < 256)
    return bad_input("content size " + std::to_string(header.raw_bytes) + " in the long form; the file is damaged", 2);
  const auto check = reader.read_le<uint16_t>("content check");
  if (!check.ok()) return check.error();
  header.check = *check;
  header.header_bytes = reader.position();
  return header;
}

uint16_t tiny_check(const TinyHeader& header, ByteSpan raw, size_t payload_bytes) {
  const Bytes size{uint8_t(payload_bytes), uint8_t(payload_bytes >> 8)};
  return crc16(size, crc16(raw, crc16(descriptor_and_size(header))));
}

}  // namespace lmc
