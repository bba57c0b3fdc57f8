// PNG files of all kinds, made here with zlib, so that every choice an encoder has is covered.
#include "lmc/media/image/png/png_file.h"

#include "lmc/media/deflate/zlib_test_support.h"
#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/image/png/png_rows.h"

namespace lmc {
namespace {

struct PngOptions {
  uint32_t width = 5, height = 4;
  uint8_t colour = 2, bits = 8;
  bool interlaced = false;
  int filter = -1;     // -1: at random for each row
  uint8_t unused = 0;  // what fills rows up
  size_t idat_bytes = 8192;
  size_t more_data = 0, more_stream = 0, trailing = 0;
  bool extra_chunks = false;
  ZlibSettings zlib = {};
};

size_t channels_of(uint8_t colour) { return colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1; }

// Filtered rows of waves: the filters are what they are, whatever rows they give.
Bytes make_rows(const PngOptions& options) {
  static constexpr uint32_t kPasses[][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                            {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  static constexpr uint32_t kWhole[][4] = {{0, 0, 1, 1}};
  Bytes rows;
  for (const auto& [x, y, dx, dy] :
       options.interlaced ? std::span<const uint32_t[4]>(kPasses) : std::span<const uint32_t[4]>(kWhole)) {
    if (x >= options.width || y >= options.height) continue;
    const size_t bits = size_t((options.width - x + dx - 1) / dx) * channels_of(options.colour) * options.bits;
    for (uint32_t row = 0; row < (options.height - y + dy - 1) / dy; ++row) {
      rows.push_back(uint8_t(options.filter >= 0 ? options.filter : int(row * 7 % 5)));
      append_bytes(rows, wavy_bytes((bits + 7) / 8, row + 1));
      if (bits % 8 != 0) rows.back() = uint8_t((rows.back() & (0xff00 >> bits % 8)) | options.unused >> bits % 8);
    }
  }
  return rows;
}

Bytes make_png(const PngOptions& options) {
  Bytes file, header;
  append_bytes(file, as_bytes(kPngSignature));
  append_be32(header, options.width);
  append_be32(header, options.height);
  append_bytes(header, Bytes{options.bits, options.colour, 0, 0, options.interlaced});
  write_png_chunk(file, "IHDR", header);
  if (options.colour == 3) write_png_chunk(file, "PLTE", random_bytes(3 << options.bits, 1));
  if (options.extra_chunks) write_png_chunk(file, "tEXt", as_bytes("Title a picture"));
  Bytes data = make_rows(options);
  append_bytes(data, random_bytes(options.more_data, 4));
  Bytes stream = zlib_stream(data, options.zlib);
  append_bytes(stream, random_bytes(options.more_stream, 5));
  for (size_t at = 0; at < stream.size(); at += options.idat_bytes)
    write_png_chunk(file, "IDAT", ByteSpan(stream).subspan(at, std::min(options.idat_bytes, stream.size() - at)));
  if (options.extra_chunks) write_png_chunk(file, "tIME", random_bytes(7, 1));
  write_png_chunk(file, "IEND", {});
  append_bytes(file, random_bytes(options.trailing, 6));
  return file;
}

TEST(Png, AllColoursBitsAndSizes) {
  static constexpr std::pair<uint8_t, uint8_t> kKinds[] = {{0, 1}, {0, 2},  {0, 4},  {0, 8}, {0, 16},
                                                           {2, 8}, {2, 16}, {3, 1},  {3, 2}, {3, 4},
                                                           {3, 8}, {4, 8},  {4, 16}, {6, 8}, {6, 16}};
  for (const auto& [colour, bits] : kKinds) {
    for (const uint32_t width : {1, 2, 5, 8, 33}) {
      for (const uint32_t height : {1, 2, 9}) {
        for (const bool interlaced : {false, true}) {
          const Bytes file =
              make_png({.width = width, .height = height, .colour = colour, .bits = bits, .interlaced = interlaced});
          const Picture picture = expect_round_trip(ImageFormat::kPng, file).picture;
          EXPECT_EQ(picture.width, width);
          EXPECT_EQ(picture.height, height);
          EXPECT_EQ(picture.bits, bits);
          EXPECT_EQ(picture.channels, int(channels_of(colour)));
          EXPECT_EQ(picture.indexed, colour == 3);
        }
      }
    }
  }
}

TEST(Png, SamplesAreThoseOfTheFile) {
  const auto eight =
      expect_round_trip(ImageFormat::kPng, make_png({.width = 4, .height = 1, .colour = 0, .filter = 0}));
  EXPECT_EQ(eight.picture.samples, wavy_bytes(4, 1));
  const auto sixteen =
      expect_round_trip(ImageFormat::kPng, make_png({.width = 1, .height = 1, .colour = 0, .bits = 16, .filter = 0}));
  EXPECT_EQ(sixteen.picture.samples, (Bytes{wavy_bytes(2, 1)[1], wavy_bytes(2, 1)[0]}));
  const auto two =
      expect_round_trip(ImageFormat::kPng, make_png({.width = 3, .height = 1, .colour = 0, .bits = 2, .filter = 0}));
  const uint8_t byte = wavy_bytes(1, 1)[0];
  EXPECT_EQ(two.picture.samples, (Bytes{uint8_t(byte >> 6), uint8_t(byte >> 4 & 3), uint8_t(byte >> 2 & 3)}));
}

TEST(Png, InterlacedPixelsLieWhereTheyBelong) {
  // The same picture both ways: made by rebuilding the one with the reconstruction data of the other's filters.
  const auto plain = expect_round_trip(ImageFormat::kPng, make_png({.width = 11, .height = 13, .interlaced = true}));
  Picture picture = plain.picture;
  for (size_t i = 0; i < picture.samples.size(); ++i) picture.samples[i] = uint8_t(i * 5);
  const Bytes no_filters = {0, 0};
  ByteReader side(no_filters);
  const auto rows = filter_png(side, true, picture);
  ASSERT_TRUE(rows.ok());
  // The first pass: (0, 0), (8, 0), (0, 8), (8, 8); each row after a filter byte.
  const auto sample = [&](size_t x, size_t y) { return picture.samples[(y * 11 + x) * 3]; };
  EXPECT_EQ((*rows)[1], sample(0, 0));
  EXPECT_EQ((*rows)[4], sample(8, 0));
  EXPECT_EQ((*rows)[8], sample(0, 8));
  EXPECT_EQ((*rows)[11], sample(8, 8));
  EXPECT_EQ((*rows)[15], sample(4, 0));  // the second pass
}

TEST(Png, AllThatIsUnusual) {
  const auto side_bytes = [](const PngOptions& options) {
    return expect_round_trip(ImageFormat::kPng, make_png(options)).side.size();
  };
  const size_t usual = side_bytes({.filter = 1});
  EXPECT_LE(usual, 12u);
  EXPECT_LE(side_bytes({.width = 100, .height = 100, .filter = 4}), 16u);
  EXPECT_LE(side_bytes({.width = 300, .height = 300, .filter = 2, .idat_bytes = 100}), 17u);
  side_bytes({.colour = 3, .bits = 4, .unused = 0x5a});
  side_bytes({.width = 9, .height = 30, .colour = 0, .bits = 1, .interlaced = true, .unused = 0xff});
  side_bytes({.idat_bytes = 1});
  side_bytes({.more_data = 10});
  side_bytes({.more_stream = 10});
  side_bytes({.trailing = 10});
  side_bytes({.more_data = 3, .more_stream = 4, .trailing = 5, .extra_chunks = true});
}

constexpr size_t kIdatAt = 8 + 25;  // without other chunks

TEST(Png, EmptyIdatChunks) {
  Bytes file = make_png({});
  Bytes empty;
  write_png_chunk(empty, "IDAT", {});
  file.insert(file.begin() + kIdatAt, empty.begin(), empty.end());
  expect_round_trip(ImageFormat::kPng, file);
  file.insert(file.end() - 12, empty.begin(), empty.end());
  expect_round_trip(ImageFormat::kPng, file);
}

TEST(Png, WhatIsRefused) {
  const auto refused = [](Bytes file) {
    const auto parsed = parse_image(ImageFormat::kPng, file);
    EXPECT_FALSE(parsed.ok());
    if (!parsed.ok()) EXPECT_EQ(parsed.error().family, ErrorFamily::kBadInput) << parsed.error().message;
  };
  refused({});
  refused(make_png({.colour = 1}));
  refused(make_png({.colour = 2, .bits = 4}));
  refused(make_png({.colour = 3, .bits = 16}));
  refused(make_png({.bits = 3}));
  refused(make_png({.width = 0}));
  refused(make_png({.filter = 5}));
  Bytes file = make_png({});
  file.resize(kIdatAt + 9);  // hardly anything of the stream
  refused(file);
}

size_t side_bytes_of(ByteSpan file) { return expect_round_trip(ImageFormat::kPng, file).side.size(); }

TEST(Png, DamageIsNoted) {
  const PngOptions options{.width = 100, .height = 100, .idat_bytes = 500};
  const Bytes file = make_png(options);
  const size_t usual = side_bytes_of(file);
  for (const size_t crc_at : {kIdatAt - 1, kIdatAt + 8 + 500, file.size() - 1}) {
    Bytes damaged = file;
    damaged[crc_at] ^= 1;
    EXPECT_LE(side_bytes_of(damaged), usual + 6);
  }
  Bytes no_end(file.begin(), file.end() - 12);
  EXPECT_LE(side_bytes_of(no_end), usual + 1);
  append_bytes(no_end, random_bytes(30, 1));
  EXPECT_LE(side_bytes_of(no_end), usual + 31);
  Bytes apart = file, text;
  write_png_chunk(text, "tEXt", as_bytes("between"));
  for (const size_t at : {kIdatAt + 2 * 512, kIdatAt + 512}) {
    apart.insert(apart.begin() + ptrdiff_t(at), text.begin(), text.end());
    append_bytes(text, Bytes(text));  // two chunks in the other place
  }
  EXPECT_LE(side_bytes_of(apart), usual + 3 * 19 + 10);
}

TEST(Png, ChecksumOfTheStream) {
  const Bytes file = make_png({.idat_bytes = 100000});
  Bytes wrong = file;
  wrong[wrong.size() - 12 - 5] ^= 1;  // before the CRC, which is wrong then
  EXPECT_LE(side_bytes_of(wrong), side_bytes_of(file) + 12);
}

TEST(Png, CutAnywhere) {
  for (const auto& [level, interlaced] : {std::pair(6, false), std::pair(6, true), std::pair(0, false)}) {
    const PngOptions options{
        .width = 60, .height = 60, .interlaced = interlaced, .idat_bytes = 700, .zlib = {.level = level}};
    const Bytes file = make_png(options);
    const size_t usual = side_bytes_of(file);
    for (size_t size = 200; size<file.size(); size += size> file.size() - 40 ? 1 : 13) {
      const auto parsed = expect_round_trip(ImageFormat::kPng, ByteSpan(file).first(size));
      EXPECT_LE(parsed.side.size(), usual + 200) << size;
      EXPECT_EQ(parsed.picture.width, 60u);
      if (!interlaced && level == 0)
        EXPECT_NEAR(double(parsed.picture.height), std::min(60.0, double(size) / 181), 2) << size;
    }
  }
}

TEST(Png, RowsThatAreMissingOrWrong) {
  const PngOptions options{.width = 50, .height = 40};
  const Bytes rows = make_rows(options);
  const auto with = [&](ByteSpan data) {
    Bytes file = make_png({.width = 50, .height = 40, .more_data = 0});
    file.resize(kIdatAt);
    write_png_chunk(file, "IDAT", zlib_stream(Bytes(data.begin(), data.end()), {}));
    write_png_chunk(file, "IEND", {});
    return file;
  };
  for (const size_t bytes : {size_t(1), size_t(151), size_t(152), size_t(3000), rows.size() - 1}) {
    const auto parsed = expect_round_trip(ImageFormat::kPng, with(ByteSpan(rows).first(bytes)));
    EXPECT_EQ(parsed.picture.height, (bytes + 150) / 151);
    EXPECT_LE(parsed.side.size(), 60u);
  }
  Bytes wrong = rows;
  wrong[30 * 151] = 77;  // no filter
  const auto parsed = expect_round_trip(ImageFormat::kPng, with(wrong));
  EXPECT_EQ(parsed.picture.height, 30u);
}

// What a frame of an animation is like.
struct FrameOptions {
  uint32_t x = 0, y = 0, width = 0, height = 0;
  size_t chunk_bytes = 1000;
  uint32_t change = 0;  // of the last pixel
};

Bytes make_apng(const PngOptions& options, const std::vector<FrameOptions>& frames) {
  Bytes file = make_png(options);
  file.resize(file.size() - 12);
  uint32_t serial = 0;
  for (const FrameOptions& frame : frames) {
    Bytes control;
    for (const uint32_t value : {serial++, frame.width, frame.height, frame.x, frame.y}) append_be32(control, value);
    append_bytes(control, Bytes{0, 1, 0, 10, 0, 0});
    write_png_chunk(file, "fcTL", control);
    PngOptions of_frame = options;
    of_frame.width = frame.width;
    of_frame.height = frame.height;
    Bytes rows = make_rows(of_frame);
    if (frame.change != 0) rows.back() ^= uint8_t(frame.change << 4);
    const Bytes stream = zlib_stream(rows, {});
    for (size_t at = 0; at < stream.size(); at += frame.chunk_bytes) {
      Bytes data;
      append_be32(data, serial++);
      append_bytes(data, ByteSpan(stream).subspan(at, std::min(frame.chunk_bytes, stream.size() - at)));
      write_png_chunk(file, "fdAT", data);
    }
  }
  write_png_chunk(file, "IEND", {});
  return file;
}

TEST(Png, Animations) {
  for (const auto& [colour, bits] : {std::pair(2, 8), std::pair(6, 16), std::pair(3, 4), std::pair(0, 1)}) {
    for (const bool interlaced : {false, true}) {
      const PngOptions options{
          .width = 40, .height = 30, .colour = uint8_t(colour), .bits = uint8_t(bits), .interlaced = interlaced};
      const Bytes file = make_apng(options, {{0, 0, 40, 30}, {0, 0, 40, 30, 70, 5}, {8, 3, 17, 20}, {39, 29, 1, 1, 3}});
      const auto parsed = expect_round_trip(ImageFormat::kPng, file);
      EXPECT_EQ(parsed.picture.width, 40u);
      EXPECT_EQ(parsed.picture.height, 3u * 30 + 20);  // the two small ones side by side
      EXPECT_LE(parsed.side.size(), 520u);
      // A frame that is as the picture before it has no changes.
      const size_t frame_bytes = 40 * 30 * size_t(parsed.picture.channels) * parsed.picture.sample_bytes();
      const ByteSpan second = ByteSpan(parsed.picture.samples).subspan(frame_bytes, frame_bytes);
      EXPECT_TRUE(std::all_of(second.begin(), second.end(), [](uint8_t sample) { return sample == 0; }));
    }
  }
}

TEST(Png, OddAnimations) {
  const PngOptions options{.width = 40, .height = 30};
  const auto height = [](const Bytes& file) { return expect_round_trip(ImageFormat::kPng, file).picture.height; };
  EXPECT_EQ(height(make_apng(options, {{0, 0, 40, 30}})), 60u);
  EXPECT_EQ(height(make_apng(options, {{1, 0, 40, 30}})), 30u);  // outside the canvas
  EXPECT_EQ(height(make_apng(options, {{0, 0, 40, 0}})), 30u);   // without rows
  EXPECT_EQ(height(make_apng(options, {{0, 0, 40, 30, 50}})), 60u);
  Bytes file = make_apng(options, {{0, 0, 40, 30, 50}});
  file[file.size() - 12 - 1] ^= 1;  // a CRC
  EXPECT_EQ(height(file), 60u);
  file[file.size() - 12 - 5] ^= 1;  // the stream's checksum
  EXPECT_EQ(height(file), 30u);
}

TEST(Png, AHeaderThatPromisesTooMuchAllocatesNothing) {
  for (const auto& [width, height] :
       {std::pair(1u << 31, 1u << 31), std::pair(0xffffffffu, 1u), std::pair(1u << 15, 1u << 15)}) {
    Bytes header, file = make_png({});
    append_be32(header, width);
    append_be32(header, height);
    append_bytes(header, Bytes{8, 0, 0, 0, 0});
    Bytes chunk;
    write_png_chunk(chunk, "IHDR", header);
    std::copy(chunk.begin(), chunk.end(), file.begin() + 8);
    EXPECT_FALSE(parse_image(ImageFormat::kPng, file).ok());
  }
}

TEST(Png, DamageIsHarmless) {
  for (const PngOptions& options :
       {PngOptions{.idat_bytes = 30, .more_data = 2, .more_stream = 2, .trailing = 2, .extra_chunks = true},
        PngOptions{.colour = 3, .bits = 2, .interlaced = true, .unused = 0xff}}) {
    const Bytes file = make_png(options);
    expect_damage_is_harmless(ImageFormat::kPng, file);
    expect_damaged_side_is_harmless(ImageFormat::kPng, expect_round_trip(ImageFormat::kPng, file), file.size());
  }
  Bytes file = make_apng({.colour = 0}, {{0, 0, 5, 4, 20, 3}, {1, 1, 2, 2}});
  expect_damage_is_harmless(ImageFormat::kPng, file);
  expect_damaged_side_is_harmless(ImageFormat::kPng, expect_round_trip(ImageFormat::kPng, file), file.size());
  Bytes text;
  write_png_chunk(text, "tEXt", as_bytes("between"));
  file = make_png({.idat_bytes = 30});
  file.insert(file.begin() + kIdatAt + 42, text.begin(), text.end());
  file[kIdatAt + 41] ^= 1;
  file.resize(file.size() - 15);
  expect_damaged_side_is_harmless(ImageFormat::kPng, expect_round_trip(ImageFormat::kPng, file), file.size());
}

TEST(Png, CorrectionsBehindTheLastRowAreErrors) {
  const Picture picture{.width = 5, .height = 3, .channels = 1, .bits = 1, .samples = Bytes(15)};
  const auto makes = [&](const Bytes& side) {
    ByteReader reader(side);
    return filter_png(reader, false, picture).ok();
  };
  EXPECT_TRUE(makes({0, 1, 2, 1, 0}));         // rule, filters: the third row; no bits that fill rows
  EXPECT_FALSE(makes({0, 1, 3, 1, 0}));        // a fourth row
  EXPECT_TRUE(makes({0, 0, 1, 2, 7}));         // bits that fill the third row
  EXPECT_FALSE(makes({0, 0, 1, 3, 7}));        // a fourth
  EXPECT_FALSE(makes({0, 0, 1, 2, 8}));        // a bit that is a sample
  EXPECT_FALSE(makes({0, 0, 2, 2, 7, 0, 7}));  // one more
}

TEST(Png, Crc) { EXPECT_EQ(png_crc(as_bytes("123456789")), 0xCBF43926u); }

}  // namespace
}  // namespace lmc
