#include "lmc/base/bytes.h"

#include <string>

namespace lmc {

void append_varint(Bytes& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(uint8_t(value | 0x80));
    value >>= 7;
  }
  out.push_back(uint8_t(value));
}

void append_bytes(Bytes& out, ByteSpan bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Result<uint64_t> ByteReader::read_varint(const char* field) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (remaining() == 0) return truncated(field, 1);
    const uint8_t byte = bytes_[position_++];
    if (shift == 63 && byte > 1) break;
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift > 0) break;
      return value;
    }
  }
  return bad_input(std::string(field) + ": not a shortest-form number", position_ - 1);
}

Result<ByteSpan> ByteReader::read_bytes(size_t size_bytes, const char* field) {
  if (remaining() < size_bytes) return truncated(field, size_bytes);
  const ByteSpan out = bytes_.subspan(position_, size_bytes);
  position_ += size_bytes;
  return out;
}

Error ByteReader::truncated(const char* field, uint64_t wanted_bytes) const {
  return bad_input(std::string(field) + ": needs " + std::to_string(wanted_bytes) + " bytes, only " +
                       std::to_string(remaining()) + " are left; the file is cut short",
                   position_);
}

}  // namespace lmc
