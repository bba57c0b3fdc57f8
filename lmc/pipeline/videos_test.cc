// Video through the whole pipeline: alone, inside other data, in groups, in part, damaged.
#include <gtest/gtest.h>

#include "lmc/base/bytes_test_support.h"
#include "lmc/codecs/video.h"
#include "lmc/pipeline/read_video.h"
#include "lmc/pipeline/round_trip_test_support.h"

namespace lmc {
namespace {

Bytes samples(size_t bytes, size_t t) {
  Bytes out(bytes);
  uint32_t random = uint32_t(t) * 7 + 1;
  for (size_t i = 0; i < bytes; ++i) {
    random = random * 1664525 + 1013904223;
    out[i] = uint8_t(100 + (i + t) % 50 + (random >> 30));
  }
  return out;
}

constexpr std::string_view kHeader = "YUV4MPEG2 W24 H18 F15:1 Ip A1:1 C420jpeg XYSCSS=420JPEG\n";
constexpr size_t kFrameBytes = 24 * 18 * 3 / 2;

Bytes y4m(size_t frames, std::string_view line = kPlainFrameLine, std::string_view header = kHeader,
          size_t frame_bytes = kFrameBytes) {
  Bytes out;
  append_bytes(out, as_bytes(header));
  for (size_t t = 0; t < frames; ++t) {
    append_bytes(out, as_bytes(line));
    append_bytes(out, samples(frame_bytes, t));
  }
  return out;
}

Bytes packed_frames(ByteSpan raw, const RawVideo& video) {
  CompressOptions options;
  options.level = 1;
  options.video = video;
  return packed(raw, options);
}

TEST(Videos, AtAllLevels) {
  const Bytes raw = y4m(5);
  for (int level = 1; level <= 9; ++level) expect_round_trip(raw, level, raw.size() * 2 / 3);
}

TEST(Videos, WithLinesOfTheirOwn) { expect_round_trip(y4m(4, "FRAME Ip XA=b\n"), 1, 4 * kFrameBytes * 2 / 3); }

TEST(Videos, CutShortOrFollowedByOtherBytes) {
  const Bytes whole = y4m(4);
  for (size_t less : {size_t(1), kFrameBytes - 1, kFrameBytes, kFrameBytes + 3})
    expect_round_trip(Bytes(whole.begin(), whole.end() - ptrdiff_t(less)), 1, whole.size() * 3 / 4);
  Bytes more = whole;
  append_bytes(more, Bytes(3000, 'x'));
  expect_round_trip(more, 1, whole.size() * 3 / 4);
  Bytes inside(5000, 'a');
  append_bytes(inside, more);
  expect_round_trip(inside, 1, whole.size() * 3 / 4);
}

TEST(Videos, OfOddHeaders) {
  for (const char* header :
       {"YUV4MPEG2 W1 H1\n", "YUV4MPEG2 W7 H5 C444p10\n", "YUV4MPEG2 W7 H5 Cmono\n", "YUV4MPEG2 W7 H5 C444alpha F0:0\n",
        "YUV4MPEG2 W9 H9 C411  \n", "YUV4MPEG2 W5 Crgb H5\n", "YUV4MPEG2 W5\n", "YUV4MPEG2 \n"}) {
    const auto read = read_y4m_header(as_bytes(header));
    const Bytes raw = y4m(3, kPlainFrameLine, header, read.ok() ? read->form.frame_bytes() : 50);
    const auto back = unpacked(packed(raw, 1));
    ASSERT_TRUE(back.ok()) << header;
    EXPECT_EQ(*back, raw) << header;
  }
}

TEST(Videos, AreDescribed) {
  const auto block = encode_video(y4m(3), level_row(1), {});
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(describe_video(block->payload), "Y4M 24x18, 4:2:0, 8 bits, 15 frames/s, 3 frames");
  EXPECT_EQ(describe_video(ByteSpan(block->payload).first(3)), "");
  EXPECT_FALSE(check_video(as_bytes(kHeader)).ok());
}

// A block whose payload is damaged anywhere is an error or other frames of the same size.
TEST(Videos, DamagedPayloads) {
  const Bytes raw = y4m(3);
  const auto block = encode_video(raw, level_row(1), {});
  ASSERT_TRUE(block.ok());
  for (size_t bytes = 0; bytes < block->payload.size(); bytes += 1 + bytes / 8)
    EXPECT_FALSE(decode_video(ByteSpan(block->payload).first(bytes), raw.size(), {}).ok()) << bytes;
  for (size_t bit = 0; bit < 8 * block->payload.size(); bit += 1 + bit / 64) {
    Bytes damaged = block->payload;
    damaged[bit / 8] ^= uint8_t(1 << bit % 8);
    const auto out = decode_video(damaged, raw.size(), {});
    if (out.ok()) EXPECT_EQ(out->size(), raw.size());
  }
}

// Long files become groups, of which only those that are asked for are decoded.
TEST(Videos, GroupsAndRanges) {
  constexpr size_t kFrames = 1700;
  const Bytes raw = y4m(kFrames);
  ASSERT_GT(raw.size(), size_t(1) << 20);
  const Bytes file = packed(raw, 1, 2);
  EXPECT_EQ(*unpacked(file, {.threads = 2}), raw);
  const auto frames = [&](uint64_t begin, uint64_t size) {
    MemorySink sink;
    EXPECT_TRUE(write_video_as_y4m(file, FrameRange{begin, size}, sink, {}).ok());
    return sink.bytes;
  };
  const auto wanted = [&](size_t begin, size_t size) {
    Bytes out(raw.begin(), raw.begin() + ptrdiff_t(kHeader.size()));
    append_bytes(out, ByteSpan(raw).subspan(kHeader.size() + begin * (kFrameBytes + 6), size * (kFrameBytes + 6)));
    return out;
  };
  EXPECT_EQ(frames(0, 1), wanted(0, 1));
  EXPECT_EQ(frames(59, 2), wanted(59, 2));
  EXPECT_EQ(frames(kFrames - 3, 100), wanted(kFrames - 3, 3));
  MemorySink sink;
  EXPECT_FALSE(write_video_as_y4m(file, FrameRange{kFrames, 1}, sink, {}).ok());
  EXPECT_FALSE(write_video_as_y4m(packed(Bytes(100, 'a'), 1), {}, sink, {}).ok());
  // What is damaged costs its group alone.
  Bytes damaged = file;
  damaged[damaged.size() / 2] ^= 1;
  MemorySink first;
  EXPECT_TRUE(write_video_as_y4m(damaged, FrameRange{1, 2}, first, {}).ok());
  EXPECT_EQ(first.bytes, wanted(1, 2));
}

TEST(Videos, WithoutHeaders) {
  Bytes raw;
  for (size_t t = 0; t < 70; ++t) append_bytes(raw, samples(kFrameBytes, t));
  append_bytes(raw, Bytes(100, 7));
  const RawVideo video{{.width = 24, .height = 18}, 25, 1};
  const Bytes file = packed_frames(raw, video);
  EXPECT_LT(file.size(), raw.size() * 2 / 3);
  EXPECT_EQ(*unpacked(file), raw);
  MemorySink sink;
  ASSERT_TRUE(write_video_as_y4m(file, FrameRange{61, 1}, sink, {}).ok());
  Bytes wanted;
  append_bytes(wanted, as_bytes("YUV4MPEG2 W24 H18 F25:1 C420\nFRAME\n"));
  append_bytes(wanted, ByteSpan(raw).subspan(61 * kFrameBytes, kFrameBytes));
  EXPECT_EQ(sink.bytes, wanted);
  for (size_t bytes : {size_t(0), size_t(1), kFrameBytes - 1, kFrameBytes}) {
    const Bytes part(raw.begin(), raw.begin() + ptrdiff_t(bytes));
    EXPECT_EQ(*unpacked(packed_frames(part, video)), part);
  }
}

}  // namespace
}  // namespace lmc
