#include "lmc/coefficients/decoded/decoded_picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lmc/coefficients/decoded/dct_search.h"
#include "lmc/coefficients/decoded/inverse_dct.h"
#include "lmc/media/jpeg/jpeg_steps.h"
#include "lmc/media/jpeg/testdata/plain_side_bytes.h"

namespace lmc {
namespace {

constexpr ChromaGrid kFull{}, kSmooth{.half_x = true, .half_y = true, .smooth = true};
constexpr ChromaGrid kGrids[] = {kFull,
                                 kSmooth,
                                 {.half_x = true, .half_y = true},
                                 {.half_x = true, .smooth = true},
                                 {.half_y = true, .smooth = true},
                                 {.half_x = true}};

// A decoder's samples of random coefficients: slopes and some waves, the means around `mean`; at the lower and right
// edge, which may be cut, the means alone.
TileSamples decoded(const TileShape& shape, const ChromaGrid& grid, int quality, int mean, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int bound) { return int(random() % unsigned(bound)); };
  DecodedPicture picture;
  picture.grid = grid;
  picture.lay_out(shape);
  for (size_t which = 0; which < picture.coefficients.size(); ++which) {
    auto& component = picture.frame.components[which];
    component.quantisation = standard_steps(which > 0, quality);
    for (size_t block = 0; block < picture.coefficients[which].size() / 64; ++block) {
      int16_t* c = picture.coefficients[which].data() + block * 64;
      const int level =
          which > 0 ? below(80) + int(block % component.blocks_across) * 8 - 60 : 8 * (mean - 128) + below(300) - 150;
      c[0] = int16_t(level / component.quantisation[0]);
      const bool last =
          (block + 1) % component.blocks_across == 0 || block / component.blocks_across + 1 == component.blocks_down;
      for (int wave = 0; wave < (which > 0 ? 4 : 8) && !last; ++wave) {
        const size_t place = size_t(below(which > 0 ? 3 : 5) * 8 + below(which > 0 ? 3 : 5));
        if (place > 0) c[place] = int16_t((below(81) - 40) / component.quantisation[place]);
      }
    }
  }
  return picture.samples(shape);
}

Bytes coded(const DecodedPicture& picture, const TileShape& shape) {
  return *encode_decoded_picture(picture, shape, {.isa = best_isa()}, side_as_is);
}

TEST(InverseDct, OfTheMeanAlone) {
  std::array<int16_t, 64> c{};
  const DctSteps steps = standard_steps(false, 50);
  std::array<int, 64> samples;
  for (const auto& [mean, sample] : {std::pair{0, 128}, {1, 130}, {-1, 126}, {40, 208}, {-2048, -3968}}) {
    c[0] = int16_t(mean);
    inverse_dct(c.data(), steps, samples);
    for (int each : samples) EXPECT_EQ(each, sample);
  }
}

// Both passes by hand: 8 * 11363 = 90904 -> 44 of the first column's first sample, 44 * 8192 -> 1, and so on.
TEST(InverseDct, RoundsAfterEachPass) {
  std::array<int16_t, 64> c{};
  DctSteps steps;
  steps.fill(1);
  c[8] = 8;  // one vertical wave
  std::array<int, 64> samples;
  inverse_dct(c.data(), steps, samples);
  for (size_t i = 0; i < 64; ++i) {
    const std::array<int, 8> expected{129, 129, 129, 128, 128, 127, 127, 127};
    EXPECT_EQ(samples[i], expected[i / 8]) << i;
  }
}

TEST(InverseDct, IsNearTheRealOne) {
  std::mt19937 random(1);
  const DctSteps steps = standard_steps(true, 80);
  for (int run = 0; run < 200; ++run) {
    std::array<int16_t, 64> c;
    std::array<double, 64> real, exact;
    for (size_t i = 0; i < 64; ++i) {
      c[i] = int16_t(int(random() % 9) - 4);
      real[i] = c[i] * steps[i];
    }
    inverse_dct(real.data(), exact.data());
    std::array<int, 64> samples;
    inverse_dct(c.data(), steps, samples);
    for (size_t i = 0; i < 64; ++i) EXPECT_NEAR(samples[i], exact[i] + 128, 0.6);
    forward_dct(exact.data(), exact.data());
    for (size_t i = 0; i < 64; ++i) EXPECT_NEAR(exact[i], real[i], 1e-9);
  }
}

TEST(JpegSteps, ComeBack) {
  EXPECT_EQ(standard_steps(false, 50)[1], 11);
  EXPECT_EQ(standard_steps(true, 75)[63], 50);
  DctSteps listed;
  for (size_t i = 0; i < 64; ++i) listed[i] = uint16_t(1 + 1040 * i);
  for (const DctSteps& steps : {standard_steps(false, 1), standard_steps(true, 100), standard_steps(true, 33), listed})
    for (const DctSteps* before :
         {static_cast<const DctSteps*>(nullptr), &steps, static_cast<const DctSteps*>(&listed)}) {
      Bytes bytes;
      append_steps(bytes, steps, before);
      ByteReader reader(bytes);
      const auto back = read_steps(reader, before);
      ASSERT_TRUE(back.ok());
      EXPECT_EQ(*back, steps);
      EXPECT_EQ(reader.remaining(), 0u);
    }
  for (const Bytes& wrong : {Bytes{}, Bytes{1}, Bytes{2, 0}, Bytes{3, 101}, Bytes{4}, Bytes(65, 0), Bytes{0, 1}}) {
    ByteReader reader(wrong);
    EXPECT_FALSE(read_steps(reader, nullptr).ok());
  }
}

TEST(DecodedPicture, IsFoundOnEveryGrid) {
  for (const ChromaGrid& grid : kGrids)
    for (const auto& [width, height] : {std::pair{96, 80}, {91, 73}}) {
      const TileShape shape{width, height, 3, 8};
      const TileSamples samples = decoded(shape, grid, 75, 128, 7);
      const auto found = DecodedPicture::find(shape, samples);
      ASSERT_TRUE(found) << int(grid.to_byte()) << " " << width;
      EXPECT_LE(found->exceptions.size(), size_t(width) * size_t(height) / 50) << int(grid.to_byte()) << " " << width;
      EXPECT_EQ(found->samples(shape), samples);
      for (int threads : {2, 5})
        EXPECT_EQ(coded(*DecodedPicture::find(shape, samples, threads), shape), coded(*found, shape));
      for (int threads : {1, 3}) {
        const auto back = decode_decoded_picture(coded(*found, shape), shape, {.threads = threads}, side_back);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(*back, samples);
      }
    }
}

TEST(DecodedPicture, GreyAndCutOffAndFineOnesComeBack) {
  for (const int mean : {128, 215, 40})
    for (const int quality : {50, 90, 96})
      for (const int channels : {1, 3}) {
        const TileShape shape{88, 72, channels, 8};
        const ChromaGrid grid = channels == 1 ? kFull : kSmooth;
        const TileSamples samples = decoded(shape, grid, quality, mean, unsigned(mean + quality));
        const auto found = DecodedPicture::find(shape, samples);
        if (!found && channels == 3 && (quality > 90 || mean != 128)) continue;
        ASSERT_TRUE(found) << mean << " " << quality << " " << channels;
        const auto back = decode_decoded_picture(coded(*found, shape), shape, {}, side_back);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(*back, samples);
        if (channels == 1 && mean == 128) EXPECT_TRUE(found->exceptions.empty()) << quality;
      }
}

TEST(DecodedPicture, WhatDoesNotFitIsListed) {
  const TileShape shape{96, 80, 3, 8};
  TileSamples samples = decoded(shape, kSmooth, 75, 128, 9);
  const auto before = DecodedPicture::find(shape, samples);
  ASSERT_TRUE(before);
  for (size_t i : {size_t(0), size_t(5000), samples.size() - 1}) samples[i] ^= 0x81;
  const auto found = DecodedPicture::find(shape, samples);
  ASSERT_TRUE(found);
  EXPECT_GE(found->exceptions.size(), 3u);
  EXPECT_EQ(*decode_decoded_picture(coded(*found, shape), shape, {}, side_back), samples);
}

TEST(DecodedPicture, OthersAreLeftAlone) {
  std::mt19937 random(3);
  for (const int channels : {1, 2, 3, 4}) {
    const TileShape shape{96, 80, channels, 8};
    TileSamples noise(size_t(96 * 80 * channels)), slope = noise;
    for (size_t i = 0; i < noise.size(); ++i) {
      noise[i] = uint16_t(random() % 256);
      slope[i] = uint16_t(60 + i / size_t(channels) % 96 + random() % 5);
    }
    EXPECT_FALSE(DecodedPicture::find(shape, noise));
    EXPECT_FALSE(DecodedPicture::find(shape, slope));
    EXPECT_FALSE(DecodedPicture::find(shape, TileSamples(noise.size(), 77)));
  }
  EXPECT_FALSE(DecodedPicture::find({1, 1, 1, 8}, {5}));
  EXPECT_FALSE(DecodedPicture::find({5, 3, 3, 8}, TileSamples(45, 200)));
  EXPECT_FALSE(DecodedPicture::find({96, 80, 1, 16}, TileSamples(96 * 80, 300)));
}

TEST(DecodedPicture, DamageIsAnErrorOrOtherSamples) {
  for (const int channels : {1, 3}) {
    const TileShape shape{40, 33, channels, 8};
    DecodedPicture picture;
    picture.grid = channels == 1 ? kFull : kSmooth;
    picture.lay_out(shape);
    for (auto& plane : picture.coefficients)
      for (size_t i = 0; i < plane.size(); i += 7) plane[i] = int16_t(i % 5);
    picture.exceptions = {{0, {1, 2, 3}}, {500, {4, 5, 6}}, {40 * 33 - 1, {7, 8, 9}}};
    const Bytes payload = coded(picture, shape);
    ASSERT_TRUE(decode_decoded_picture(payload, shape, {}, side_back).ok());
    const auto check = [&](const Bytes& bytes, const TileShape& as) {
      const auto back = decode_decoded_picture(bytes, as, {}, side_back);
      if (back.ok()) EXPECT_EQ(back->size(), size_t(as.width) * size_t(as.height) * size_t(as.channels));
    };
    for (size_t size = 0; size < payload.size(); size += size < 40 ? 1 : 17)
      check(Bytes(payload.begin(), payload.begin() + ptrdiff_t(size)), shape);
    for (size_t bit = 0; bit < 8 * payload.size(); ++bit) {
      if (bit > 8 * 30 && bit % 67 != 0) continue;
      Bytes flipped = payload;
      flipped[bit / 8] ^= uint8_t(1 << bit % 8);
      check(flipped, shape);
    }
    check(payload, {33, 40, channels, 8});
    EXPECT_FALSE(decode_decoded_picture(payload, {40, 33, 2, 8}, {}, side_back).ok());
    EXPECT_FALSE(decode_decoded_picture(payload, {1 << 30, 1 << 30, channels, 8}, {}, side_back).ok());
    for (const uint8_t grid : {8, 15, 32, 39, 64, 255}) {
      Bytes wrong = payload;
      wrong[1] = grid;
      EXPECT_FALSE(decode_decoded_picture(wrong, shape, {}, side_back).ok()) << int(grid);
    }
  }
}

}  // namespace
}  // namespace lmc
