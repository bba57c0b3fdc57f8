#include "lmc/media/image/image_outlook.h"

#include <gtest/gtest.h>

#include <string>

namespace lmc {
namespace {

// As much of a stream as is looked at.
Bytes padded(std::string_view start, uint8_t byte = 0) {
  Bytes out(start.begin(), start.end());
  out.resize(kOutlookBytes, byte);
  return out;
}

Bytes bmp(uint32_t width, uint32_t height, uint16_t bits = 24) {
  Bytes out{'B', 'M'};
  append_le<uint64_t>(out, 0);
  append_le<uint32_t>(out, 54);
  append_le<uint32_t>(out, 40);
  append_le(out, width);
  append_le(out, height);
  append_le<uint16_t>(out, 1);
  append_le(out, bits);
  out.resize(kOutlookBytes);
  return out;
}

TEST(ImageOutlook, WhatOnlyBeginsLikeAnImageIsNone) {
  EXPECT_EQ(most_image_file_bytes(padded("BM")), 0u);
  EXPECT_EQ(most_image_file_bytes(padded("BMW is a maker of cars", 'x')), 0u);
  EXPECT_EQ(most_image_file_bytes(padded("P1 is the first player", ' ')), 0u);
  EXPECT_EQ(most_image_file_bytes(padded("P6 is not a header", 'x')), 0u);
  EXPECT_EQ(most_image_file_bytes(padded("P6\n#", 'x')), 0u) << "a comment without an end";
  EXPECT_EQ(most_image_file_bytes(padded("II*", '*')), 0u);
  Bytes tiff = padded({"II*\0\x08\0\0\0", 8});
  tiff.resize(2 * kOutlookBytes);
  EXPECT_EQ(most_image_file_bytes(tiff), 0u) << "a directory of nothing";
  EXPECT_EQ(most_image_file_bytes(padded("GIF89a", 1)), 0u);
  EXPECT_EQ(most_image_file_bytes(padded("\x89PNG\r\n\x1a\n")), 0u);
  EXPECT_EQ(most_image_file_bytes(padded("RIFF....WEBX")), 0u);
  EXPECT_EQ(most_image_file_bytes({}), 0u);
}

TEST(ImageOutlook, TheHeaderSaysHowMuch) {
  EXPECT_EQ(most_image_file_bytes(bmp(1000, 1000)), 2 * (54 + 3000000) + (1 << 20));
  EXPECT_EQ(most_image_file_bytes(bmp(1000, 1000, 16)), 0u) << "not taken apart";
  EXPECT_EQ(most_image_file_bytes(bmp(60000, 60000)), 0u) << "too large";
  EXPECT_EQ(most_image_file_bytes(padded("P5 2000 1000 255\n")), 2 * (17 + 2000000) + (1 << 20));
  EXPECT_EQ(most_image_file_bytes(padded("P5 2000 1000 256\n")), 2 * (17 + 4000000) + (1 << 20));
}

TEST(ImageOutlook, AnImageWithoutAnEndIsBoundedByItsSamples) {
  const Bytes png = padded({"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10\x08\2\0\0\0....\x7f\0\0\0IDAT", 41});
  EXPECT_GT(most_image_file_bytes(png), 1u << 20);
  EXPECT_LT(most_image_file_bytes(png), 1u << 27);
  const Bytes jpeg = padded({"\xff\xd8\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0", 25});
  EXPECT_GT(most_image_file_bytes(jpeg), 1u << 20);
  EXPECT_LT(most_image_file_bytes(jpeg), 1u << 27);
}

}  // namespace
}  // namespace lmc
