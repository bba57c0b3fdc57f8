// Streams of zlib with all settings come back exactly, and cost next to nothing; others come back or are refused.
#include "lmc/media/deflate/deflate_codes.h"
#include "lmc/media/deflate/deflate_corrections.h"
#include "lmc/media/deflate/deflate_predictor.h"
#include "lmc/media/deflate/inflate.h"
#include "lmc/media/deflate/zlib_stream.h"
#include "lmc/media/deflate/zlib_test_support.h"
#include "lmc/media/image/png/png_chunks.h"

namespace lmc {
namespace {

// The size of the reconstruction data in bytes.
size_t expect_exact(ByteSpan stream, ByteSpan data) {
  const auto parsed = parse_zlib(stream, data.size());
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  if (!parsed.ok()) return SIZE_MAX;
  EXPECT_EQ(parsed->data, Bytes(data.begin(), data.end()));
  EXPECT_EQ(parsed->size_bytes, stream.size());
  ByteReader side(parsed->side);
  const auto rebuilt = rebuild_zlib(side, parsed->data, stream.size());
  EXPECT_TRUE(rebuilt.ok()) << rebuilt.error().message;
  if (!rebuilt.ok()) return SIZE_MAX;
  EXPECT_EQ(side.remaining(), 0u);
  EXPECT_EQ(*rebuilt, Bytes(stream.begin(), stream.end()));
  return parsed->side.size();
}

std::vector<Bytes> kinds_of_data() {
  return {{},
          {7},
          Bytes(2, 1),
          Bytes(3, 1),
          Bytes(100000, 0),
          random_bytes(20000, 1),
          wordy_bytes(260, 1),
          wordy_bytes(50000, 2),
          wavy_bytes(40000, 3)};
}

TEST(DeflateStream, AllLevelsStrategiesAndMemories) {
  size_t most = 0;
  for (const Bytes& data : kinds_of_data()) {
    for (int level = 0; level <= 9; ++level) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED}) {
        for (const int memory : {8, 9}) {
          if (memory == 9 && strategy > Z_FILTERED) continue;
          const Bytes stream = zlib_stream(data, {.level = level, .memory = memory, .strategy = strategy});
          const size_t side_bytes = expect_exact(stream, data);
          ASSERT_LT(side_bytes, SIZE_MAX) << level << " " << strategy << " " << memory << " " << data.size();
          most = std::max(most, side_bytes);
        }
      }
    }
  }
  if (!zlib_is_the_original())
    GTEST_SKIP() << "zlib " << zlibVersion() << " is not the one whose choices are predicted";
  EXPECT_LE(most, 24u);
}

TEST(DeflateStream, SmallWindowsAndLittleMemory) {
  const Bytes data = wordy_bytes(60000, 5);
  for (int window_bits = 9; window_bits <= 15; ++window_bits) {
    for (const int level : {1, 6, 9})
      expect_exact(zlib_stream(data, {.level = level, .window_bits = window_bits}), data);
  }
  for (int memory = 1; memory <= 9; ++memory) expect_exact(zlib_stream(data, {.memory = memory}), data);
}

TEST(DeflateStream, RowsFedOneByOneAndFlushes) {
  const Bytes data = wordy_bytes(150000, 6);
  EXPECT_LE(expect_exact(zlib_stream(data, {.feed_bytes = 1001}), data), 60u);
  for (const int flush : {Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_BLOCK})
    expect_exact(zlib_stream(data, {.feed_bytes = 70001, .flush = flush}), data);
}

TEST(DeflateStream, BlocksThatEndWithTheData) {
  for (size_t size = 16380; size <= 16388; ++size) {
    const Bytes data = random_bytes(size, 3);
    for (const int level : {0, 1, 6}) expect_exact(zlib_stream(data, {.level = level}), data);
    for (const int strategy : {Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED})
      expect_exact(zlib_stream(data, {.strategy = strategy}), data);
  }
}

TEST(DeflateStream, DamageIsHarmless) {
  for (const Bytes& data : {wordy_bytes(300, 1), random_bytes(50, 1), Bytes(5000, 0)}) {
    const Bytes stream = zlib_stream(data, {.memory = 1});  // blocks of 127 tokens
    for (size_t size = 0; size < stream.size(); ++size)
      EXPECT_FALSE(parse_zlib(ByteSpan(stream).first(size), data.size()).ok());
    Bytes flipped = stream;
    for (size_t bit = 0; bit < 8 * stream.size(); bit += 3) {
      flipped[bit / 8] ^= uint8_t(1 << bit % 8);
      const auto parsed = parse_deflate(ByteSpan(flipped).subspan(2), 2 * data.size(), {});  // no checksum in the way
      if (parsed.ok()) {
        ByteReader side(parsed->side);
        const auto rebuilt = rebuild_deflate(side, parsed->data, flipped.size());
        ASSERT_TRUE(rebuilt.ok());
        ASSERT_TRUE(std::equal(rebuilt->begin(), rebuilt->end(), flipped.begin() + 2));
      }
      flipped[bit / 8] ^= uint8_t(1 << bit % 8);
    }
  }
}

TEST(DeflateStream, DamagedSideBytesAreHarmless) {
  const Bytes data = wordy_bytes(3000, 1);
  const auto parsed = parse_zlib(zlib_stream(data, {.feed_bytes = 500, .flush = Z_SYNC_FLUSH}), data.size());
  ASSERT_TRUE(parsed.ok());
  Bytes side = parsed->side;
  for (size_t bit = 0; bit < 8 * side.size(); ++bit) {
    side[bit / 8] ^= uint8_t(1 << bit % 8);
    ByteReader reader(side);
    const auto rebuilt = rebuild_zlib(reader, data, 4000);
    if (rebuilt.ok()) EXPECT_LE(rebuilt->size(), 4000u);
    side[bit / 8] ^= uint8_t(1 << bit % 8);
  }
  for (size_t size = 0; size < side.size(); ++size) {
    ByteReader reader(ByteSpan(side).first(size));
    EXPECT_FALSE(rebuild_zlib(reader, data, 4000).ok());
  }
}

TEST(DeflateStream, DataBeyondTheLimitAreRefused) {
  const Bytes data = wordy_bytes(3000, 1);
  EXPECT_FALSE(parse_zlib(zlib_stream(data), data.size() - 1).ok());
  EXPECT_FALSE(parse_zlib(zlib_stream(Bytes(3000, 0)), 2999).ok());
  EXPECT_FALSE(parse_zlib(zlib_stream(random_bytes(3000, 1)), 2999).ok());
}

TEST(DeflateStream, ARandomEncoderComesBackToo) {
  // Matches taken by chance: no setting of zlib is near, and every other token needs a correction.
  const Bytes data = wordy_bytes(20000, 1);
  DeflateWorkspace workspace;
  DeflatePredictor predictor(data, {.level = 9}, workspace);
  std::minstd_rand random(1);
  BitWriter bits;
  bits.write(1, 1);
  bits.write(uint32_t(BlockKind::kFixed), 2);
  const TokenWriter writer(kFixedLengths);
  while (!predictor.at_end()) {
    const Token token = random() % 2 ? Token{} : predictor.predict();
    writer.write(bits, token, data[predictor.position()]);
    predictor.commit(token);
  }
  writer.write_end(bits);
  const Bytes stream = std::move(bits).finish();
  const auto inflated = inflate(stream, data.size());
  ASSERT_TRUE(inflated.ok());
  EXPECT_EQ(inflated->data, data);
  const auto parsed = parse_deflate(stream, data.size(), {});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_GT(parsed->side.size(), stream.size() / 64);
  EXPECT_LT(parsed->side.size(), stream.size());
  ByteReader side(parsed->side);
  const auto back = rebuild_deflate(side, data, stream.size());
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, stream);
}

// What archives rely on: the guesses for some data never change, whatever zlib is installed.
TEST(DeflateStream, GuessesStayWhatTheyAre) {
  const Bytes data = wordy_bytes(40000, 9);
  Bytes all;
  for (int level = 1; level <= 9; ++level) {
    for (int strategy = 0; strategy <= 4; ++strategy) {
      CorrectionWriter none;
      Bytes side = none.finish({.level = level,
                                .memory = 8 + level % 2,
                                .window_bits = 15 - level % 4,
                                .strategy = DeflateStrategy(strategy)},
                               0);
      ByteReader reader(side);
      const auto stream = rebuild_deflate(reader, data, 1 << 20);
      ASSERT_TRUE(stream.ok());
      const auto inflated = inflate(*stream, data.size());
      ASSERT_TRUE(inflated.ok());
      EXPECT_EQ(inflated->data, data);
      append_bytes(all, *stream);
    }
  }
  EXPECT_EQ(png_crc(all), 2711061807u);
}

TEST(DeflateStream, Adler32) {
  EXPECT_EQ(adler32({}), 1u);
  const Bytes data = random_bytes(100000, 1);
  EXPECT_EQ(adler32(data), ::adler32(1, data.data(), uInt(data.size())));
}

TEST(DeflateFormat, SymbolsOfLengthsAndDistances) {
  for (uint32_t length = kMinMatch; length <= uint32_t(kMaxMatch); ++length) {
    const SymbolRange range = kLengthRanges[size_t(length_index(length))];
    EXPECT_LE(range.base, length);
    EXPECT_LT(length, range.base + (1u << range.extra_bits));
  }
  for (uint32_t distance = 1; distance <= kMaxDistance; ++distance) {
    const SymbolRange range = kDistanceRanges[size_t(distance_symbol(distance))];
    ASSERT_LE(range.base, distance);
    ASSERT_LT(distance, range.base + (1u << range.extra_bits));
  }
}

}  // namespace
}  // namespace lmc
