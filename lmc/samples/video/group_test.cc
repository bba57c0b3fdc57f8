#include "lmc/samples/video/group.h"

#include <gtest/gtest.h>

#include <string>

#include "lmc/numerics/isa_test_support.h"

namespace lmc {
namespace {

enum class Kind { kMoving, kStill, kNoise, kCut };

// Frames one behind the other.
Bytes make_frames(const VideoForm& form, size_t count, Kind kind) {
  Bytes out;
  uint32_t random = 7;
  for (size_t t = 0; t < count; ++t)
    for (int p = 0; p < form.planes; ++p)
      for (uint32_t y = 0; y < form.plane_height(p); ++y)
        for (uint32_t x = 0; x < form.plane_width(p); ++x) {
          random = random * 1664525 + 1013904223;
          const uint32_t time = kind == Kind::kStill ? 0 : uint32_t(t),
                         cut = kind == Kind::kCut && t >= count / 2 ? 99 : 0;
          const uint32_t u = x + 2 * time + cut, v = y + time + cut;
          uint32_t value =
              (u * v / 3 + u * 5 + v * 3 + uint32_t(p) * 40) % 200 + (kind == Kind::kStill ? 0 : random >> 30);
          if (kind == Kind::kNoise) value = random >> 24;
          value =
              value << (form.bits - 8) | (kind == Kind::kStill ? 0 : (random >> 12) & ((1u << (form.bits - 8)) - 1));
          out.push_back(uint8_t(value));
          if (form.sample_bytes() == 2) out.push_back(uint8_t(value >> 8));
        }
  return out;
}

template <typename Byte>
std::vector<std::span<Byte>> cut(const VideoForm& form, std::span<Byte> bytes) {
  std::vector<std::span<Byte>> out;
  for (size_t at = 0; at < bytes.size(); at += form.frame_bytes()) out.push_back(bytes.subspan(at, form.frame_bytes()));
  return out;
}

size_t total(const std::vector<Bytes>& streams) {
  size_t sum = 0;
  for (const Bytes& stream : streams) sum += stream.size();
  return sum;
}

Bytes decoded(const VideoForm& form, const std::vector<Bytes>& streams, size_t bytes, const GroupOptions& options) {
  Bytes out(bytes);
  const std::vector<ByteSpan> spans(streams.begin(), streams.end());
  EXPECT_TRUE(decode_group(form, spans, cut(form, std::span(out)), options).ok());
  return out;
}

// The same streams and frames from every instruction set and number of threads.
size_t expect_round_trip(const VideoForm& form, const Bytes& frames, SampleEffort effort) {
  const auto streams = encode_group(form, cut(form, ByteSpan(frames)), {.effort = effort});
  int threads = 0;
  for (const Isa isa : isas()) {
    const GroupOptions options{.effort = effort, .threads = 1 + threads++ % 3, .isa = isa};
    if (isa != Isa::kScalar)
      EXPECT_EQ(encode_group(form, cut(form, ByteSpan(frames)), options), streams) << isa_name(isa);
    EXPECT_EQ(decoded(form, streams, frames.size(), options), frames) << isa_name(isa) << " " << threads;
  }
  return total(streams);
}

TEST(VideoGroup, OfAllForms) {
  const VideoForm forms[] = {{1, 1, 3, 1, 1, 8},   {1, 1, 1, 0, 0, 16},  {3, 2, 3, 1, 1, 8},   {17, 9, 3, 1, 0, 10},
                             {16, 16, 3, 0, 0, 8}, {23, 11, 4, 0, 0, 8}, {9, 30, 3, 2, 0, 12}, {13, 21, 3, 2, 2, 8},
                             {40, 3, 1, 0, 0, 8},  {2, 40, 3, 0, 1, 16}};
  for (const VideoForm& form : forms)
    for (const Kind kind : {Kind::kMoving, Kind::kNoise})
      expect_round_trip(form, make_frames(form, 4, kind), SampleEffort::kUsual);
}

TEST(VideoGroup, AtAllEfforts) {
  const VideoForm form{48, 32, 3, 1, 1, 8};
  const Bytes frames = make_frames(form, 4, Kind::kMoving);
  for (const SampleEffort effort : {SampleEffort::kFast, SampleEffort::kUsual, SampleEffort::kBest})
    EXPECT_LT(expect_round_trip(form, frames, effort), frames.size() * 3 / 4);
}

TEST(VideoGroup, RepeatedFramesCostNothing) {
  const VideoForm form{64, 48, 3, 1, 1, 8};
  const size_t one = expect_round_trip(form, make_frames(form, 1, Kind::kStill), SampleEffort::kUsual);
  EXPECT_LE(expect_round_trip(form, make_frames(form, 30, Kind::kStill), SampleEffort::kUsual), one + 12);
}

TEST(VideoGroup, StillParts) {
  const VideoForm form{64, 48, 3, 1, 1, 8};
  Bytes frames = make_frames(form, 10, Kind::kStill);
  const size_t one = expect_round_trip(form, make_frames(form, 1, Kind::kStill), SampleEffort::kUsual);
  for (size_t t = 1; t < 10; ++t) frames[t * form.frame_bytes() + 64 * 20 + 10 + t] ^= 100;
  EXPECT_LE(expect_round_trip(form, frames, SampleEffort::kUsual), one + 500);
}

TEST(VideoGroup, ACutCostsNoMoreThanTwoVideos) {
  const VideoForm form{64, 48, 3, 1, 1, 8};
  const Bytes both = make_frames(form, 6, Kind::kCut);
  const Bytes first(both.begin(), both.begin() + ptrdiff_t(both.size() / 2));
  const Bytes second(both.begin() + ptrdiff_t(both.size() / 2), both.end());
  const size_t apart =
      expect_round_trip(form, first, SampleEffort::kFast) + expect_round_trip(form, second, SampleEffort::kFast);
  EXPECT_LE(expect_round_trip(form, both, SampleEffort::kFast), apart + apart / 20);
}

// Values beyond the bits that the form says come back as well.
TEST(VideoGroup, ValuesBeyondTheBits) {
  const VideoForm form{8, 8, 1, 0, 0, 10};
  Bytes frames(2 * form.frame_bytes());
  for (size_t i = 0; i < frames.size(); ++i) frames[i] = uint8_t(i * 97 >> 2);
  expect_round_trip(form, frames, SampleEffort::kUsual);
}

TEST(VideoGroup, AnyBytesAsStreams) {
  const VideoForm form{19, 13, 3, 1, 1, 8};
  Bytes out(3 * form.frame_bytes());
  uint32_t random = 1;
  for (int i = 0; i < 60; ++i) {
    std::vector<Bytes> streams(3);
    for (Bytes& stream : streams) {
      stream = {0, 0xff, 1};
      for (int j = 0; j < 40 + i; ++j) {
        random = random * 1664525 + 1013904223;
        stream.push_back(uint8_t(random >> 24));
      }
    }
    const std::vector<ByteSpan> spans(streams.begin(), streams.end());
    EXPECT_TRUE(decode_group(form, spans, cut(form, std::span(out)), {.threads = 1 + i % 3}).ok());
  }
  const Bytes beyond = {0, 0x80, 2};
  EXPECT_FALSE(decode_group(form, std::vector<ByteSpan>(3, beyond), cut(form, std::span(out)), {}).ok());
  EXPECT_FALSE(decode_group(form, std::vector<ByteSpan>(3), cut(form, std::span(out)), {}).ok());
}

}  // namespace
}  // namespace lmc
