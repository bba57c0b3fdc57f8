#include "lmc/container/tiny_frame.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

TEST(TinyFrame, RoundTripsAtTheBoundariesInAtMostSixBytes) {
  for (size_t size : {0, 1, 255, 256, 65535})
    for (int codec : {0, kMaxTinyCodec})
      for (int model : {0, kMaxTinyModel}) {
        const Bytes raw(size, 'x');
        const Bytes bytes = write_tiny_header(uint8_t(codec), uint8_t(model), raw, size / 2);
        EXPECT_EQ(bytes.size(), size < 256 ? 5u : 6u);
        const auto header = read_tiny_header(bytes);
        ASSERT_TRUE(header.ok()) << header.error().message;
        EXPECT_EQ(header->codec, codec);
        EXPECT_EQ(header->model, model);
        EXPECT_EQ(header->raw_bytes, size);
        EXPECT_EQ(header->header_bytes, bytes.size());
        EXPECT_EQ(header->check, tiny_check(*header, raw, size / 2));
      }
}

TEST(TinyFrame, CutShortOrInTheLongFormForASmallSizeIsRejected) {
  const Bytes good = write_tiny_header(1, 1, Bytes(1000), 1);
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_tiny_header(ByteSpan(good).first(size)).ok()) << size;
  EXPECT_FALSE(read_tiny_header(Bytes{kTinyMagic, 0x08, 255, 0, 0, 0}).ok());
  EXPECT_FALSE(read_tiny_header(Bytes{kTinyMagic + 1, 0, 0, 0, 0}).ok());
}

TEST(TinyFrame, EverySingleBitErrorOfTheContentChangesTheCheck) {
  Bytes raw(65535);
  for (size_t i = 0; i < raw.size(); ++i) raw[i] = uint8_t(i * i >> 3);
  const auto header = read_tiny_header(write_tiny_header(0, 0, raw, raw.size()));
  for (size_t bit = 0; bit < raw.size() * 8; bit += 1009) {
    raw[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_NE(tiny_check(*header, raw, raw.size()), header->check) << bit;
    raw[bit / 8] ^= uint8_t(1 << bit % 8);
  }
}

TEST(TinyFrame, EveryOtherPayloadSizeChangesTheCheck) {
  const Bytes raw(1000, 'x');
  const auto header = read_tiny_header(write_tiny_header(1, 0, raw, 100));
  for (size_t size = 0; size <= raw.size(); ++size)
    EXPECT_EQ(tiny_check(*header, raw, size) == header->check, size == 100) << size;
}

}  // namespace
}  // namespace lmc
