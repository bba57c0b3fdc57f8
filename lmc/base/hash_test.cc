#include "lmc/base/hash.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

TEST(Hash, Sha256OfAbcIsThePublishedValue) {  // FIPS 180-2, appendix B.1
  EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, Crc32cOfCheckStringIsThePublishedValue) {  // RFC 3720, B.4: "123456789" and 32 zero bytes
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8A9136AAu);
}

TEST(Hash, Crc16OfCheckStringIsThePublishedValue) {  // CRC-16/IBM-3740 in the usual catalogue
  EXPECT_EQ(crc16(as_bytes("123456789")), 0x29B1u);
  EXPECT_EQ(crc16(as_bytes("6789"), crc16(as_bytes("12345"))), 0x29B1u);
}

TEST(Hash, Crc32cContinuesOverPieces) {
  Bytes data(1000);
  for (size_t i = 0; i < data.size(); ++i) data[i] = uint8_t(i * 37);
  const ByteSpan all(data);
  for (size_t cut : {0u, 1u, 7u, 8u, 9u, 500u, 1000u})
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
}

}  // namespace
}  // namespace lmc
