// GIF files made by encoders with several habits.
#include "lmc/media/gif_file.h"

#include "lmc/media/bit_string.h"
#include "lmc/media/gif_lzw.h"
#include "lmc/media/media_test_support.h"

namespace lmc {
namespace {

// A slow encoder: strings as such. clear_at: entries at which it clears; 0: never. greedy: or only pairs of pixels.
Bytes encode_lzw(ByteSpan pixels, int min_code_bits, size_t clear_at, bool greedy = true, bool with_end = true) {
  const size_t clear = size_t(1) << min_code_bits;
  std::vector<Bytes> strings;
  BitWriter bits;
  int code_bits = min_code_bits + 1;
  size_t known = 0, codes = 0;  // known: to the decoder
  const auto reset = [&] {
    bits.write(uint32_t(clear), code_bits);
    strings.assign(clear + 2, {});
    for (size_t i = 0; i < clear; ++i) strings[i] = {uint8_t(i)};
    code_bits = min_code_bits + 1;
    known = clear + 2;
    codes = 0;
  };
  reset();
  for (size_t at = 0; at < pixels.size();) {
    if (codes > 0 && known == clear_at) reset();
    size_t best = pixels[at], length = 1;
    for (size_t code = clear + 2; code < strings.size(); ++code) {
      const Bytes& string = strings[code];
      if (string.size() <= length || string.size() > pixels.size() - at || (!greedy && string.size() > 2)) continue;
      if (!std::equal(string.begin(), string.end(), pixels.begin() + ptrdiff_t(at))) continue;
      best = code;
      length = string.size();
    }
    bits.write(uint32_t(best), code_bits);
    at += length;
    if (codes++ > 0 && known < 4096 && ++known == size_t(1) << code_bits && code_bits < 12) ++code_bits;
    if (at < pixels.size() && strings.size() < 4096) {
      Bytes longer(pixels.begin() + ptrdiff_t(at - length), pixels.begin() + ptrdiff_t(at + 1));
      strings.push_back(std::move(longer));
    }
  }
  if (with_end) bits.write(uint32_t(clear + 1), code_bits);
  return std::move(bits).finish();
}

struct GifOptions {
  uint16_t width = 7, height = 5;
  int min_code_bits = 2;
  bool interlaced = false, with_end = true;
  size_t clear_at = 4096, sub_block = 255, more = 0, trailing = 0;
};

Bytes make_gif(const GifOptions& options) {
  Bytes file;
  append_bytes(file, as_bytes("GIF89a"));
  append_le(file, options.width);
  append_le(file, options.height);
  append_bytes(file, Bytes{0x80, 0, 0});
  append_bytes(file, random_bytes(6, 1));
  append_bytes(file, Bytes{0x21, 0xfe, 3, 'a', 'b', 'c', 0});
  append_bytes(file, Bytes{0x2c, 0, 0, 0, 0});
  append_le(file, options.width);
  append_le(file, options.height);
  file.push_back(options.interlaced ? 0x40 : 0);
  file.push_back(uint8_t(options.min_code_bits));
  Bytes pixels = random_bytes(size_t(options.width) * options.height, 3);
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = uint8_t((pixels[i] % 3 + i / 9) % (size_t(1) << options.min_code_bits));
  Bytes stream = encode_lzw(pixels, options.min_code_bits, options.clear_at, true, options.with_end);
  append_bytes(stream, random_bytes(options.more, 1));
  for (size_t at = 0; at < stream.size(); at += options.sub_block) {
    const size_t size = std::min(options.sub_block, stream.size() - at);
    file.push_back(uint8_t(size));
    append_bytes(file, ByteSpan(stream).subspan(at, size));
  }
  append_bytes(file, Bytes{0, 0x3b});
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

TEST(Gif, HabitsOfClearing) {
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

TEST(Gif, LazyEncodersAreRefused) {
  Bytes pixels = random_bytes(20000, 1);
  for (uint8_t& pixel : pixels) pixel &= 3;
  EXPECT_FALSE(parse_gif_lzw(encode_lzw(pixels, 2, 4096, false), 2, pixels.size()).ok());
}

TEST(Gif, WhatIsRefused) {
  EXPECT_FALSE(parse_image(ImageFormat::kGif, make_gif({.trailing = 200})).ok());  // mostly something else
  EXPECT_FALSE(parse_image(ImageFormat::kGif, make_gif({.width = 0})).ok());
  EXPECT_FALSE(parse_gif_lzw(encode_lzw(Bytes(10, 1), 2, 0), 2, 9).ok());
  EXPECT_FALSE(parse_gif_lzw(encode_lzw(Bytes(10, 1), 2, 0), 2, 11).ok());
}

TEST(Gif, DamageIsHarmless) {
  for (const GifOptions& options :
       {GifOptions{.clear_at = 20, .more = 2, .trailing = 2}, GifOptions{.interlaced = true, .sub_block = 4}}) {
    const Bytes file = make_gif(options);
    expect_damage_is_harmless(ImageFormat::kGif, file);
    expect_damaged_side_is_harmless(ImageFormat::kGif, expect_round_trip(ImageFormat::kGif, file), file.size());
  }
}

}  // namespace
}  // namespace lmc
