#include "lmc/container/tiny_frame.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

size_t size_field_bytes(size_t size) { return size < 224 ? 1 : size < 8160 ? 2 : 3; }

TEST(TinyFrame, RoundTripsAtTheBoundaries) {
  for (size_t size : {0, 1, 223, 224, 479, 480, 8159, 8160, 65535})
    for (size_t payload : {size / 2, size})
      for (int codec : {0, 1, 2, 3, 255})
        for (int model : {0, 1, 2, 255}) {
          const Bytes raw(size, 'x');
          const HashStart adapter = model == kTinyAdapter ? HashStart{1, 2, 3, 4, 5, 6, 7, 8} : HashStart{};
          const Bytes bytes = write_tiny_header(uint8_t(codec), uint8_t(model), raw, payload, adapter);
          const bool usual = (codec < 2 && model == 0) || (codec == 2 && (model == 1 || model == 2));
          EXPECT_EQ(bytes.size(), 3 +
                                      (usual                   ? 0u
                                       : model == kTinyAdapter ? 10u
                                                               : 2u) +
                                      size_field_bytes(size) + size_field_bytes(payload));
          EXPECT_LE(bytes.size(), kMaxTinyHeaderBytes);
          const auto header = read_tiny_header(bytes);
          ASSERT_TRUE(header.ok()) << header.error().message;
          EXPECT_EQ(header->codec, codec);
          EXPECT_EQ(header->model, model);
          EXPECT_EQ(header->adapter, adapter);
          EXPECT_EQ(header->raw_bytes, size);
          EXPECT_EQ(header->payload_bytes, payload);
          EXPECT_EQ(header->header_bytes, bytes.size());
          EXPECT_EQ(header->check, tiny_check(*header, raw));
        }
}

TEST(TinyFrame, TwoHundredBytesPayFive) {
  EXPECT_EQ(write_tiny_header(2, 1, Bytes(200), 45).size(), 5u);
  EXPECT_EQ(write_tiny_header(2, 1, Bytes(1000), 160).size(), 6u);
}

TEST(TinyFrame, CutShortOrNotInItsOneFormIsRejected) {
  const Bytes good = write_tiny_header(9, 9, Bytes(10000), 9000);
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_tiny_header(ByteSpan(good).first(size)).ok()) << size;
  EXPECT_FALSE(read_tiny_header(Bytes{0xF8, 255, 8159 & 255, 8159 >> 8, 0, 0, 0}).ok()) << "long form of a short size";
  EXPECT_FALSE(read_tiny_header(Bytes{0xFF, 0, 0, 0, 0, 0, 0}).ok()) << "a usual codec written out";
  EXPECT_FALSE(read_tiny_header(Bytes{0xF8, 1, 2, 0, 0}).ok()) << "more payload than content";
  EXPECT_FALSE(read_tiny_header(Bytes{0xF7, 1, 1, 0, 0}).ok());
}

TEST(TinyFrame, EverySingleBitErrorOfTheContentChangesTheCheck) {
  Bytes raw(65535);
  for (size_t i = 0; i < raw.size(); ++i) raw[i] = uint8_t(i * i >> 3);
  const auto header = read_tiny_header(write_tiny_header(0, 0, raw, raw.size()));
  for (size_t bit = 0; bit < raw.size() * 8; bit += 1009) {
    raw[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_NE(tiny_check(*header, raw), header->check) << bit;
    raw[bit / 8] ^= uint8_t(1 << bit % 8);
  }
}

TEST(TinyFrame, EveryOtherPayloadSizeChangesTheCheck) {
  const Bytes raw(1000, 'x');
  TinyHeader header = *read_tiny_header(write_tiny_header(1, 0, raw, 100));
  for (uint16_t size = 0; size <= raw.size(); ++size) {
    header.payload_bytes = size;
    EXPECT_EQ(tiny_check(header, raw) == header.check, size == 100) << size;
  }
}

}  // namespace
}  // namespace lmc
