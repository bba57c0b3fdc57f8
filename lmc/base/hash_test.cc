#include "lmc/base/hash.h"

#include <gtest/gtest.h>

#include "lmc/base/md5.h"

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

TEST(Hash, Md5IsThePublishedValue) {  // RFC 1321, A.5
  const auto of = [](std::string_view text, size_t piece) {
    Md5Stream stream;
    for (size_t at = 0; at < text.size(); at += piece) stream.update(as_bytes(text.substr(at, piece)));
    return hex(stream.finish());
  };
  EXPECT_EQ(of("", 1), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(of("abc", 2), "900150983cd24fb0d6963f7d28e17f72");
  std::string digits;
  for (int i = 0; i < 8; ++i) digits += "1234567890";
  for (size_t piece : {1u, 7u, 64u, 80u}) EXPECT_EQ(of(digits, piece), "57edf4a22be3c955ac49da2e2107b67a");
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
