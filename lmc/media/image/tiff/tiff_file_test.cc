// TIFF files made here: all layouts, compressions and kinds of samples.
#include "lmc/media/image/tiff/tiff_file.h"

#include "lmc/media/image/tiff/tiff_test_support.h"

namespace lmc {
namespace {

TEST(Tiff, UncompressedStrips) {
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

TEST(Tiff, AllCompressionsAndLayouts) {
  for (const uint32_t compression : {1, 5, 8, 32773, 32946}) {
    for (const uint32_t bits : {1, 2, 4, 8, 16}) {
      for (const uint32_t samples : {1, 3}) {
        for (const uint32_t layout : {0, 1, 2, 3}) {
          for (const bool flag : {false, true}) {
            TiffOptions options{.width = 50, .height = 21, .samples = samples, .bits = bits};
            options.compression = compression;
            options.big_endian = options.gaps = flag;
            options.planes = layout & 1 ? 2 : 1;
            options.tile = layout & 2 ? 16 : 0;
            options.rows_per_strip = 9;
            options.predictor = flag && bits >= 8 ? 2 : 1;
            const auto parsed = expect_round_trip(ImageFormat::kTiff, make_tiff(options));
            // The pixels are the same however they are stored, but for the order of a sample's bytes.
            TiffOptions plain{.width = 50, .height = 21, .samples = samples, .bits = bits};
            EXPECT_EQ(parsed.picture.samples, expect_round_trip(ImageFormat::kTiff, make_tiff(plain)).picture.samples)
                << compression << " " << bits << " " << samples << " " << layout << " " << flag;
          }
        }
      }
    }
  }
}

TEST(Tiff, HeuristicsOfLibtiffCostNothing) {
  for (const uint32_t compression : {5, 32773}) {
    TiffOptions options{.width = 200, .height = 200, .samples = 3, .compression = compression};
    options.rows_per_strip = 200;
    const auto parsed = expect_round_trip(ImageFormat::kTiff, make_tiff(options));
    EXPECT_LE(parsed.side.size(), 250u) << compression;
  }
}

TEST(Tiff, FilesOfLibtiff) {
  const std::pair<const char*, size_t> samples[] = {
      {"libtiff-lzw.tif", 260}, {"libtiff-tiles.tif", 420}, {"libtiff-packbits-pages.tif", 1000}};
  for (const auto& [name, most] : samples)
    EXPECT_LE(expect_round_trip(ImageFormat::kTiff, read_testdata(name)).side.size(), most) << name;
}

TEST(Tiff, PagesStandOneBelowTheOther) {
  for (const uint32_t compression : {1, 5, 32773}) {
    TiffOptions options{.width = 20, .height = 6, .compression = compression};
    const Bytes one = make_tiff(options);
    options.pages = 3;
    const Bytes three = make_tiff(options);
    const Bytes first = expect_round_trip(ImageFormat::kTiff, one).picture.samples;
    const auto parsed = expect_round_trip(ImageFormat::kTiff, three);
    EXPECT_EQ(parsed.picture.height, 18u);
    EXPECT_TRUE(std::equal(first.begin(), first.end(), parsed.picture.samples.begin()));
  }
}

TEST(Tiff, PaddingOfTiles) {
  for (const TestPadding padding :
       {TestPadding::kZeros, TestPadding::kEdge, TestPadding::kStale, TestPadding::kNoise}) {
    for (const uint32_t bits : {4, 8, 16}) {
      TiffOptions options{.width = 37, .height = 21, .bits = bits, .compression = 5};
      options.tile = 32;
      options.padding = padding;
      const auto parsed = expect_round_trip(ImageFormat::kTiff, make_tiff(options));
      EXPECT_EQ(parsed.picture.width, 37u);
      if (padding != TestPadding::kNoise) EXPECT_LE(parsed.side.size(), 260u) << int(padding);
    }
  }
}

TEST(Tiff, StripsInAnyOrder) {
  TiffOptions options{.width = 20, .height = 9, .compression = 5};
  options.backwards = true;
  const auto parsed = expect_round_trip(ImageFormat::kTiff, make_tiff(options));
  options.backwards = false;
  EXPECT_EQ(parsed.picture.samples, expect_round_trip(ImageFormat::kTiff, make_tiff(options)).picture.samples);
}

TEST(Tiff, ChoicesOfAllStripsAreOneCode) {
  TiffOptions options{.width = 60, .height = 40, .rows_per_strip = 4, .compression = 8};
  options.random_encoder = true;
  for (const bool backwards : {false, true}) {
    for (const uint32_t pages : {1, 3}) {
      for (const uint32_t tile : {0, 16}) {
        options.backwards = backwards;
        options.pages = pages;
        options.tile = tile;
        const Bytes file = make_tiff(options);
        const auto parsed = expect_round_trip(ImageFormat::kTiff, file);
        EXPECT_EQ(parsed.picture.height, 40 * pages);
        if (pages == 1 && tile == 0) EXPECT_LE(parsed.side.size(), file.size() / 2);
      }
    }
  }
  options = {.width = 20, .height = 12, .samples = 1, .rows_per_strip = 4, .compression = 8};
  options.random_encoder = true;
  const Bytes small = make_tiff(options);
  expect_damage_is_harmless(ImageFormat::kTiff, small);
  expect_damaged_side_is_harmless(ImageFormat::kTiff, expect_round_trip(ImageFormat::kTiff, small), small.size());
}

TEST(Tiff, WhatIsRefused) {
  for (const TiffOptions& options :
       {TiffOptions{.width = 0}, TiffOptions{.samples = 5}, TiffOptions{.bits = 32}, TiffOptions{.compression = 7},
        TiffOptions{.compression = 5, .predictor = 3}, TiffOptions{.tile = 24},
        TiffOptions{.width = 1, .height = 1, .samples = 1, .tile = 1040}})
    EXPECT_FALSE(parse_image(ImageFormat::kTiff, make_tiff(options)).ok());
}

TEST(Tiff, DamageIsHarmless) {
  for (const uint32_t compression : {1, 5, 8, 32773}) {
    for (const uint32_t tile : {0, 16}) {
      TiffOptions options{.compression = compression, .big_endian = true, .gaps = true};
      options.tile = tile;
      options.planes = tile != 0 ? 2 : 1;
      options.pages = compression == 5 ? 2 : 1;
      const Bytes file = make_tiff(options);
      expect_damage_is_harmless(ImageFormat::kTiff, file);
      expect_damaged_side_is_harmless(ImageFormat::kTiff, expect_round_trip(ImageFormat::kTiff, file), file.size());
    }
  }
}

}  // namespace
}  // namespace lmc
