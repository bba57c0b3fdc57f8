#include "lmc/base/hash.h"

#include <openssl/evp.h>

namespace lmc {

struct Sha256Stream::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(ByteSpan bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

Sha256 Sha256Stream::finish() {
  Sha256 out{};
  EVP_DigestFinal_ex(state_->context, out.data(), nullptr);
  return out;
}

Sha256 sha256(ByteSpan bytes) {
  Sha256Stream stream;
  stream.update(bytes);
  return stream.finish();
}

namespace {

// Slicing-by-8 tables: table[k][b] is the CRC of byte b followed by k zero bytes.
struct CrcTables {
  uint32_t table[8][256];
  constexpr CrcTables() : table{} {
    for (uint32_t b = 0; b < 256; ++b) {
      uint32_t crc = b;
      for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
      table[0][b] = crc;
    }
    for (uint32_t b = 0; b < 256; ++b)
      for (int k = 1; k < 8; ++k) table[k][b] = (table[k - 1][b] >> 8) ^ table[0][table[k - 1][b] & 255];
  }
};
constexpr CrcTables kCrc;

struct Crc16Table {
  uint16_t table[256];
  constexpr Crc16Table() : table{} {
    for (uint32_t b = 0; b < 256; ++b) {
      uint32_t crc = b << 8;
      for (int i = 0; i < 8; ++i) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021u : 0);
      table[b] = uint16_t(crc);
    }
  }
};
constexpr Crc16Table kCrc16;

}  // namespace

uint32_t crc32c(ByteSpan bytes, uint32_t seed) {
  uint32_t crc = ~seed;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const uint8_t* p = bytes.data() + i;
    const uint32_t low = crc ^ (uint32_t(p[0]) | uint32_t(p[1]) << 8 | uint32_t(p[2]) << 16 | uint32_t(p[3]) << 24);
    crc = kCrc.table[7][low & 255] ^ kCrc.table[6][(low >> 8) & 255] ^ kCrc.table[5][(low >> 16) & 255] ^
          kCrc.table[4][low >> 24] ^ kCrc.table[3][p[4]] ^ kCrc.table[2][p[5]] ^ kCrc.table[1][p[6]] ^
          kCrc.table[0][p[7]];
  }
  for (; i < bytes.size(); ++i) crc = (crc >> 8) ^ kCrc.table[0][(crc ^ bytes[i]) & 255];
  return ~crc;
}

uint16_t crc16(ByteSpan bytes, uint16_t seed) {
  uint16_t crc = seed;
  for (uint8_t byte : bytes) crc = uint16_t(crc << 8) ^ kCrc16.table[(crc >> 8) ^ byte];
  return crc;
}

}  // namespace lmc
