// GIF files made by encoders with several heuristics.
#include "lmc/media/image/gif/gif_file.h"

#include "lmc/media/image/lzw_test_support.h"
#include "lmc/media/image/media_test_support.h"

namespace lmc {
namespace {

struct GifOptions {
  uint16_t width = 7, height = 5;
  int min_code_bits = 2;
  bool interlaced = false, with_end = true;
  size_t clear_at = 4096, sub_block = 255, more = 0, trailing = 0;
  uint32_t frames = 1, narrower = 0;  // each frame by so many pixels than the one before
  uint32_t lazy = UINT32_MAX;         // the number of a frame whose encoder is not greedy
  bool alike = false;                 // frames show the same noise
};

// Extension, descriptor, codes; with colours of its own if it is not the first.
void append_frame(Bytes& file, const GifOptions& options, uint32_t number) {
  const uint16_t width = options.width - uint16_t(number * options.narrower), height = options.height;
  append_bytes(file, Bytes{0x21, 0xfe, 3, 'a', 'b', 'c', 0});
  append_bytes(file, Bytes{0x2c, uint8_t(number), 0, 0, 0});
  append_le(file, width);
  append_le(file, height);
  file.push_back(uint8_t((options.interlaced ? 0x40 : 0) | (number > 0 ? 0x80 : 0)));
  if (number > 0) append_bytes(file, random_bytes(6, 5));
  file.push_back(uint8_t(options.min_code_bits));
  Bytes pixels = random_bytes(size_t(width) * height, 3);
  for (size_t i = 0; i < pixels.size() && !options.alike; ++i)  // stripes of their own width, but for the first
    pixels[i] = uint8_t(number > 0 ? i % width / (1 + number) + number
                                   : (pixels[i] % 3 + i / 9) % (size_t(1) << options.min_code_bits));
  for (uint8_t& pixel : pixels) pixel &= (1 << options.min_code_bits) - 1;
  Bytes stream = encode_lzw(pixels, {.form = {.min_code_bits = options.min_code_bits},
                                     .clear_at = options.clear_at,
                                     .greedy = number != options.lazy,
                                     .with_end = options.with_end});
  append_bytes(stream, random_bytes(options.more, 1));
  for (size_t at = 0; at < stream.size(); at += options.sub_block) {
    const size_t size = std::min(options.sub_block, stream.size() - at);
    file.push_back(uint8_t(size));
    append_bytes(file, ByteSpan(stream).subspan(at, size));
  }
  file.push_back(0);
}

Bytes make_gif(const GifOptions& options) {
  Bytes file;
  append_bytes(file, as_bytes("GIF89a"));
  append_le(file, options.width);
  append_le(file, options.height);
  append_bytes(file, Bytes{0x80, 0, 0});
  append_bytes(file, random_bytes(6, 1));
  for (uint32_t number = 0; number < options.frames; ++number) append_frame(file, options, number);
  file.push_back(0x3b);
  append_bytes(file, random_bytes(options.trailing, 2));
  return file;
}

TEST(Gif, AllKinds) {
  for (int min_code_bits = 2; min_code_bits <= 8; ++min_code_bits) {
    for (const uint16_t size : {1, 2, 9, 40}) {
      const auto parsed = expect_round_trip(
          ImageFormat::kGif,
          make_gif({.width = size, .height = size, .min_code_bits = min_code_bits, .interlaced = size == 9}));
      EXPECT_TRUE(parsed.picture.indexed);
      EXPECT_EQ(parsed.picture.bits, min_code_bits);
      EXPECT_LE(parsed.side.size(), 52u);
    }
  }
  expect_round_trip(ImageFormat::kGif, make_gif({.sub_block = 3}));
  expect_round_trip(ImageFormat::kGif, make_gif({.with_end = false}));
  expect_round_trip(ImageFormat::kGif, make_gif({.more = 5, .trailing = 5}));
}

TEST(Gif, HeuristicsOfClearing) {
  for (const size_t clear_at : {0, 100, 4094, 4095, 4096}) {
    const Bytes file = make_gif({.width = 150, .height = 150, .min_code_bits = 8, .clear_at = clear_at});
    EXPECT_LE(expect_round_trip(ImageFormat::kGif, file).side.size(), 60u) << clear_at;
  }
}

TEST(Gif, InterlacedRowsLieWhereTheyBelong) {
  const Bytes whole = make_gif({.width = 1, .height = 9}),
              interlaced = make_gif({.width = 1, .height = 9, .interlaced = true});
  const Bytes a = expect_round_trip(ImageFormat::kGif, whole).picture.samples;
  const Bytes b = expect_round_trip(ImageFormat::kGif, interlaced).picture.samples;
  EXPECT_EQ(b, (Bytes{a[0], a[5], a[3], a[6], a[2], a[7], a[4], a[8], a[1]}));
}

TEST(Gif, Animations) {
  for (const uint32_t narrower : {0, 1, 7}) {
    const auto parsed = expect_round_trip(
        ImageFormat::kGif,
        make_gif({.width = 30, .height = 20, .interlaced = narrower == 1, .frames = 4, .narrower = narrower}));
    EXPECT_EQ(parsed.picture.width, 30u);
    EXPECT_EQ(parsed.picture.height, narrower == 7 ? 60u : 80u);  // 30, 23, 16 and 9 wide: the last two share a shelf
    EXPECT_LE(parsed.side.size(), 200u);
  }
}

TEST(Gif, FramesLikeTheOneBeforeShareCells) {
  for (const uint32_t frames : {2, 3, 4, 5}) {
    const auto parsed = expect_round_trip(
        ImageFormat::kGif, make_gif({.width = 90, .height = 60, .min_code_bits = 4, .frames = frames, .alike = true}));
    EXPECT_EQ(parsed.picture.channels, 3);
    EXPECT_EQ(parsed.picture.height, frames <= 3 ? 60u : 120u);
    const Bytes& samples = parsed.picture.samples;
    if (frames == 2) EXPECT_EQ(samples[3000 * 3 + 2], samples[3000 * 3]);  // the last channel is the frame before again
  }
}

TEST(Gif, FilesOfOtherPrograms) {
  EXPECT_EQ(expect_round_trip(ImageFormat::kGif, read_testdata("imagemagick-animation.gif")).picture.channels, 3);
  EXPECT_EQ(expect_round_trip(ImageFormat::kGif, read_testdata("gifsicle-small-frames.gif")).picture.channels, 1);
}

TEST(Gif, FramesOfLazyEncodersAreKeptAsTheyAre) {
  for (const uint32_t lazy : {0, 1}) {
    const auto parsed =
        expect_round_trip(ImageFormat::kGif, make_gif({.width = 50, .height = 70, .frames = 4, .lazy = lazy}));
    EXPECT_EQ(parsed.picture.height, 210u);
  }
}

TEST(Gif, LazyEncodersAreRefused) {
  Bytes pixels = random_bytes(20000, 1);
  for (uint8_t& pixel : pixels) pixel &= 3;
  const LzwForm form{.min_code_bits = 2};
  EXPECT_FALSE(
      parse_lzw(encode_lzw(pixels, {.form = form, .clear_at = 4096, .greedy = false}), form, {}, pixels.size()).ok());
}

TEST(Gif, WhatIsRefused) {
  EXPECT_FALSE(parse_image(ImageFormat::kGif, make_gif({.trailing = 200})).ok());  // mostly something else
  EXPECT_FALSE(parse_image(ImageFormat::kGif, make_gif({.width = 0})).ok());
  const LzwForm form{.min_code_bits = 2};
  EXPECT_FALSE(parse_lzw(encode_lzw(Bytes(10, 1), {.form = form}), form, {}, 9).ok());
  EXPECT_FALSE(parse_lzw(encode_lzw(Bytes(10, 1), {.form = form}), form, {}, 11).ok());
}

TEST(Gif, DamageIsHarmless) {
  for (const GifOptions& options :
       {GifOptions{.clear_at = 20, .more = 2, .trailing = 2}, GifOptions{.interlaced = true, .sub_block = 4},
        GifOptions{.frames = 2, .narrower = 2}, GifOptions{.min_code_bits = 3, .frames = 4, .alike = true}}) {
    const Bytes file = make_gif(options);
    expect_damage_is_harmless(ImageFormat::kGif, file);
    expect_damaged_side_is_harmless(ImageFormat::kGif, expect_round_trip(ImageFormat::kGif, file), file.size());
  }
}

}  // namespace
}  // namespace lmc
