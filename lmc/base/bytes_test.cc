#include "lmc/base/bytes.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

TEST(Bytes, VarintRoundTripsAtEveryLengthBoundary) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (uint64_t value : {(uint64_t(1) << shift) - 1, uint64_t(1) << shift, (uint64_t(1) << shift) + 1}) {
      Bytes out;
      append_varint(out, value);
      ByteReader reader(out);
      auto back = reader.read_varint("value");
      ASSERT_TRUE(back.ok());
      EXPECT_EQ(*back, value);
      EXPECT_EQ(reader.remaining(), 0u);
    }
  }
}

TEST(Bytes, VarintRejectsLongFormsOverflowAndTruncation) {
  for (const Bytes& bad : {Bytes{0x80, 0x00}, Bytes{0x80}, Bytes{}, Bytes(11, 0xff),
                           Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}}) {
    ByteReader reader(bad);
    EXPECT_FALSE(reader.read_varint("value").ok());
  }
}

TEST(Bytes, FixedWidthIsLittleEndianAndBounded) {
  Bytes out;
  append_le<uint32_t>(out, 0x01020304);
  EXPECT_EQ(out, (Bytes{4, 3, 2, 1}));
  ByteReader reader(out);
  EXPECT_EQ(*reader.read_le<uint16_t>("half"), 0x0304);
  auto past = reader.read_le<uint32_t>("word");
  ASSERT_FALSE(past.ok());
  EXPECT_EQ(past.error().offset_bytes, 2u);
  EXPECT_NE(past.error().message.find("word"), std::string::npos);
}

}  // namespace
}  // namespace lmc
