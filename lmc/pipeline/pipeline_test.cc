// compress, decompress, salvage and read_range together: every input comes back, damage is found, named and survived.
#include <gtest/gtest.h>

#include "lmc/base/bytes_test_support.h"
#include "lmc/container/layout.h"
#include "lmc/mixing/mixing.h"
#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/encode_block.h"

namespace lmc {
namespace {

constexpr size_t kBlock = size_t(1) << kMinBlockLog2;

Bytes packed(ByteSpan raw, const CompressOptions& options) {
  MemorySource source(raw);
  MemorySink sink;
  const auto stats = compress(source, sink, options);
  EXPECT_TRUE(stats.ok()) << stats.error().message;
  EXPECT_EQ(stats->raw_bytes, raw.size());
  EXPECT_EQ(stats->compressed_bytes, sink.bytes.size());
  return sink.bytes;
}

CompressOptions level(int level) {
  CompressOptions options;
  options.level = level;
  options.block_bytes = kBlock;
  return options;
}

Result<Bytes> unpacked(ByteSpan file, const DecompressOptions& options = {}) {
  MemorySource source(file);
  MemorySink sink;
  const auto stats = decompress(source, sink, options);
  if (!stats.ok()) return stats.error();
  EXPECT_EQ(stats->raw_bytes, sink.bytes.size());
  EXPECT_EQ(stats->compressed_bytes, file.size());
  return sink.bytes;
}

void expect_round_trip(const Bytes& raw, int at_level) {
  const Bytes file = packed(raw, level(at_level));
  EXPECT_LE(file.size(), raw.size() + raw.size() / 1000 + 16) << raw.size();
  const auto back = unpacked(file);
  ASSERT_TRUE(back.ok()) << raw.size() << ": " << back.error().message;
  EXPECT_EQ(*back, raw) << raw.size();
}

TEST(Pipeline, EverySizeAroundABoundaryComesBackAndGrowthIsBounded) {
  for (size_t near : {size_t(0), size_t(256), size_t(65536), kBlock, 2 * kBlock})
    for (size_t size = near == 0 ? 0 : near - 1; size <= near + 1; ++size) {
      expect_round_trip(noise(size), 0);
      if (size > 300) continue;  // larger ones take longer to predict, and take the same paths
      expect_round_trip(noise(size), 1);
      expect_round_trip(numbers(size), 1);
      expect_round_trip(Bytes(size, 'a'), 1);
    }
  expect_round_trip(numbers(kBlock + 1), 1);
}

TEST(Pipeline, StoredBlocksGrowByAtMostAThousandthAndSixteenBytesForAnySize) {
  for (size_t size = 1; size < (size_t(9) << 20); size = size * 5 / 4 + 1) {
    const Bytes raw = noise(size);
    for (size_t block : {kBlock, kDefaultBlockBytes}) {
      CompressOptions options = level(0);
      options.block_bytes = block;
      EXPECT_LE(packed(raw, options).size(), size + size / 1000 + 16) << size << " in blocks of " << block;
    }
  }
}

TEST(Pipeline, TheBytesDoNotDependOnThreads) {
  for (int at_level : {0, 1}) {
    const Bytes raw = numbers(at_level == 0 ? 20 * kBlock + 3 : kBlock + 30000);
    CompressOptions options = level(at_level);
    const Bytes one = packed(raw, options);
    for (int threads : {2, 16}) {
      options.threads = threads;
      EXPECT_EQ(packed(raw, options), one);
      DecompressOptions decode;
      decode.threads = threads;
      EXPECT_EQ(*unpacked(one, decode), raw);
    }
  }
}

TEST(Pipeline, UnknownSizeSavesOnlyTheSizeField) {
  const Bytes raw = numbers(2 * kBlock + 1);
  CompressOptions options = level(0);
  const Bytes unknown = packed(raw, options);
  options.content_bytes = raw.size();
  EXPECT_EQ(packed(raw, options).size(), unknown.size() + 8);
  EXPECT_EQ(*unpacked(unknown), raw);
}

TEST(Pipeline, AnInputThatChangesSizeIsAnError) {
  for (size_t size : {size_t(10), kBlock, 2 * kBlock}) {
    const Bytes raw = noise(size);
    CompressOptions options = level(0);
    options.content_bytes = size + 1;
    MemorySource source(raw);
    NullSink sink;
    const auto stats = compress(source, sink, options);
    ASSERT_FALSE(stats.ok()) << size;
    EXPECT_EQ(stats.error().family, ErrorFamily::kEnvironment);
  }
}

TEST(Pipeline, JoinedFilesDecodeToTheJoinedContent) {
  const Bytes first = numbers(2 * kBlock), second = noise(100), third = numbers(1000);
  CompressOptions full = level(0);
  full.tiny = false;
  Bytes file = packed(first, full);
  append_bytes(file, packed(second, full));
  append_bytes(file, packed({}, full));
  append_bytes(file, packed(third, level(1)));  // a tiny frame
  append_bytes(file, packed(third, level(1)));
  append_bytes(file, packed(first, full));
  append_bytes(file, packed({}, level(1)));
  Bytes raw = first;
  append_bytes(raw, second);
  append_bytes(raw, third);
  append_bytes(raw, third);
  append_bytes(raw, first);
  EXPECT_EQ(*unpacked(file), raw);
  MemorySink saved;
  const auto report = salvage(file, saved, {});
  EXPECT_TRUE(report.ok() && report->damage.empty());
  EXPECT_EQ(saved.bytes, raw);
  const size_t offset = first.size() + 50;
  EXPECT_EQ(*read_range(file, offset, 1500, {}), Bytes(raw.begin() + offset, raw.begin() + offset + 1500));
  for (size_t more : {1, 2, 100}) {
    Bytes longer = file;
    longer.resize(file.size() + more);
    EXPECT_FALSE(unpacked(longer).ok()) << "zeros are no frame";
  }
}

TEST(Pipeline, CutShortAtEveryByteIsAnErrorAndNeverACrash) {
  CompressOptions full = level(1);
  full.tiny = false;
  for (const Bytes& file : {packed(numbers(100), level(1)), packed(noise(50), level(1)), packed(numbers(100), full),
                            packed({}, level(1)), packed({}, full)})
    for (size_t size = 0; size < file.size(); ++size) {
      const auto back = unpacked(ByteSpan(file).first(size));
      ASSERT_FALSE(back.ok()) << size << " of " << file.size();
      EXPECT_EQ(back.error().family, ErrorFamily::kBadInput);
      EXPECT_FALSE(back.error().message.empty());
    }
}

TEST(Pipeline, EveryFlippedBitGivesAnErrorOrTheExactContent) {
  CompressOptions full = level(0);
  full.tiny = false;
  for (const Bytes& raw : {numbers(40), noise(10), Bytes()})
    for (const CompressOptions& options : {level(1), level(0), full}) {
      const Bytes good = packed(raw, options);
      for (size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes bad = good;
        bad[bit / 8] ^= uint8_t(1 << bit % 8);
        const auto back = unpacked(bad);
        EXPECT_TRUE(!back.ok() || *back == raw) << "bit " << bit;
      }
    }
}

TEST(Pipeline, DamageIsNamedWithBlockContentAndPlace) {
  const Bytes raw = noise(3 * kBlock);
  Bytes file = packed(raw, level(0));
  const auto frames = read_layout(file);
  const uint64_t header = frames->front().blocks[1].header_offset;
  file[size_t(header) + 100] ^= 1;
  const auto back = unpacked(file);
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.error().message.find("block 1 (content bytes 131072 to 262144, at byte " + std::to_string(header)),
            std::string::npos)
      << back.error().message;
}

TEST(Pipeline, SalvageBringsBackEveryIntactBlock) {
  const Bytes raw = numbers(4 * kBlock + 5);
  const Bytes good = packed(raw, level(0));
  const auto blocks = read_layout(good)->front().blocks;
  for (size_t broken = 0; broken < blocks.size(); ++broken)
    for (bool in_header : {true, false}) {
      Bytes bad = good;
      bad[size_t(blocks[broken].header_offset) + (in_header ? 5 : kBlockHeaderBytes + 1)] ^= 0x10;
      Bytes expected = raw;
      for (size_t i = 0; i < blocks[broken].header.raw_bytes; ++i) expected[blocks[broken].raw_offset + i] = 0;
      MemorySink sink;
      const auto report = salvage(bad, sink, {});
      ASSERT_TRUE(report.ok());
      EXPECT_EQ(report->damage.size(), 1u);
      EXPECT_EQ(sink.bytes, expected) << broken << in_header;
    }
}

TEST(Pipeline, SalvageOfAnIntactFileIsTheContentAndOfACutOneItsBeginning) {
  const Bytes raw = numbers(3 * kBlock);
  const Bytes file = packed(raw, level(0));
  MemorySink whole;
  const auto intact = salvage(file, whole, {});
  EXPECT_TRUE(intact->damage.empty());
  EXPECT_EQ(whole.bytes, raw);
  const auto blocks = read_layout(file)->front().blocks;
  MemorySink cut;
  const auto report = salvage(ByteSpan(file).first(size_t(blocks[2].header_offset) + 20), cut, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->damage.size(), 1u);
  EXPECT_EQ(cut.bytes, Bytes(raw.begin(), raw.begin() + 2 * kBlock));
  MemorySink headless;
  Bytes bad = file;
  bad[6] ^= 1;
  EXPECT_EQ(salvage(bad, headless, {})->damage.size(), 1u);
  EXPECT_EQ(headless.bytes, raw) << "the frame header is damaged, the index is not";
}

TEST(Pipeline, RangesAreReadWithoutTheRest) {
  const Bytes raw = numbers(3 * kBlock + 7);
  CompressOptions full = level(0);
  Bytes file = packed(raw, full);
  append_bytes(file, packed(as_bytes("the end"), full));
  Bytes joined = raw;
  append_bytes(joined, as_bytes("the end"));
  for (uint64_t offset : {uint64_t(0), uint64_t(1), uint64_t(kBlock - 1), uint64_t(kBlock), uint64_t(raw.size() - 1),
                          uint64_t(raw.size() + 3), uint64_t(joined.size()), uint64_t(joined.size() + 9)})
    for (uint64_t size : {uint64_t(0), uint64_t(1), uint64_t(kBlock + 1), UINT64_MAX}) {
      const auto part = read_range(file, offset, size, {});
      ASSERT_TRUE(part.ok()) << part.error().message;
      const size_t begin = size_t(std::min<uint64_t>(offset, joined.size()));
      const size_t end = begin + size_t(std::min<uint64_t>(size, joined.size() - begin));
      EXPECT_EQ(*part, Bytes(joined.begin() + long(begin), joined.begin() + long(end))) << offset << " " << size;
    }
  const auto blocks = read_layout(file)->front().blocks;
  file[size_t(blocks[0].header_offset) + kBlockHeaderBytes + 3] ^= 1;  // damage elsewhere does not matter
  EXPECT_TRUE(read_range(file, kBlock, 10, {}).ok());
}

TEST(Pipeline, TheLimitHolds) {
  const Bytes raw = numbers(2 * kBlock);
  const Bytes file = packed(raw, level(0));
  DecompressOptions options;
  options.limit_bytes = raw.size();
  EXPECT_TRUE(unpacked(file, options).ok());
  options.limit_bytes = raw.size() - 1;
  EXPECT_FALSE(unpacked(file, options).ok());
}

TEST(Pipeline, OptionsOutOfRangeAreUsageErrors) {
  const auto family = [](const CompressOptions& options) {
    MemorySource source({});
    NullSink sink;
    const auto stats = compress(source, sink, options);
    return stats.ok() ? 0 : int(stats.error().family);
  };
  EXPECT_EQ(family(level(9)), 0);
  EXPECT_EQ(family(level(10)), 1);
  EXPECT_EQ(family(level(-1)), 1);
  CompressOptions options;
  options.threads = 0;
  EXPECT_EQ(family(options), 1);
  for (size_t block : {kBlock / 2, kBlock, kBlock + 1, size_t(1) << 26, size_t(1) << 27}) {
    options = {};
    options.block_bytes = block;
    EXPECT_EQ(family(options), block == kBlock || block == size_t(1) << 26 ? 0 : 1) << block;
  }
}

TEST(Pipeline, UnknownCodecsAndMissingModelsAreSaid) {
  Bytes tiny = write_tiny_header(7, 0, as_bytes("abc"), 3);
  append_bytes(tiny, as_bytes("abc"));
  const auto codec = unpacked(tiny);
  ASSERT_FALSE(codec.ok());
  EXPECT_NE(codec.error().message.find("newer lmc"), std::string::npos);
  Bytes needs_model = write_tiny_header(2, 1, as_bytes("abc"), 3);
  append_bytes(needs_model, as_bytes("abc"));
  Engine engine({});
  DecompressOptions options;
  options.engine = &engine;
  const auto model = unpacked(needs_model, options);
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().family, ErrorFamily::kEnvironment);
  Bytes unknown_model = write_tiny_header(2, 99, as_bytes("abc"), 3);
  append_bytes(unknown_model, as_bytes("abc"));
  EXPECT_EQ(unpacked(unknown_model, options).error().family, ErrorFamily::kBadInput);
  for (uint8_t id : {kMixing, kText}) {  // a model for one that needs none, none for one that needs it
    Bytes wrong = write_tiny_header(id, id == kMixing ? 1 : 0, as_bytes("abc"), 3);
    append_bytes(wrong, as_bytes("abc"));
    const auto back = unpacked(wrong, options);
    ASSERT_FALSE(back.ok());
    EXPECT_NE(back.error().family, ErrorFamily::kBug);
  }
}

TEST(Pipeline, WhetherTheMemorySufficesDoesNotDependOnThreads) {
  const Bytes raw = numbers(3 * kBlock);
  const Bytes file = packed(raw, level(1));
  const uint64_t of_a_block = MixingModel::memory_bytes({.size_bytes = kBlock}) + kBlock;
  for (int threads : {1, 3}) {
    DecompressOptions options{.threads = threads, .isa = best_isa(), .memory_limit_bytes = of_a_block};
    const auto back = unpacked(file, options);
    ASSERT_TRUE(back.ok()) << threads << ": " << back.error().message;
    EXPECT_EQ(*back, raw) << threads;
    --options.memory_limit_bytes;
    const auto refused = unpacked(file, options);
    ASSERT_FALSE(refused.ok()) << threads;
    EXPECT_EQ(refused.error().family, ErrorFamily::kEnvironment);
    EXPECT_NE(refused.error().message.find("block 0"), std::string::npos) << refused.error().message;
  }
}

TEST(Pipeline, CompressingKeepsToItsMemoryWhateverTheThreads) {
  const Bytes raw = numbers(2 * kBlock);
  Bytes first;
  for (int threads : {1, 2}) {  // there is memory for one block at a time
    CompressOptions options = level(1);
    options.threads = threads;
    options.memory_limit_bytes = least_memory(kBlock);
    const Bytes file = packed(raw, options);
    if (first.empty()) first = file;
    EXPECT_EQ(file, first) << threads;
    EXPECT_EQ(*unpacked(file, {.isa = best_isa()}), raw);
  }
  CompressOptions options = level(1);
  options.memory_limit_bytes = least_memory(kBlock) - 1;
  MemorySource source(raw);
  MemorySink sink;
  const auto refused = compress(source, sink, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().family, ErrorFamily::kEnvironment);
}

// A frame whose index says of its only block, which is damaged, that few bytes hold so many.
Bytes lost_block(uint32_t raw_bytes, uint32_t payload_bytes) {
  Bytes file = write_frame_header({.block_log2 = kMaxBlockLog2, .content_bytes = {}, .models = {}});
  const FrameTail tail{.header_bytes = file.size(), .blocks = {{raw_bytes, payload_bytes}}, .content_hash = {}};
  file.resize(file.size() + kBlockHeaderBytes + payload_bytes, 0xEE);
  append_bytes(file, write_frame_tail(tail));
  return file;
}

TEST(Pipeline, SalvageWritesZerosForLostBlocksOnlyWhereTheirBytesCouldHoldSoMany) {
  MemorySink zeros;
  const auto small = salvage(lost_block(200000, 20), zeros, {});
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(small->damage.size(), 1u);
  EXPECT_EQ(zeros.bytes, Bytes(200000));
  MemorySink none;
  const auto large = salvage(lost_block(uint32_t(1) << 29, 1), none, {});
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(large->damage.size(), 2u);
  EXPECT_TRUE(none.bytes.empty());
}

TEST(Pipeline, SalvageStaysBelowItsLimit) {
  MemorySink sink;
  const auto report = salvage(lost_block(200000, 20), sink, {.limit_bytes = 199999});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().family, ErrorFamily::kBadInput);
  EXPECT_LE(sink.bytes.size(), 199999u);
}

}  // namespace
}  // namespace lmc
