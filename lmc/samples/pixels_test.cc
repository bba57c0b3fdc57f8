#include <gtest/gtest.h>

#include <map>
#include <random>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/models/file/model_writer.h"
#include "lmc/numerics/isa_test_support.h"
#include "lmc/samples/gating.h"
#include "lmc/samples/image/luma_chroma.h"
#include "lmc/samples/image/tile.h"
#include "lmc/samples/image/tile_look.h"
#include "lmc/samples/image/used_values.h"
#include "lmc/samples/least_squares.h"
#include "lmc/samples/line_least_squares.h"
#include "lmc/samples/pixel_contexts.h"
#include "lmc/samples/residual_maps.h"
#include "lmc/samples/wide_least_squares.h"

namespace lmc {
namespace {

// A network of width 16 with random weights: predicts badly, but the same everywhere.
ModelFile random_model(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0.0f, 0.3f);
  ModelWriter writer("random", ModelKind::kPixels);
  const auto values = [&](size_t count) {
    std::vector<float> out(count);
    for (float& value : out) value = normal(random);
    return out;
  };
  for (int role = 0; role < kPlaneRoles; ++role) {
    const std::string prefix = std::to_string(role) + ".";
    const auto matrix = [&](const char* name, size_t rows, size_t columns) {
      writer.add_matrix(prefix + name, rows, columns, values(rows * columns));
    };
    matrix("w0", 16, kPixelInputs), matrix("w1", 16, 16), matrix("w2", 16, 16);
    matrix("wo", kPixelOutputs, 16), matrix("ws", kPixelOutputs, kPixelInputs);
    for (const char* name : {"b0", "b1", "b2"}) writer.add_f32(prefix + name, {16}, values(16));
    writer.add_f32(prefix + "bo", {kPixelOutputs}, values(kPixelOutputs));
  }
  return *ModelFile::from_bytes(*writer.finish());
}

const ModelFile& model() {
  static const ModelFile file = random_model(1);
  return file;
}

// Slopes, edges and noise, correlated between channels.
TileSamples picture(const TileShape& shape, uint64_t seed) {
  std::mt19937_64 random(seed);
  TileSamples out;
  const int peak = (1 << shape.bits) - 1;
  for (int y = 0; y < shape.height; ++y)
    for (int x = 0; x < shape.width; ++x) {
      const int base = (x * 3 + y * 2) * peak / 400 + ((x / 9 + y / 7) % 2) * peak / 3;
      for (int c = 0; c < shape.channels; ++c)
        out.push_back(uint16_t(std::clamp(base + c * peak / 20 + int(random() % 5) - 2, 0, peak)));
    }
  return out;
}

// Rectangles in a few colours, and a few single samples.
TileSamples drawing(const TileShape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  const unsigned top = (1u << shape.bits) - 1;
  TileSamples out(size_t(shape.width) * size_t(shape.height) * size_t(shape.channels), uint16_t(top));
  const auto below = [&](int n) { return int(random() % unsigned(n)); };
  for (int k = 0; k < 12; ++k) {
    const int left = below(shape.width), upper = below(shape.height);
    const int right = k < 8 ? left + below(shape.width - left) : left, lower = k < 8 ? upper + below(9) : upper;
    for (int c = 0; c < shape.channels; ++c) {
      const auto value = uint16_t(random() & top);
      for (int y = upper; y <= std::min(lower, shape.height - 1); ++y)
        for (int x = left; x <= right; ++x) out[size_t((y * shape.width + x) * shape.channels + c)] = value;
    }
  }
  return out;
}

TileResources resources(Isa isa, int threads) {
  static std::map<Isa, std::shared_ptr<const PixelNetwork>> networks;
  auto& network = networks[isa];
  if (!network) network = *PixelNetwork::load(model(), isa);
  return {.network = network.get(), .isa = isa, .threads = threads};
}

const TileEffort kEfforts[] = {
    {.contexts = 0, .mixing = false},
    {.contexts = 6},
    {.contexts = 3, .light = true},
    {.contexts = 3, .light = true, .gating = true},
    {.contexts = 2, .least_squares = true, .light = true, .gating = true},
    {.contexts = 0, .synthetic = true, .light = true},
    {.contexts = kPixelContexts, .synthetic = true, .least_squares = true},
    {.contexts = kPixelContexts, .synthetic = true},
    {.contexts = kPixelContexts, .least_squares = true},
    {.contexts = kPixelContexts, .least_squares = true, .ensemble = true},
    {.contexts = kPixelContexts, .synthetic = true, .least_squares = true, .ensemble = true}};

TEST(Tile, ComesBackInEveryShapeAndEffort) {
  const TileShape shapes[] = {{1, 1, 1, 8},    {1, 40, 3, 8},  {40, 1, 3, 8},  {2, 2, 4, 8},
                              {17, 9, 2, 8},   {23, 31, 1, 1}, {19, 18, 1, 4}, {20, 13, 1, 12},
                              {21, 22, 3, 16}, {5, 64, 4, 16}, {64, 5, 3, 8},  {33, 33, 3, 8}};
  for (const TileShape& shape : shapes)
    for (const TileEffort& effort : kEfforts)
      for (const TileSamples& samples : {picture(shape, 7), drawing(shape, 7)}) {
        const Bytes payload = encode_tile(shape, samples, effort, resources(best_isa(), 1));
        const auto back = decode_tile(shape, payload, resources(best_isa(), 1));
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(*back, samples) << shape.width << "x" << shape.height << "x" << shape.channels << " " << shape.bits;
      }
}

TEST(Tile, SameBytesOnEveryInstructionSetAndThreadCount) {
  const TileShape shape{61, 47, 3, 8};
  for (const TileEffort& effort : kEfforts) {
    const TileSamples samples = effort.synthetic ? drawing(shape, 3) : picture(shape, 3);
    const Bytes expected = encode_tile(shape, samples, effort, resources(Isa::kScalar, 1));
    for (Isa isa : isas())
      for (int threads : {1, 2, 3}) {
        EXPECT_EQ(encode_tile(shape, samples, effort, resources(isa, threads)), expected) << isa_name(isa);
        EXPECT_EQ(*decode_tile(shape, expected, resources(isa, threads)), samples) << isa_name(isa);
      }
  }
}

TEST(Gating, MixesSomeRowsAndWhatGains) {
  Gating gating;
  const auto learn = [&](uint32_t kind, uint32_t alone, uint32_t mixed) {
    gating.begin();
    gating.add(alone, mixed);
    gating.learn(kind);
  };
  EXPECT_TRUE(gating.mixes(1, 3)) << "before anything is known";
  for (int i = 0; i < 128; ++i) learn(3, 30000, 30000);
  EXPECT_FALSE(gating.mixes(1, 3));
  EXPECT_TRUE(gating.mixes(0, 3)) << "to learn from";
  EXPECT_TRUE(gating.mixes(16, 3));
  EXPECT_TRUE(gating.mixes(1, 4)) << "another kind";
  for (int i = 0; i < 256; ++i) learn(3, 30000, 33000);
  EXPECT_TRUE(gating.mixes(1, 3));
  for (int i = 0; i < 1500; ++i) learn(3, 30000, 30000);
  EXPECT_FALSE(gating.mixes(1, 3)) << "it no longer gains";
}

TEST(Tile, GatingKeepsMostOfWhatMixingGains) {
  const TileShape shape{256, 192, 3, 8};
  TileSamples samples(size_t(shape.width) * size_t(shape.height) * 3);
  std::mt19937 random(5);
  for (uint16_t& sample : samples) sample = uint16_t(random() % 3 * 85 + 4);
  const auto size = [&](const TileEffort& effort) {
    return encode_tile(shape, samples, effort, resources(best_isa(), 2)).size();
  };
  const size_t alone = size({.contexts = 0, .mixing = false}), light = size({.contexts = 3, .light = true});
  const size_t gating = size({.contexts = 3, .light = true, .gating = true});
  ASSERT_LT(light * 10, alone * 9);
  EXPECT_LT(gating * 100, light * 103);
}

TEST(TileLook, IsTold) {
  const TileShape shape{160, 120, 3, 8};
  TileSamples noise = picture(shape, 9);
  std::mt19937 random(9);
  for (uint16_t& sample : noise) sample = uint16_t(sample ^ random() % 8);
  EXPECT_EQ(look_of(shape, noise), TileLook::kPhotographed);
  EXPECT_EQ(look_of(shape, drawing(shape, 9)), TileLook::kSynthetic);
  TileSamples repeated = noise;  // the upper half again below it
  std::copy_n(noise.begin(), noise.size() / 2, repeated.begin() + ptrdiff_t(noise.size() / 2));
  EXPECT_EQ(look_of(shape, repeated), TileLook::kSynthetic);
  TileSamples coloured = noise;
  for (size_t i = 0; i < coloured.size(); i += 3) {
    const auto which = uint16_t(noise[i] % 251);
    coloured[i] = which, coloured[i + 1] = uint16_t(which * 7 % 256), coloured[i + 2] = uint16_t(255 - which);
  }
  EXPECT_EQ(look_of(shape, coloured), TileLook::kFewColours);
  coloured.resize(30);
  EXPECT_EQ(look_of({5, 2, 3, 8}, coloured), TileLook::kPhotographed) << "too few pixels to say";
}

TEST(Tile, WhatIsFlatCostsNextToNothing) {
  const TileShape shape{300, 300, 3, 8};
  const TileSamples samples = drawing(shape, 1);
  const Bytes payload =
      encode_tile(shape, samples, {.contexts = kPixelContexts, .synthetic = true}, resources(best_isa(), 1));
  EXPECT_LT(payload.size(), 700u);
}

TEST(Tile, DamageIsAnErrorOrOtherSamples) {
  const TileShape shape{9, 7, 3, 8};
  const TileSamples samples = picture(shape, 5);
  const Bytes payload = encode_tile(shape, samples, kEfforts[1], resources(best_isa(), 1));
  for (size_t size = 0; size < payload.size(); size += 3)
    EXPECT_FALSE(decode_tile(shape, ByteSpan(payload).first(size), resources(best_isa(), 1)).ok()) << size;
  size_t different = 0;
  for (size_t bit = 0; bit < 8 * payload.size(); bit += 13) {
    Bytes flipped = payload;
    flipped[bit / 8] ^= uint8_t(1 << bit % 8);
    const auto back = decode_tile(shape, flipped, resources(best_isa(), 1));
    different += !back.ok() || *back != samples;
    if (back.ok()) EXPECT_EQ(back->size(), samples.size());
  }
  EXPECT_GT(different, payload.size() / 3);  // of 8/13 flips a byte; some bits at the end of a plane mean nothing
}

// Planes of few bits beside one of many, and planes whose values are ranks.
TEST(Tile, AnEnsembleComesBackWithPlanesOfMixedBits) {
  const TileShape shape{40, 30, 3, 16};
  const TileSamples base = picture(shape, 8);
  const TileEffort effort{.contexts = kPixelContexts, .least_squares = true, .ensemble = true};
  for (const std::array<int, 3> bits : {std::array{16, 8, 8}, {8, 16, 8}, {8, 8, 16}, {8, 3, 8}}) {
    TileSamples samples = base;
    for (size_t i = 0; i < samples.size(); ++i) samples[i] = uint16_t(samples[i] >> (16 - bits[i % 3]));
    for (int threads : {1, 3}) {
      const Bytes payload = encode_tile(shape, samples, effort, resources(best_isa(), threads));
      EXPECT_EQ(payload, encode_tile(shape, samples, effort, resources(Isa::kScalar, 1)));
      EXPECT_EQ(*decode_tile(shape, payload, resources(best_isa(), threads)), samples);
    }
  }
}

TEST(Tile, RefusesAnEnsembleWithoutWhatItNeeds) {
  const TileShape shape{9, 7, 3, 8};
  const TileEffort effort{.contexts = 6, .least_squares = true, .ensemble = true};
  const Bytes payload = encode_tile(shape, picture(shape, 5), effort, resources(best_isa(), 1));
  ASSERT_EQ(payload[1], 1 | 4 | 32);
  for (uint8_t flags : {32, 1 | 32, 4 | 32, 1 | 4 | 8 | 32}) {
    Bytes other = payload;
    other[1] = flags;
    const auto back = decode_tile(shape, other, resources(best_isa(), 1));
    ASSERT_FALSE(back.ok()) << int(flags);
    EXPECT_NE(back.error().message.find("ensemble"), std::string::npos) << back.error().message;
  }
}

// Every other row is the mean of the noise above it and above that to the right.
TEST(Tile, AnEnsembleSeesThatRowsFollowARuleOfTheirOwn) {
  constexpr int kWidth = 120, kHeight = 100;
  std::mt19937 random(4);
  TileSamples samples(size_t(kWidth * kHeight));
  for (int i = 0; i < kWidth * kHeight; ++i) {
    const bool made = i / kWidth % 2 == 1 && i % kWidth + 1 < kWidth;
    const auto above = [&](int x) { return samples[size_t(i - kWidth + x)]; };
    samples[size_t(i)] = made ? uint16_t((above(0) + above(1) + 1) / 2) : uint16_t(100 + random() % 64);
  }
  const auto size = [&](bool ensemble) {
    const TileEffort effort{.contexts = kPixelContexts, .least_squares = true, .ensemble = ensemble};
    return double(encode_tile({kWidth, kHeight, 1, 8}, samples, effort, resources(best_isa(), 1)).size());
  };
  EXPECT_LT(size(true), 0.9 * size(false));
}

TEST(Tile, EqualAndSparseValuesCostLittle) {
  const TileShape shape{100, 100, 3, 16};
  TileSamples constant(30000, 777);
  EXPECT_LT(encode_tile(shape, constant, {}, resources(best_isa(), 1)).size(), 16u);
  TileSamples sparse = picture({100, 100, 3, 4}, 1), wide = sparse;
  for (uint16_t& sample : wide) sample = uint16_t(sample * 4096 + 77);
  const size_t four_bits = encode_tile({100, 100, 3, 4}, sparse, {}, resources(best_isa(), 1)).size();
  const Bytes packed = encode_tile(shape, wide, {}, resources(best_isa(), 1));
  EXPECT_LT(packed.size(), four_bits + 300);
  EXPECT_EQ(*decode_tile(shape, packed, resources(best_isa(), 1)), wide);
}

TEST(Tile, CostsAddUpToThePayload) {
  const TileShape shape{64, 48, 3, 8};
  const TileSamples samples = picture(shape, 9);
  std::vector<float> costs;
  const Bytes payload = encode_tile(shape, samples, kEfforts[1], resources(best_isa(), 1), &costs);
  double bits = 0;
  for (float cost : costs) bits += double(cost);
  EXPECT_NEAR(bits / 8, double(payload.size()), 30.0);
}

// Smooth planes through the grid and the conversion, as a decoder of JPEG files or Photo CDs makes them.
TileSamples made_of_luma(const TileShape& shape, const ChromaGrid& grid, uint64_t seed) {
  std::mt19937_64 random(seed);
  LumaChroma made;
  made.grid = grid;
  const auto fill = [&](std::vector<uint16_t>& plane, int width, int height, int centre) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        plane.push_back(uint16_t(centre + (x * 5 + y * 3) % 37 + (x / 7 + y / 5) % 3 * 6 + int(random() % 4) - 20));
  };
  fill(made.planes[0], shape.width, shape.height, 120);
  for (size_t p : {1, 2}) fill(made.planes[p], grid.width(shape.width), grid.height(shape.height), 128);
  TileSamples samples(size_t(shape.width) * size_t(shape.height) * size_t(shape.channels), 77);
  made.write_rgb(shape, samples);
  return samples;
}

class Making : public testing::TestWithParam<ColourMaking> {};
INSTANTIATE_TEST_SUITE_P(Makings, Making, testing::Values(ColourMaking::kJpeg, ColourMaking::kPhotoCd));

TEST_P(Making, EveryColourThatIsMadeIsFound) {
  const ColourMaking making = GetParam();
  size_t lost = 0, wrong = 0;
  for (int luma = 0; luma < 256; ++luma)
    for (int blue = 0; blue < 256; ++blue)
      for (int red = 0; red < 256; ++red) {
        const Rgb rgb = rgb_of(making, luma, blue, red);
        const LumaRange range = luma_range(making, rgb, blue, red);
        wrong += range.low > luma || range.high < luma;
        const auto found = chroma_of(making, rgb, {std::max(blue - 1, 0), red});
        if (!found) {
          ++lost;
          continue;
        }
        const LumaRange back = luma_range(making, rgb, found->blue, found->red);
        wrong += !back.possible() || rgb_of(making, back.low, found->blue, found->red) != rgb;
      }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(wrong, 0u);
}

TEST(ColourMaking, IsThatOfLibjpegAndOfPhotoCds) {
  EXPECT_EQ(rgb_of(ColourMaking::kJpeg, 76, 85, 255), (Rgb{254, 0, 0}));
  EXPECT_EQ(rgb_of(ColourMaking::kJpeg, 100, 150, 110), (Rgb{75, 105, 139}));
  // 135.84 + 18.215; 135.84 - 0.194 * 22 - 0.509 * 18; 135.84 + 22.179
  EXPECT_EQ(rgb_of(ColourMaking::kPhotoCd, 100, 166, 147), (Rgb{154, 122, 158}));
  // 135.84 - 18.215; 135.84 + 0.194 * 23 + 0.509 * 19; 135.84 - 22.179
  EXPECT_EQ(rgb_of(ColourMaking::kPhotoCd, 100, 146, 127), (Rgb{117, 149, 113}));
  EXPECT_EQ(rgb_of(ColourMaking::kPhotoCd, 200, 156, 137), (Rgb{255, 255, 255}));
}

TEST(LumaChroma, OtherPicturesAreLeftAlone) {
  const TileShape shape{64, 48, 3, 8};
  EXPECT_FALSE(LumaChroma::find(shape, picture(shape, 1)));
  EXPECT_FALSE(LumaChroma::find(shape, TileSamples(64 * 48 * 3, 99)));
  EXPECT_FALSE(LumaChroma::find({64, 48, 3, 16}, made_of_luma(shape, {}, 1)));
}

TEST(LumaChroma, TilesComeBackOnEveryGrid) {
  for (int channels : {3, 4})
    for (uint8_t byte = 0; byte < 64; ++byte) {
      const auto grid = ChromaGrid::from_byte(byte);
      if (!grid || (channels == 4 && byte != 7 && byte != 39)) continue;
      EXPECT_EQ(grid->to_byte(), byte);
      const TileShape shape{61, 47, channels, 8};
      TileSamples samples = made_of_luma(shape, *grid, byte);
      const size_t exact = encode_tile(shape, samples, kEfforts[1], resources(best_isa(), 1)).size();
      samples[size_t(channels) * 100] ^= 1;
      const auto found = LumaChroma::find(shape, samples);
      ASSERT_TRUE(found) << int(byte);
      EXPECT_GE(found->exceptions.size(), 1u);
      EXPECT_EQ(found->grid.sited, grid->sited);
      if (!grid->smooth || grid->sited) EXPECT_EQ(found->grid.to_byte(), byte);  // noise behind JPEG's filter is lost
      const Bytes payload = encode_tile(shape, samples, kEfforts[1], resources(best_isa(), 2));
      EXPECT_LT(payload.size(), exact + 200);
      const auto back = decode_tile(shape, payload, resources(best_isa(), 2));
      ASSERT_TRUE(back.ok()) << back.error().message;
      EXPECT_EQ(*back, samples) << int(byte);
    }
}

TEST(LumaChroma, DamageIsAnErrorOrOtherSamples) {
  const TileShape shape{24, 21, 3, 8};
  const TileSamples samples = made_of_luma(shape, *ChromaGrid::from_byte(7), 3);
  ASSERT_TRUE(LumaChroma::find(shape, samples));
  const Bytes payload = encode_tile(shape, samples, kEfforts[1], resources(best_isa(), 1));
  const auto decodes = [&](const Bytes& bytes, const TileShape& as) {
    return decode_tile(as, bytes, resources(best_isa(), 1)).ok();
  };
  ASSERT_TRUE(decodes(payload, shape));
  for (size_t size = 0; size < payload.size(); size += 19)
    EXPECT_FALSE(decodes(Bytes(payload.begin(), payload.begin() + ptrdiff_t(size)), shape)) << size;
  for (size_t bit = 0; bit < 8 * payload.size(); bit += 97) {
    Bytes flipped = payload;
    flipped[bit / 8] ^= uint8_t(1 << bit % 8);
    const auto back = decode_tile(shape, flipped, resources(best_isa(), 1));
    if (back.ok()) EXPECT_EQ(back->size(), samples.size());
  }
  for (uint8_t grid : {4, 8, 16, 64, 31 & ~1, 35, 36, 255}) {  // reserved bits, smooth or odd without half
    Bytes wrong = payload;
    wrong[2] = grid;
    EXPECT_FALSE(decodes(wrong, shape)) << int(grid);
  }
  EXPECT_FALSE(decodes(payload, {24, 21, 2, 8}));
  EXPECT_FALSE(decodes(payload, {24, 21, 3, 7}));
  Bytes many{0, 16, 7, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, beyond{0, 16, 7, 1, 0xF8, 3, 1, 2, 3};  // of 504 pixels
  many.resize(100), beyond.resize(100);
  EXPECT_FALSE(decodes(many, shape));
  EXPECT_FALSE(decodes(beyond, shape));
}

TEST(UsedValues, ComesBack) {
  std::mt19937_64 random(2);
  for (int bits : {1, 4, 8, 12, 16})
    for (int every : {1, 3, 50}) {
      std::vector<uint32_t> counts(size_t(1) << bits);
      for (uint32_t& count : counts) count = random() % uint64_t(every) == 0;
      counts.front() = counts.back() = 1;
      const UsedValues used(counts);
      Bytes bytes;
      used.append_to(bytes);
      ByteReader reader(bytes);
      const auto back = UsedValues::read(reader, bits);
      ASSERT_TRUE(back.ok());
      EXPECT_EQ(reader.remaining(), 0u);
      EXPECT_EQ(back->ranks(), used.ranks());
    }
}

TEST(LogisticMixture, MassGrowsWithTheValue) {
  LogisticMixture mixture;
  mixture.weights = {32768 - 6000, 1000, 2000, 3000, 0};
  mixture.centres = {100, -5, 130.5f, 300, 0};
  mixture.inverses = {0.5f, 50.0f, 3.0f, 0.01f, 1.0f};
  int64_t before = 0;
  for (int32_t v = -20; v < 300; ++v) {
    const int64_t mass = mixture.below(v, logistic_curve());
    EXPECT_GE(mass, before);
    EXPECT_LE(mass, kMixtureTotal);
    before = mass;
  }
}

// The largest error, some way in, on a plane whose samples are a sum of their place's numbers with an odd one now and
// then.
template <typename Squares>
double worst_on_a_slope(Squares&& squares, PaddedPlane& plane) {
  double worst = 0;
  for (int y = 0; y < plane.height(); ++y) {
    plane.begin_row(y);
    for (int x = 0; x < plane.width(); ++x) {
      const LeastSquares::Place place{x, y, plane.row(y) + x, {}};
      Fit fit;
      squares.fit(&place, 1, &fit);
      const auto sample = uint16_t((7 * x + 11 * y) % 256 < 200 ? 2 * x + 3 * y : 2 * x + 3 * y + 1);
      if (x > 12 && x < 30 && y > 12) worst = std::max(worst, std::abs(double(fit.prediction) - sample));
      plane.set(x, y, sample);
      if constexpr (requires { squares.learn(place, true); })
        squares.learn(place, true);
      else
        squares.learn(place);
    }
    plane.end_row(y);
  }
  return worst;
}

TEST(LeastSquares, FindsALinearRelation) {
  constexpr int kWidth = 40, kHeight = 30;
  PaddedPlane plane(kWidth, kHeight, 8);
  const auto stride = plane.stride();
  const auto role = PlaneRole::kFirst;
  EXPECT_LT(worst_on_a_slope(LeastSquares(role, kWidth, kHeight, stride, best_isa()), plane), 2.0);
  EXPECT_LT(worst_on_a_slope(WideLeastSquares(role, kWidth, kHeight, stride, best_isa()), plane), 2.0);
  for (const auto along : {LineLeastSquares::Along::kRow, LineLeastSquares::Along::kColumn})
    EXPECT_LT(worst_on_a_slope(LineLeastSquares(along, role, kWidth, kHeight, stride, best_isa()), plane), 2.0);
}

// One forecast is always 3 too low: its histogram comes to know.
TEST(ResidualMaps, LearnHowFarOffAForecastIs) {
  constexpr int kWidth = 64, kHeight = 64;
  std::mt19937 random(5);
  PaddedPlane plane(kWidth, kHeight, 8);
  ResidualMaps maps(PlaneRole::kFirst, kWidth, kHeight, plane.stride(), best_isa());
  std::vector<float> x(size_t(ResidualMaps::inputs(PlaneRole::kFirst)));
  for (int y = 0; y < kHeight; ++y) {
    plane.begin_row(y);
    for (int c = 0; c < kWidth; ++c) {
      const auto sample = uint16_t(20 + random() % 200);
      maps.begin({c, y, plane.row(y) + c, {}}, {int32_t(sample) - 3, 0, 0, 0, 0, 0}, 0);
      const int32_t low = sample & ~1;
      maps.input(low, low + 1, low + 2, x.data());
      if (y > 40) EXPECT_GT((sample & 1) != 0 ? x[0] : -x[0], 2.0f);
      plane.set(c, y, sample);
      maps.learn(sample);
    }
    plane.end_row(y);
  }
}

TEST(PixelNetwork, RefusesOtherModels) {
  EXPECT_FALSE(
      PixelNetwork::load(*ModelFile::from_bytes(*ModelWriter("empty", ModelKind::kPixels).finish()), Isa::kScalar)
          .ok());
}

}  // namespace
}  // namespace lmc
