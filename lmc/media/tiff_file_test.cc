// TIFF files made here, with and without deflate.
#include "lmc/media/tiff_file.h"

#include "lmc/media/zlib_test_support.h"

namespace lmc {
namespace {

struct TiffOptions {
  uint32_t width = 3, height = 5, samples = 3, bits = 8, rows_per_strip = 2, photometric = 2, compression = 1;
  bool big_endian = false, gaps = false;
  uint32_t predictor = 1;
};

// Strips first, then the directory, then the offsets of strips.
Bytes make_tiff(const TiffOptions& options) {
  Bytes file;
  const auto put = [&](uint32_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) file.push_back(uint8_t(value >> 8 * (options.big_endian ? bytes - 1 - i : i)));
  };
  const uint32_t strips = (options.height + options.rows_per_strip - 1) / options.rows_per_strip;
  const uint32_t row = options.width * options.samples * options.bits / 8;
  file.assign(2, options.big_endian ? 'M' : 'I');
  put(42, 2);
  put(0, 4);
  std::vector<uint32_t> offsets;
  for (uint32_t y = 0; y < options.height; y += options.rows_per_strip) {
    if (options.gaps) file.push_back(0xee);
    offsets.push_back(uint32_t(file.size()));
    const Bytes strip = wavy_bytes(row * std::min(options.rows_per_strip, options.height - y), y + 1);
    append_bytes(file, options.compression == 8 ? zlib_stream(strip) : strip);
  }
  const uint32_t directory = uint32_t(file.size());
  for (size_t i = 0; i < 4; ++i) file[4 + i] = uint8_t(directory >> 8 * (options.big_endian ? 3 - i : i));
  const std::vector<std::pair<uint32_t, uint32_t>> fields = {
      {256, options.width},       {257, options.height},  {258, options.bits},           {259, options.compression},
      {262, options.photometric}, {277, options.samples}, {278, options.rows_per_strip}, {317, options.predictor}};
  put(uint32_t(fields.size()) + 1, 2);
  for (const auto& [tag, value] : fields) {
    put(tag, 2);
    put(4, 2);
    put(1, 4);
    put(value, 4);
  }
  put(273, 2);
  put(4, 2);
  put(strips, 4);
  put(strips == 1 ? offsets[0] : uint32_t(file.size() + 8), 4);
  put(0, 4);
  for (const uint32_t offset : offsets) put(offset, 4);
  return file;
}

TEST(Tiff, AllKinds) {
  for (const uint32_t samples : {1, 2, 3, 4}) {
    for (const uint32_t bits : {8, 16}) {
      for (const uint32_t rows : {1, 2, 5, 100}) {
        for (const bool flag : {false, true}) {
          const Bytes file =
              make_tiff({.samples = samples, .bits = bits, .rows_per_strip = rows, .big_endian = flag, .gaps = !flag});
          const auto parsed = expect_round_trip(ImageFormat::kTiff, file);
          EXPECT_EQ(parsed.picture.channels, int(samples));
          EXPECT_EQ(parsed.picture.bits, int(bits));
          if (bits == 8 && flag)
            EXPECT_TRUE(std::equal(parsed.picture.samples.begin(), parsed.picture.samples.end(), file.begin() + 8));
        }
      }
    }
  }
  EXPECT_TRUE(expect_round_trip(ImageFormat::kTiff, make_tiff({.samples = 1, .photometric = 3})).picture.indexed);
}

TEST(Tiff, Deflate) {
  for (const uint32_t samples : {1, 3}) {
    for (const uint32_t bits : {8, 16}) {
      for (const bool flag : {false, true}) {
        for (const uint32_t predictor : {1, 2}) {
          const Bytes file = make_tiff({.width = 50,
                                        .samples = samples,
                                        .bits = bits,
                                        .compression = 8,
                                        .big_endian = flag,
                                        .gaps = !flag,
                                        .predictor = predictor});
          const auto parsed = expect_round_trip(ImageFormat::kTiff, file);
          const Bytes first = wavy_bytes(200, 1);
          if (bits == 8 && predictor == 2) {
            EXPECT_EQ(parsed.picture.samples[0], first[0]);
            EXPECT_EQ(parsed.picture.samples[samples], uint8_t(first[0] + first[samples]));
          }
          if (bits == 16 && predictor == 1) EXPECT_EQ(parsed.picture.samples[0], first[flag]);
        }
      }
    }
  }
}

TEST(Tiff, WhatIsRefused) {
  for (const TiffOptions& options :
       {TiffOptions{.width = 0}, TiffOptions{.samples = 5}, TiffOptions{.bits = 32}, TiffOptions{.compression = 5}})
    EXPECT_FALSE(parse_image(ImageFormat::kTiff, make_tiff(options)).ok());
}

TEST(Tiff, DamageIsHarmless) {
  for (const uint32_t compression : {1, 8}) {
    const Bytes file = make_tiff({.compression = compression, .big_endian = true, .gaps = true});
    expect_damage_is_harmless(ImageFormat::kTiff, file);
    expect_damaged_side_is_harmless(ImageFormat::kTiff, expect_round_trip(ImageFormat::kTiff, file), file.size());
  }
}

}  // namespace
}  // namespace lmc
