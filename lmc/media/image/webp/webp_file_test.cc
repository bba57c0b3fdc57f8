// WebP files of the usual encoder at several settings (testdata, made with cwebp), and of one that chooses at random.
#include "lmc/media/image/webp/webp_file.h"

#include <filesystem>
#include <functional>
#include <random>

#include "lmc/media/image/media_test_support.h"
#include "lmc/media/image/webp/vp8l_codes.h"
#include "lmc/media/image/webp/vp8l_reader.h"
#include "lmc/media/image/webp/vp8l_side.h"
#include "lmc/media/image/webp/vp8l_transforms.h"
#include "lmc/media/image/webp/vp8l_writer.h"

namespace lmc {
namespace {

Bytes read_sample(const std::string& name) { return read_testdata(name + ".webp"); }

void append_chunk(Bytes& file, std::string_view type, ByteSpan data) {
  append_bytes(file, as_bytes(type));
  append_le(file, uint32_t(data.size()));
  append_bytes(file, data);
  if (data.size() % 2 == 1) file.push_back(0);
}

Bytes wrap(ByteSpan chunks) {
  Bytes file;
  append_bytes(file, as_bytes("RIFF"));
  append_le(file, uint32_t(4 + chunks.size()));
  append_bytes(file, as_bytes("WEBP"));
  append_bytes(file, chunks);
  return file;
}

// The chunk of a sample, without its header.
Bytes stream_of(const Bytes& file) { return Bytes(file.begin() + 20, file.end()); }

// An encoder that leaves everything to probability, within what the format allows.
class RandomEncoder {
 public:
  explicit RandomEncoder(uint32_t seed) : random_(seed) {}

  Bytes encode() {
    Vp8lStream stream;
    stream.width = 1 + below(40);
    stream.height = 1 + below(30);
    stream.says_alpha = below(2);
    uint32_t width = stream.width;
    for (const auto kind : shuffled_kinds()) {
      Vp8lTransform transform;
      transform.kind = kind;
      transform.width_before = width;
      if (kind == Vp8lTransformKind::kPalette) {
        const uint32_t colours = 1 + below(below(2) ? 256 : 18);
        fill(transform.image, colours, 1, 0xffffffff);
        width = vp8l_blocks(width, vp8l_bundle_bits(colours));
      } else if (kind != Vp8lTransformKind::kSubtractGreen) {
        transform.block_bits = 2 + int(below(4));
        fill(transform.image, vp8l_blocks(width, transform.block_bits),
             vp8l_blocks(stream.height, transform.block_bits), 0xffffffff);
      }
      stream.transforms.push_back(std::move(transform));
    }
    fill(stream.main, width, stream.height, below(2) ? 0x00070301 : 0xffffffff);
    if (below(2)) {
      stream.group_bits = 2 + int(below(3));
      const uint32_t columns = vp8l_blocks(width, stream.group_bits),
                     rows = vp8l_blocks(stream.height, stream.group_bits);
      const uint32_t groups = 1 + below(std::min(columns * rows, 5u));
      fill(stream.group_image.emplace(), columns, rows, 0, [&] { return below(groups) << 8 | below(9) / 8; });
    }
    make_codes(stream, stream.main, stream.group_image ? &*stream.group_image : nullptr);
    stream.padding = uint8_t(below(256));
    return *write_vp8l(stream, 1 << 20);
  }

 private:
  uint32_t below(uint32_t limit) { return uint32_t(random_() >> 3) % limit; }
  bool probability(uint32_t of) { return below(of) == 0; }

  std::vector<Vp8lTransformKind> shuffled_kinds() {
    std::vector<Vp8lTransformKind> kinds;
    for (uint8_t kind = 0; kind < 4; ++kind)
      if (below(2)) kinds.push_back(Vp8lTransformKind(kind));
    std::shuffle(kinds.begin(), kinds.end(), random_);
    return kinds;
  }

  void fill(Vp8lImage& image, uint32_t width, uint32_t height, Argb mask, std::function<Argb()> pixel = {}) {
    image.width = width;
    image.height = height;
    image.cache_bits = below(2) ? 1 + int(below(11)) : 0;
    std::vector<Argb> cache(image.cache_size());
    while (image.pixels.size() < image.size()) {
      const size_t at = image.pixels.size(), left = image.size() - at;
      const uint32_t length = 1 + below(uint32_t(std::min<size_t>(left, below(8) ? 9 : 4096)));
      const uint32_t code = 1 + below(below(2) ? 120 : 120 + uint32_t(at) + 1);
      const size_t distance = vp8l_distance(code, width);
      const Argb next = pixel ? pixel() : uint32_t(random_() * 31) & mask;
      if (probability(4) && distance <= at) {
        for (uint32_t i = 0; i < length; ++i) image.pixels.push_back(image.pixels[image.pixels.size() - distance]);
        image.tokens.push_back({length, code});
      } else {
        const bool cached = !cache.empty() && cache[vp8l_cache_slot(next, image.cache_bits)] == next && !probability(4);
        image.pixels.push_back(next);
        image.tokens.push_back({cached, 0});
      }
      for (size_t i = at; i < image.pixels.size() && !cache.empty(); ++i)
        cache[vp8l_cache_slot(image.pixels[i], image.cache_bits)] = image.pixels[i];
    }
    Vp8lStream none;
    if (!pixel || mask == 0) make_codes(none, image, nullptr);
  }

  void make_codes(const Vp8lStream& stream, Vp8lImage& image, const Vp8lImage* groups) {
    size_t count = 1;
    if (groups != nullptr)
      for (const Argb pixel : groups->pixels) count = std::max<size_t>(count, vp8l_group_of(pixel) + 1);
    image.groups.assign(count, {});
    auto counts = count_vp8l_symbols(image, groups, stream.group_bits, count);
    for (size_t i = 0; i < count; ++i)
      for (size_t k = 0; k < 5; ++k) image.groups[i][k] = make_code(std::move(counts[i][k]));
  }

  Vp8lCode make_code(std::vector<uint32_t> counts) {
    if (probability(3))
      for (uint32_t& symbol : counts) symbol += below(3);
    if (std::count(counts.begin(), counts.end(), 0u) == ptrdiff_t(counts.size())) counts[below(4)] = 1;
    Vp8lCode code;
    code.lengths = forecast_vp8l_lengths(counts, 15 - int(below(3)), below(2));
    code.length_encoding = forecast_vp8l_length_encoding(code.lengths);
    Vp8lLengthEncoding& length_encoding = code.length_encoding;
    if (length_encoding.is_simple) {
      if (length_encoding.symbols.size() == 2 && length_encoding.symbols[0] <= 1 && length_encoding.symbols[1] <= 1 &&
          below(2))
        std::swap(length_encoding.symbols[0], length_encoding.symbols[1]);
      if (below(2)) length_encoding.first_in_byte = true;
      return code;
    }
    if (probability(2)) {  // without repeats, or not all the way
      std::vector<Vp8lLengthStep> steps;
      for (const uint8_t length : code.lengths) steps.push_back({length, 0});
      length_encoding.steps = std::move(steps);
      length_encoding.count_bits = probability(2) ? 12 : 0;
      length_encoding.step_lengths = forecast_vp8l_step_lengths(length_encoding.steps);
      length_encoding.step_lengths_written = 19;
    }
    return code;
  }

  std::minstd_rand random_;
};

TEST(Webp, TheUsualEncoderIsForetold) {
  for (const char* name : {"photo-z0", "photo-z3", "photo-z6", "photo-z9", "palette-2", "palette-4", "palette-13",
                           "palette-120", "near-lossless", "one-pixel"}) {
    const Bytes file = read_sample(name);
    const auto parsed = expect_round_trip(ImageFormat::kWebp, file);
    EXPECT_EQ(parsed.picture.channels, 3);
    EXPECT_LE(parsed.side.size(), 32u) << name;
  }
  EXPECT_LE(expect_round_trip(ImageFormat::kWebp, read_sample("palette-13-z9")).side.size(), 100u);
  EXPECT_EQ(expect_round_trip(ImageFormat::kWebp, read_sample("alpha")).picture.channels, 4);
}

TEST(Webp, PixelsAreThoseOfThePicture) {
  const auto parsed = expect_round_trip(ImageFormat::kWebp, read_sample("one-pixel"));
  EXPECT_EQ(parsed.picture.samples, (Bytes{10, 200, 30}));
  // All settings are lossless: the same picture.
  const Bytes samples = expect_round_trip(ImageFormat::kWebp, read_sample("photo-z0")).picture.samples;
  for (const char* name : {"photo-z3", "photo-z6", "photo-z9"})
    EXPECT_EQ(expect_round_trip(ImageFormat::kWebp, read_sample(name)).picture.samples, samples);
  EXPECT_EQ(expect_round_trip(ImageFormat::kWebp, read_sample("palette-13")).picture.samples,
            expect_round_trip(ImageFormat::kWebp, read_sample("palette-13-z9")).picture.samples);
}

TEST(Webp, AnyEncoder) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    Bytes chunks;
    append_chunk(chunks, "VP8L", RandomEncoder(seed).encode());
    SCOPED_TRACE(seed);
    expect_round_trip(ImageFormat::kWebp, wrap(chunks));
  }
}

TEST(Webp, OtherChunksAreKept) {
  const Bytes stream = stream_of(read_sample("palette-4"));
  for (const bool sizes_are_right : {true, false}) {
    for (const size_t more : {0, 1, 5}) {
      for (const size_t trailing : {0, 3}) {
        Bytes chunks, chunk = stream;
        append_bytes(chunk, random_bytes(more, 1));
        append_chunk(chunks, "VP8X", random_bytes(10, 2));
        append_chunk(chunks, "ICCP", random_bytes(33, 3));
        append_chunk(chunks, "VP8L", chunk);
        append_chunk(chunks, "EXIF", random_bytes(21, 4));
        append_chunk(chunks, "what", random_bytes(4, 5));
        Bytes file = wrap(chunks);
        append_bytes(file, random_bytes(trailing, 6));
        if (!sizes_are_right) file[4] ^= 2;
        expect_round_trip(ImageFormat::kWebp, file);
      }
    }
  }
}

TEST(Webp, WhatIsRefused) {
  const auto why = [](ByteSpan file) {
    const auto parsed = parse_image(ImageFormat::kWebp, file);
    return parsed.ok() ? std::string() : parsed.error().message;
  };
  EXPECT_NE(why(read_sample("lossy")).find("lossy"), std::string::npos);
  Bytes chunks;
  append_chunk(chunks, "VP8X", random_bytes(10, 2));
  append_chunk(chunks, "ANIM", random_bytes(6, 2));
  EXPECT_NE(why(wrap(chunks)).find("animation"), std::string::npos);
  EXPECT_NE(why(wrap({})).find("header"), std::string::npos);
  Bytes large = read_sample("one-pixel");
  for (size_t i = 21; i < 25; ++i) large[i] = 0x0f;  // edges of many thousand pixels, in codes of no bits
  EXPECT_FALSE(why(large).empty());
}

TEST(Webp, DamageIsHarmless) {
  for (const char* name : {"palette-2", "one-pixel", "alpha"}) {
    const Bytes file = read_sample(name);
    if (file.size() < 100) expect_damage_is_harmless(ImageFormat::kWebp, file);
    expect_damaged_side_is_harmless(ImageFormat::kWebp, expect_round_trip(ImageFormat::kWebp, file), file.size());
  }
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    Bytes chunks;
    append_chunk(chunks, "VP8L", RandomEncoder(seed).encode());
    const Bytes file = wrap(chunks);
    if (file.size() < 300) expect_damage_is_harmless(ImageFormat::kWebp, file);
    const auto parsed = expect_round_trip(ImageFormat::kWebp, file);
    if (parsed.side.size() < 600) expect_damaged_side_is_harmless(ImageFormat::kWebp, parsed, file.size());
  }
}

TEST(Webp, TransformsAreInverses) {
  Vp8lTransform transform;
  transform.width_before = 23;
  const uint32_t height = 17;
  std::minstd_rand random(5);
  const auto any = [&] { return Argb(random() * 2654435761u); };
  std::vector<Argb> pixels(transform.width_before * height);
  for (Argb& pixel : pixels) pixel = any();
  for (const auto kind :
       {Vp8lTransformKind::kPredictor, Vp8lTransformKind::kColour, Vp8lTransformKind::kSubtractGreen}) {
    transform.kind = kind;
    transform.block_bits = 2;
    transform.image.width = vp8l_blocks(transform.width_before, 2);
    transform.image.height = vp8l_blocks(height, 2);
    transform.image.pixels.resize(transform.image.size());
    for (Argb& pixel : transform.image.pixels) pixel = any();
    const auto applied = apply_vp8l(transform, pixels, height);
    ASSERT_TRUE(applied.ok());
    EXPECT_NE(*applied, pixels);
    EXPECT_EQ(undo_vp8l(transform, *applied, height), pixels);
  }
}

TEST(Webp, PrefixesAndDistancesComeBack) {
  for (uint32_t value = 1; value <= kMaxVp8lDistanceCode; value += 1 + value / 200) {
    const Vp8lPrefix prefix = vp8l_prefix(value);
    EXPECT_EQ(vp8l_prefix_value(prefix.symbol, prefix.extra), value);
    EXPECT_EQ(vp8l_extra_bits(prefix.symbol), prefix.extra_bits);
  }
  EXPECT_EQ(vp8l_prefix(kMaxVp8lDistanceCode).symbol, kVp8lDistanceCodes - 1);
  EXPECT_EQ(vp8l_prefix(kMaxVp8lCopy).symbol, kVp8lLengthCodes - 1);
  for (const uint32_t width : {1, 2, 7, 16, 17, 100})
    for (uint32_t distance = 1; distance < 2000; ++distance)
      EXPECT_EQ(vp8l_distance(vp8l_distance_code(distance, width), width), distance) << width;
}

TEST(Webp, LengthsOfCodesAreLimited) {
  std::vector<uint32_t> fibonacci{1, 1};
  while (fibonacci.size() < 40) fibonacci.push_back(fibonacci.back() + fibonacci[fibonacci.size() - 2]);
  for (const int most_bits : {7, 15}) {
    std::vector<uint32_t> counts(fibonacci.begin(), fibonacci.begin() + (most_bits == 7 ? 19 : 40));
    for (const bool smooth : {false, true}) {
      const auto lengths = forecast_vp8l_lengths(counts, most_bits, smooth);
      EXPECT_TRUE(vp8l_lengths_are_complete(lengths, most_bits));
    }
  }
}

}  // namespace
}  // namespace lmc
