#include "lmc/container/frame.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

FrameHeader example_header() {
  FrameHeader header{.block_log2 = 20, .content_bytes = 300, .models = {Sha256{}, Sha256{}}};
  header.models[1][31] = 7;
  return header;
}

TEST(Frame, HeaderRoundTripsWithAndWithoutItsOptionalParts) {
  for (bool with_size : {false, true})
    for (size_t models : {0u, 1u, 255u}) {
      FrameHeader header{.block_log2 = 26, .content_bytes = {}, .models = std::vector<Sha256>(models)};
      if (with_size) header.content_bytes = uint64_t(1) << 40;
      const Bytes bytes = write_frame_header(header);
      EXPECT_EQ(*frame_header_bytes(bytes), bytes.size());
      const auto back = read_frame_header(bytes);
      ASSERT_TRUE(back.ok()) << back.error().message;
      EXPECT_EQ(back->block_log2, 26);
      EXPECT_EQ(back->content_bytes, header.content_bytes);
      EXPECT_EQ(back->models, header.models);
    }
}

TEST(Frame, HeaderWithAnyFlippedBitOrCutShortIsRejected) {
  const Bytes good = write_frame_header(example_header());
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_FALSE(read_frame_header(bad).ok()) << bit;
  }
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_frame_header(ByteSpan(good).first(size)).ok()) << size;
}

// Rewrites the checksum after a change, as a writer with other ideas would.
Bytes with_valid_crc(Bytes header) {
  header.resize(header.size() - 4);
  append_le<uint32_t>(header, crc32c(header));
  return header;
}

TEST(Frame, UnusedFlagsAreIgnoredReservedOnesRejected) {
  for (int bit = 1; bit < 8; ++bit) {
    Bytes bytes = write_frame_header(example_header());
    bytes[5] |= uint8_t(1 << bit);
    EXPECT_EQ(read_frame_header(with_valid_crc(bytes)).ok(), bit >= 4) << bit;
  }
}

TEST(Frame, OtherVersionsAndBlockSizesOutOfRangeAreRejected) {
  Bytes version = write_frame_header(example_header());
  version[4] = kFormatVersion + 1;
  const auto newer = read_frame_header(with_valid_crc(version));
  ASSERT_FALSE(newer.ok());
  EXPECT_NE(newer.error().message.find("newer lmc"), std::string::npos);
  for (int log2 : {0, 16, 17, 29, 30, 255}) {
    Bytes bytes = write_frame_header(example_header());
    bytes[6] = uint8_t(log2);
    EXPECT_EQ(read_frame_header(with_valid_crc(bytes)).ok(), log2 == 17 || log2 == 29) << log2;
  }
}

TEST(Frame, BlockHeaderRoundTripsAndEveryFlippedBitIsFound) {
  const FrameHeader frame = example_header();
  const BlockHeader header{.codec = 2, .model = 2, .raw_bytes = 1 << 20, .payload_bytes = 77, .raw_crc = 0x12345678};
  const Bytes good = write_block_header(header);
  ASSERT_EQ(good.size(), kBlockHeaderBytes);
  const auto back = read_block_header(good, frame);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->codec, 2);
  EXPECT_EQ(back->model, 2);
  EXPECT_EQ(back->raw_bytes, 1u << 20);
  EXPECT_EQ(back->payload_bytes, 77u);
  EXPECT_EQ(back->raw_crc, 0x12345678u);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_FALSE(read_block_header(bad, frame).ok()) << bit;
  }
}

TEST(Frame, BlockHeaderFieldsAreHeldAgainstTheLimits) {
  const FrameHeader frame = example_header();  // blocks up to 2^20, two models
  const auto reads = [&](uint8_t model, uint32_t raw, uint32_t payload) {
    BlockHeader header;
    header.model = model;
    header.raw_bytes = raw;
    header.payload_bytes = payload;
    return read_block_header(write_block_header(header), frame).ok();
  };
  EXPECT_TRUE(reads(2, 1 << 20, 1 << 20));
  EXPECT_FALSE(reads(3, 1 << 20, 1 << 20));
  EXPECT_FALSE(reads(2, (1 << 20) + 1, 1 << 20));
  EXPECT_FALSE(reads(2, 1 << 20, (1 << 20) + 1));
  EXPECT_FALSE(reads(2, 0, 0));
  EXPECT_FALSE(reads(2, 1, 0));
}

FrameTail example_tail() {
  FrameTail tail{.header_bytes = 20, .blocks = {{1000, 10}, {1, 1}, {1 << 26, 200}}, .content_hash = {1, 2, 3}};
  return tail;
}

// A file whose last part is the tail; the frame before it is zeros, which the tail's reader does not look at.
Bytes file_with(const FrameTail& tail, size_t size_before) {
  Bytes file(size_before);
  append_bytes(file, write_frame_tail(tail));
  return file;
}

TEST(Frame, TailIsFoundFromTheEnd) {
  const FrameTail tail = example_tail();
  const size_t before = 20 + 3 * kBlockHeaderBytes + 211;
  const Bytes file = file_with(tail, before + 5);
  const auto found = read_frame_tail_at_end(file);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->tail.header_bytes, 20u);
  EXPECT_EQ(found->tail.blocks, tail.blocks);
  EXPECT_EQ(found->tail.content_hash, tail.content_hash);
  EXPECT_EQ(found->frame_bytes, before + found->tail_bytes);
  EXPECT_FALSE(read_frame_tail_at_end(file_with(tail, before - 1)).ok()) << "a frame larger than the file";
}

TEST(Frame, TailWithAnyFlippedBitOrCutShortIsRejected) {
  const Bytes good = file_with(example_tail(), 300);
  for (size_t bit = 300 * 8; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_FALSE(read_frame_tail_at_end(bad).ok()) << bit;
  }
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_frame_tail_at_end(ByteSpan(good).first(size)).ok());
}

}  // namespace
}  // namespace lmc
