#include "lmc/container/layout.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

// A well-formed frame of two blocks; the payloads mean nothing here.
Bytes example_frame() {
  const FrameHeader header{.block_log2 = 17, .content_bytes = 1100, .models = {}};
  Bytes file = write_frame_header(header);
  FrameTail tail{.header_bytes = file.size(), .blocks = {{1000, 30}, {100, 20}}, .content_hash = {9}};
  for (const FrameTail::Block& block : tail.blocks) {
    append_bytes(file, write_block_header({1, 0, block.raw_bytes, block.payload_bytes, 5}));
    file.resize(file.size() + block.payload_bytes, 0xAA);
  }
  append_bytes(file, write_frame_tail(tail));
  return file;
}

Bytes join(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) append_bytes(out, part);
  return out;
}

TEST(Layout, ForwardWalkFindsEveryFrameAndBlock) {
  const Bytes frame = example_frame();
  Bytes tiny = write_tiny_header(0, 0, as_bytes("hello"), 5);
  append_bytes(tiny, as_bytes("hello"));
  const auto frames = read_layout(join({frame, frame, tiny}));
  ASSERT_TRUE(frames.ok()) << frames.error().message;
  ASSERT_EQ(frames->size(), 3u);
  const FrameLayout& second = (*frames)[1];
  EXPECT_EQ(second.offset, frame.size());
  EXPECT_EQ(second.frame_bytes, frame.size());
  EXPECT_EQ(second.content_bytes, 1100u);
  EXPECT_EQ(second.content_hash[0], 9);
  ASSERT_EQ(second.blocks.size(), 2u);
  EXPECT_EQ(second.blocks[1].raw_offset, 1000u);
  EXPECT_EQ(second.blocks[1].header_offset, frame.size() + 20 + 16 + 30);
  EXPECT_TRUE((*frames)[2].tiny);
  EXPECT_EQ((*frames)[2].content_bytes, 5u);
}

TEST(Layout, TheIndexAloneTellsTheSame) {
  const Bytes frame = example_frame();
  const Bytes file = join({frame, frame});
  const auto forward = read_layout(file);
  const auto backward = read_layout_from_end(file);
  ASSERT_EQ(backward.size(), 2u);
  for (size_t f = 0; f < 2; ++f) {
    EXPECT_EQ(backward[f].offset, (*forward)[f].offset);
    EXPECT_EQ(backward[f].frame_bytes, (*forward)[f].frame_bytes);
    for (size_t b = 0; b < 2; ++b) {
      EXPECT_EQ(backward[f].blocks[b].header_offset, (*forward)[f].blocks[b].header_offset);
      EXPECT_EQ(backward[f].blocks[b].raw_offset, (*forward)[f].blocks[b].raw_offset);
    }
  }
}

TEST(Layout, CutShortAtAnyByteIsRejected) {
  const Bytes file = example_frame();
  for (size_t size = 0; size < file.size(); ++size) EXPECT_FALSE(read_layout(ByteSpan(file).first(size)).ok()) << size;
}

TEST(Layout, EveryFlippedBitOutsideThePayloadsIsFound) {
  const Bytes good = example_frame();
  const auto in_payload = [](size_t at) { return (at >= 36 && at < 66) || (at >= 82 && at < 102); };
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    if (in_payload(bit / 8)) continue;
    Bytes bad = good;
    bad[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_FALSE(read_layout(bad).ok()) << bit;
  }
}

TEST(Layout, OffsetsInErrorsCountFromTheBeginningOfTheFile) {
  const Bytes frame = example_frame();
  Bytes file = join({frame, frame});
  file[frame.size() + 20] ^= 1;  // the first block header of the second frame
  const auto frames = read_layout(file);
  ASSERT_FALSE(frames.ok());
  EXPECT_GE(*frames.error().offset_bytes, frame.size() + 20);
  EXPECT_LT(*frames.error().offset_bytes, frame.size() + 36);
}

}  // namespace
}  // namespace lmc
