// Checksums: SHA-256 names models and whole contents (OpenSSL), CRC-32C guards blocks (RFC 3720, polynomial 0x1EDC6F41,
// reflected), CRC-16 guards headers and tiny frames (polynomial 0x1021, not reflected, start 0xFFFF).
#ifndef LMC_BASE_HASH_H_
#define LMC_BASE_HASH_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lmc/base/bytes.h"

namespace lmc {

using Sha256 = std::array<uint8_t, 32>;

Sha256 sha256(ByteSpan bytes);
std::string hex(ByteSpan bytes);
std::optional<Sha256> sha256_from_hex(std::string_view digits);  // of 64 digits, lower case; else nothing

// SHA-256 of a byte string that arrives in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(ByteSpan bytes);
  Sha256 finish();  // once; the stream is spent afterwards

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// CRC-32C; pass the previous result as seed to continue over the next piece.
uint32_t crc32c(ByteSpan bytes, uint32_t seed = 0);

// CRC-16/IBM-3740; likewise continued over pieces. Finds every single flipped bit, whatever the length.
uint16_t crc16(ByteSpan bytes, uint16_t seed = 0xFFFF);

}  // namespace lmc

#endif  // LMC_BASE_HASH_H_
