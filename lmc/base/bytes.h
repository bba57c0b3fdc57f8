// Little-endian byte strings: append integers to a vector, read them back with every bound checked.
#ifndef LMC_BASE_BYTES_H_
#define LMC_BASE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lmc/base/result.h"

namespace lmc {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;

inline ByteSpan as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

// Appends the low sizeof(T) bytes of value, least significant first.
template <typename T>
void append_le(Bytes& out, T value) {
  static_assert(std::is_integral_v<T>);
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(uint8_t(uint64_t(value) >> (8 * i)));
}

// Appends value as LEB128: seven bits a byte, least significant first, 1 to 10 bytes.
void append_varint(Bytes& out, uint64_t value);
void append_bytes(Bytes& out, ByteSpan bytes);

// Reads a byte string from front to back. A read past the end returns an error that names the field.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) : bytes_(bytes) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  ByteSpan rest() const { return bytes_.subspan(position_); }

  template <typename T>
  Result<T> read_le(const char* field) {
    if (remaining() < sizeof(T)) return truncated(field, sizeof(T));
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) value |= uint64_t(bytes_[position_ + i]) << (8 * i);
    position_ += sizeof(T);
    return T(value);
  }
  // The shortest encoding is required, so that a value has one form only.
  Result<uint64_t> read_varint(const char* field);
  Result<ByteSpan> read_bytes(size_t size_bytes, const char* field);

 private:
  Error truncated(const char* field, uint64_t wanted_bytes) const;

  ByteSpan bytes_;
  size_t position_ = 0;
};

}  // namespace lmc

#endif  // LMC_BASE_BYTES_H_
