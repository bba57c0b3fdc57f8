// Pictures written as PNG: read back, and taken apart byte for byte.
#include "lmc/media/image/png/png_pixels.h"

#include "lmc/media/image/media_test_support.h"

namespace lmc {
namespace {

Picture make_picture(uint32_t width, uint32_t height, int channels, int bits) {
  Picture picture;
  picture.width = width;
  picture.height = height;
  picture.channels = channels;
  picture.bits = bits;
  picture.samples = random_bytes(picture.size_bytes(), 1);
  for (size_t i = 0; i < picture.samples.size(); ++i) {
    const int kept = picture.sample_bytes() == 1 ? bits : i % 2 ? bits - 8 : 8;
    picture.samples[i] &= uint8_t((1 << kept) - 1);
  }
  return picture;
}

TEST(PngPixels, WhatPngHasComesBackAsItWas) {
  for (const int channels : {1, 2, 3, 4}) {
    for (const int bits : {1, 2, 4, 8, 16}) {
      if (bits < 8 && channels > 1) continue;
      const Picture picture = make_picture(33, 17, channels, bits);
      const auto file = write_png(picture, {});
      ASSERT_TRUE(file.ok()) << file.error().message;
      const auto pixels = read_png_pixels(*file);
      ASSERT_TRUE(pixels.ok()) << pixels.error().message;
      EXPECT_EQ(pixels->picture.bits, bits);
      EXPECT_EQ(pixels->picture.channels, channels);
      EXPECT_EQ(pixels->picture.samples, picture.samples);
      EXPECT_LE(expect_round_trip(ImageFormat::kPng, *file).side.size(), 14u);
    }
  }
}

TEST(PngPixels, OtherDepthsAreScaledUp) {
  Picture picture = make_picture(2, 1, 3, 12);
  picture.samples = {0xff, 0x0f, 0, 0, 0, 8, 0, 0, 1, 0, 0, 0};
  const auto file = write_png(picture, {});
  ASSERT_TRUE(file.ok());
  const auto pixels = read_png_pixels(*file);
  ASSERT_TRUE(pixels.ok());
  EXPECT_EQ(pixels->picture.bits, 16);
  EXPECT_EQ(pixels->picture.samples, (Bytes{0xff, 0xff, 0, 0, 0x08, 0x80, 0, 0, 16, 0, 0, 0}));
  EXPECT_EQ(write_png(make_picture(1, 1, 3, 5), {}).ok(), true);
  EXPECT_EQ(write_png(make_picture(1, 1, 1, 3), {}).ok(), true);
}

TEST(PngPixels, Palettes) {
  Picture picture = make_picture(20, 20, 1, 2);
  picture.indexed = true;
  const Palette palette{random_bytes(12, 5), {0, 128}};
  const auto file = write_png(picture, palette);
  ASSERT_TRUE(file.ok());
  const auto pixels = read_png_pixels(*file);
  ASSERT_TRUE(pixels.ok());
  EXPECT_TRUE(pixels->picture.indexed);
  EXPECT_EQ(pixels->palette.colours, palette.colours);
  EXPECT_EQ(pixels->palette.alphas, palette.alphas);
  EXPECT_EQ(find_palette(ImageFormat::kPng, *file).colours, palette.colours);
  const auto grey = read_png_pixels(*write_png(picture, {}));
  ASSERT_TRUE(grey.ok());
  EXPECT_FALSE(grey->picture.indexed);
}

TEST(PngPixels, PalettesOfDamagedFilesAreHarmless) {
  Bytes bmp(80, 1);
  bmp[0] = 'B', bmp[1] = 'M', bmp[14] = 40, bmp[15] = 0;
  for (size_t size = 0; size <= bmp.size(); ++size) find_palette(ImageFormat::kBmp, ByteSpan(bmp).first(size));
  const Bytes noise = random_bytes(300, 2);
  for (size_t size = 0; size <= noise.size(); ++size) find_palette(ImageFormat::kGif, ByteSpan(noise).first(size));
}

TEST(PngPixels, WhatIsNoPictureIsRefused) {
  EXPECT_FALSE(write_png({}, {}).ok());
  Picture picture = make_picture(2, 2, 1, 8);
  picture.samples.pop_back();
  EXPECT_FALSE(write_png(picture, {}).ok());
  EXPECT_FALSE(read_png_pixels({}).ok());
}

}  // namespace
}  // namespace lmc
