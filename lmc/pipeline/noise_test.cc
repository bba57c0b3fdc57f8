#include "lmc/pipeline/noise.h"

#include <gtest/gtest.h>

#include <random>

#include "lmc/base/bytes_test_support.h"
#include "lmc/pipeline/encode_block.h"

namespace lmc {
namespace {

// A header as zip has it: few values, a name.
Bytes header(int number) {
  const std::string text = "PK" + std::string("\3\4\24\0\0\0\10\0", 8) + std::string(12, char(number)) +
                           "folder/of/files/name" + std::to_string(number) + ".dat" + std::string(10, 0);
  return Bytes(text.begin(), text.end());
}

TEST(Noise, GainsNothing) {
  for (size_t bytes : {size_t(16384), size_t(100000), size_t(3000000)}) EXPECT_TRUE(gains_nothing(noise(bytes, 1)));
}

TEST(Noise, LittleToGainIsSeen) {
  std::mt19937 random(2);
  Bytes skewed = noise(300000, 3), columns = skewed, records = skewed, repeats = skewed;
  for (uint8_t& byte : skewed)
    if (random() % 100 < 9) byte &= 31;  // about 1 % to gain
  EXPECT_FALSE(gains_nothing(skewed));
  for (size_t i = 0; i < columns.size(); i += 8) columns[i] &= 127;
  EXPECT_FALSE(gains_nothing(columns));
  for (size_t i = 32; i < records.size(); i += 32) records[i] = uint8_t(records[i - 32] + 1);
  EXPECT_FALSE(gains_nothing(records));
  for (size_t i = 100000; i + 40 < repeats.size(); i += 1000)
    std::copy_n(repeats.begin() + ptrdiff_t(i / 2), 40, repeats.begin() + ptrdiff_t(i));
  EXPECT_FALSE(gains_nothing(repeats));
  EXPECT_FALSE(gains_nothing(Bytes(50000, 'a')));
}

TEST(Noise, HeadersBetweenAreFound) {
  Bytes raw;
  for (int i = 0; i < 10; ++i) {
    append_bytes(raw, header(i));
    append_bytes(raw, noise(10000, unsigned(i)));
  }
  for (int i = 0; i < 10; ++i) append_bytes(raw, header(i));
  const auto segments = split_noise(raw, {{SegmentKind::kData, raw.size()}});
  ASSERT_EQ(segments.size(), 21u);
  size_t at = 0, stored = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    EXPECT_EQ(segments[i].kind, i % 2 == 0 ? SegmentKind::kData : SegmentKind::kNoise);
    at += segments[i].bytes;
    if (i % 2 != 0) stored += segments[i].bytes;
  }
  EXPECT_EQ(at, raw.size());
  EXPECT_GT(stored, 98000u);
  const EncodedBlock block = *encode_block(raw, level_row(1), {});
  EXPECT_LT(block.payload.size(), 100000u + 20 * header(0).size() / 2);
  EXPECT_EQ(*decode_block(block.codec, block.payload, raw.size(), {}), raw);
}

TEST(Noise, SegmentsOfOtherKindsStay) {
  const Bytes raw = noise(100000, 4);
  const std::vector<Segment> kept = {
      {SegmentKind::kText, 50000}, {SegmentKind::kFile, 30000}, {SegmentKind::kFile, 20000}};
  EXPECT_EQ(split_noise(raw, kept), kept);
  const std::vector<Segment> mixed = {
      {SegmentKind::kText, 50000}, {SegmentKind::kCopy, 1000, 7}, {SegmentKind::kData, 49000}};
  EXPECT_EQ(split_noise(raw, mixed), (std::vector<Segment>{mixed[0], mixed[1], {SegmentKind::kNoise, 49000}}));
}

}  // namespace
}  // namespace lmc
