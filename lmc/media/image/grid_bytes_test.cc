// Formats whose samples lie uncompressed: PNM and BMP.
#include "lmc/media/image/grid_bytes.h"

#include <string>

#include "lmc/media/image/media_test_support.h"

namespace lmc {
namespace {

Bytes with_header(std::string_view header, ByteSpan rest) {
  Bytes file(header.begin(), header.end());
  append_bytes(file, rest);
  return file;
}

struct BmpOptions {
  int32_t width = 3, height = 2;
  uint16_t bits = 24;
  uint8_t padding = 0;
  bool grey_ramp = false;
  size_t trailing_bytes = 0;
};

Bytes make_bmp(const BmpOptions& options) {
  const size_t row = size_t(options.width) * options.bits / 8, padding = (4 - row % 4) % 4;
  const size_t palette = options.bits == 8 ? 1024 : 0;
  Bytes file = {'B', 'M'};
  append_le<uint32_t>(file, 0);
  append_le<uint32_t>(file, 0);
  append_le<uint32_t>(file, uint32_t(54 + palette));
  append_le<uint32_t>(file, 40);
  append_le<int32_t>(file, options.width);
  append_le<int32_t>(file, options.height);
  append_le<uint16_t>(file, 1);
  append_le<uint16_t>(file, options.bits);
  file.resize(54);
  for (size_t i = 0; i < palette; ++i) file.push_back(uint8_t(options.grey_ramp ? (i % 4 == 3 ? 0 : i / 4) : i * 37));
  for (int y = 0; y < std::abs(options.height); ++y) {
    append_bytes(file, random_bytes(row, uint32_t(y + 1)));
    file.insert(file.end(), padding, options.padding);
  }
  file.resize(file.size() + options.trailing_bytes, 0x55);
  return file;
}

TEST(Pnm, GreyAndColour) {
  const auto grey =
      expect_round_trip(ImageFormat::kPnm, with_header("P5\n# a comment\n5 3 255\n", random_bytes(15, 1)));
  EXPECT_EQ(grey.picture.width, 5u);
  EXPECT_EQ(grey.picture.height, 3u);
  EXPECT_EQ(grey.picture.channels, 1);
  EXPECT_EQ(grey.picture.samples, random_bytes(15, 1));
  const auto colour = expect_round_trip(ImageFormat::kPnm, with_header("P6 1 1 255 ", random_bytes(3, 1)));
  EXPECT_EQ(colour.picture.channels, 3);
  EXPECT_LE(colour.side.size(), 16u);
}

TEST(Pnm, SixteenBitsAreBigEndianInTheFile) {
  const auto parsed = expect_round_trip(ImageFormat::kPnm, with_header("P5 2 1 4095\n", Bytes{0x01, 0x02, 0x0f, 0xff}));
  EXPECT_EQ(parsed.picture.bits, 12);
  EXPECT_EQ(parsed.picture.samples, (Bytes{0x02, 0x01, 0xff, 0x0f}));
}

TEST(Pnm, SamplesAboveTheMaximumWidenBits) {
  EXPECT_EQ(expect_round_trip(ImageFormat::kPnm, with_header("P5 2 1 15\n", Bytes{1, 15})).picture.bits, 4);
  EXPECT_EQ(expect_round_trip(ImageFormat::kPnm, with_header("P5 2 1 15\n", Bytes{1, 16})).picture.bits, 8);
  EXPECT_EQ(expect_round_trip(ImageFormat::kPnm, with_header("P5 1 1 256\n", Bytes{255, 255})).picture.bits, 16);
}

TEST(Pnm, PamAndBytesThatFollow) {
  const std::string header = "P7\nWIDTH 2\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
  const auto parsed = expect_round_trip(ImageFormat::kPnm, with_header(header, random_bytes(16 + 9, 1)));
  EXPECT_EQ(parsed.picture.channels, 4);
}

TEST(Pnm, WhatIsRefused) {
  for (const std::string file :
       {"P1 1 1 1", "P2 1 1 255 7", "P3 1 1 255 1 2 3", "P4 8 1 \xff", "P5", "P5 0 1 255 a", "P5 1 1 0 a",
        "P5 2 1 255 a", "P5 1 1 65536 aaaa", "P5 99999999999 1 255 a", "P5 4000000000 4000000000 255 a",
        "P5 -1 1 255 a", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde",
        "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\n"}) {
    const auto parsed = parse_image(ImageFormat::kPnm, as_bytes(file));
    ASSERT_FALSE(parsed.ok()) << file;
    EXPECT_EQ(parsed.error().family, ErrorFamily::kBadInput);
  }
}

TEST(Bmp, AllKinds) {
  for (const int32_t width : {1, 2, 3, 4, 5, 17}) {
    for (const int32_t height : {1, -1, 3, -3}) {
      for (const uint16_t bits : {8, 24, 32}) {
        const auto parsed =
            expect_round_trip(ImageFormat::kBmp, make_bmp({.width = width, .height = height, .bits = bits}));
        EXPECT_EQ(parsed.picture.channels, bits / 8);
        EXPECT_EQ(parsed.picture.indexed, bits == 8);
        EXPECT_LE(parsed.side.size(), 1100u);
      }
    }
  }
}

TEST(Bmp, RowsUpwardsAreTurnedAndBlueComesLast) {
  const Bytes file = make_bmp({.width = 1, .height = 2, .bits = 24});
  const auto parsed = expect_round_trip(ImageFormat::kBmp, file);
  EXPECT_EQ(parsed.picture.samples, (Bytes{file[60], file[59], file[58], file[56], file[55], file[54]}));
}

TEST(Bmp, PaddingAndBytesThatFollowAreKept) {
  expect_round_trip(ImageFormat::kBmp, make_bmp({.width = 3, .height = 5, .padding = 0xaa, .trailing_bytes = 7}));
}

TEST(Bmp, APaletteOfGreysIsNoPalette) {
  EXPECT_FALSE(expect_round_trip(ImageFormat::kBmp, make_bmp({.bits = 8, .grey_ramp = true})).picture.indexed);
}

TEST(GridBytes, DamageIsHarmless) {
  const Bytes pnm = with_header("P5\n# a comment\n5 3 300\n", random_bytes(30, 1));
  expect_damage_is_harmless(ImageFormat::kPnm, pnm);
  expect_damaged_side_is_harmless(ImageFormat::kPnm, expect_round_trip(ImageFormat::kPnm, pnm), pnm.size());
  const Bytes bmp = make_bmp({.padding = 1, .trailing_bytes = 3});
  expect_damage_is_harmless(ImageFormat::kBmp, bmp);
  expect_damaged_side_is_harmless(ImageFormat::kBmp, expect_round_trip(ImageFormat::kBmp, bmp), bmp.size());
}

TEST(GridBytes, SegmentsMustLieInOrderWithinTheFile) {
  const Bytes file = random_bytes(20, 1);
  Picture shape;
  shape.width = 4;
  shape.height = 4;
  shape.channels = 1;
  GridLayout layout;
  layout.segments = {{1, 2}, {11, 2}};
  const auto taken = take_grid(file, layout, shape);
  ASSERT_TRUE(taken.ok());
  const auto rebuilt = rebuild_grid(taken->side, taken->picture, file.size());
  ASSERT_TRUE(rebuilt.ok());
  EXPECT_EQ(*rebuilt, file);
  for (const auto& segments : std::vector<std::vector<GridSegment>>{
           {{1, 2}, {8, 2}}, {{1, 2}, {13, 2}}, {{1, 3}}, {{1, 2}, {9, 3}}, {{30, 4}}, {{0, 0}, {0, 4}}, {}}) {
    layout.segments = segments;
    EXPECT_FALSE(take_grid(file, layout, shape).ok());
  }
}

}  // namespace
}  // namespace lmc
