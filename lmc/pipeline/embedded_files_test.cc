// Images inside other data: found, coded by themselves, never cut by a block's end where that can be helped.
#include "lmc/pipeline/embedded_files.h"

#include <gtest/gtest.h>

#include <random>

#include "lmc/base/bytes_test_support.h"
#include "lmc/media/jpeg/testdata/test_files.h"
#include "lmc/pipeline/block_cutter.h"
#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/encode_block.h"
#include "lmc/pipeline/tar_test_support.h"

namespace lmc {
namespace {

constexpr size_t kBlock = size_t(1) << 17;

Bytes jpeg() { return read_jpeg_test_file("baseline_420.jpg"); }

// With comments of that many bytes behind its first marker.
Bytes long_jpeg(size_t comment_bytes) {
  constexpr size_t kMost = 65533;
  Bytes out = jpeg();
  for (size_t done = 0; done < comment_bytes;) {
    const size_t bytes = std::min(kMost, comment_bytes - done);
    Bytes segment{0xff, 0xfe, uint8_t((bytes + 2) >> 8), uint8_t(bytes + 2)};
    append_bytes(segment, numbers(bytes));
    out.insert(out.begin() + 2, segment.begin(), segment.end());
    done += bytes;
  }
  return out;
}

Bytes tar_file(const Bytes& content) {
  Bytes out;
  add_tar_file(out, "a", content);
  return out;
}

std::vector<size_t> blocks_of(const Bytes& raw) {
  MemorySource source(raw);
  BlockCutter cutter(source, kBlock, true);
  std::vector<size_t> sizes;
  Bytes all;
  for (;;) {
    const Bytes block = *cutter.next();
    if (block.empty()) break;
    append_bytes(all, block);
    sizes.push_back(block.size());
    EXPECT_EQ(cutter.at_end(), all.size() == raw.size());
  }
  EXPECT_EQ(all, raw);
  return sizes;
}

Bytes packed(const Bytes& raw, int threads) {
  CompressOptions options;
  options.level = 1;
  options.block_bytes = kBlock;
  options.threads = threads;
  MemorySource source(raw);
  MemorySink file;
  EXPECT_TRUE(compress(source, file, options).ok());
  return file.bytes;
}

TEST(EmbeddedFiles, AreFoundInArchivesAndOutside) {
  const Bytes picture = jpeg(), text = numbers(700);
  const Bytes pnm = joined({Bytes{'P', '6', ' ', '9', ' ', '9', ' ', '2', '5', '5', ' '}, Bytes(9 * 9 * 3 + 7)});
  const Bytes archive = joined({tar_file(text), tar_file(picture), tar_file(pnm), tar_file(joined({text, picture}))});
  const std::vector<FoundFile> expected = {
      {2048, picture.size()}, {2048 + 1024 + 512, pnm.size()}, {2048 + 1024 + 1024 + 512 + 700, picture.size()}};
  EXPECT_EQ(find_embedded_files(archive).files, expected);
  EXPECT_EQ(find_embedded_files(joined({text, picture})).files, (std::vector<FoundFile>{{700, picture.size()}}));
}

TEST(EmbeddedFiles, AnUnfinishedOneIsToldWithItsHeader) {
  const Bytes picture = jpeg();
  Bytes archive = joined({tar_file(numbers(700)), tar_file(picture)});
  archive.resize(2048 + 512 + 300);
  const auto unfinished = find_embedded_files(archive).unfinished;
  ASSERT_TRUE(unfinished);
  EXPECT_EQ(unfinished->cut, 1536u);
  EXPECT_EQ(unfinished->begin, 2048u);
  EXPECT_EQ(unfinished->bytes, picture.size());
}

TEST(EmbeddedFiles, MakeABlockSmaller) {
  const Bytes raw = joined({numbers(3000), jpeg(), numbers(3000)});
  const EncodedBlock with = *encode_block(raw, level_row(1), {});
  const EncodedBlock text = *encode_block(numbers(3000), level_row(1), {}),
                     picture = *encode_file(jpeg(), level_row(1), {});
  EXPECT_EQ(with.codec, kGrouped);
  EXPECT_LT(with.payload.size(), 2 * text.payload.size() + picture.payload.size());
  const auto back = decode_block(with.codec, with.payload, raw.size(), {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, raw);
}

TEST(EmbeddedFiles, OneBehindAnotherIsNotASideByte) {
  const Bytes raw = joined({jpeg(), jpeg()});
  EXPECT_TRUE(encode_file(joined({jpeg(), numbers(500)}), level_row(1), {})) << "no file follows";
  EXPECT_FALSE(encode_file(raw, level_row(1), {}));
  const EncodedBlock both = *encode_block(raw, level_row(1), {});
  EXPECT_LT(both.payload.size(), raw.size() * 9 / 10);
}

TEST(EmbeddedFiles, BlocksAreCutBeforeThemOrBehind) {
  const Bytes picture = jpeg();
  // Across the end of a block.
  EXPECT_EQ(blocks_of(joined({numbers(kBlock - 500), picture, numbers(5000)})),
            (std::vector<size_t>{kBlock - 500, picture.size() + 5000}));
  // Larger than a block, a little behind its beginning: with it.
  const Bytes large = long_jpeg(3 * kBlock);
  EXPECT_EQ(blocks_of(joined({numbers(100), large, numbers(kBlock), picture})),
            (std::vector<size_t>{100 + large.size(), kBlock, picture.size()}));
  // In an archive, with its header.
  EXPECT_EQ(blocks_of(joined({tar_file(numbers(kBlock - 1024)), tar_file(picture), tar_file(numbers(9))})),
            (std::vector<size_t>{kBlock - 512, 2560}));
  EXPECT_EQ(blocks_of(joined({tar_file(large), tar_file(picture)})),
            (std::vector<size_t>{512 + large.size(), tar_file(large).size() - 512 - large.size() + 1536}));
  // Without an end: as if it were none.
  EXPECT_EQ(blocks_of(joined({Bytes(large.begin(), large.begin() + 2 * kBlock)})),
            (std::vector<size_t>{kBlock, kBlock}));
  EXPECT_EQ(blocks_of(joined({large, numbers(10)})), (std::vector<size_t>{large.size(), 10}));
}

TEST(EmbeddedFiles, ComeBackFromBlocksOfAFile) {
  std::vector<Bytes> parts;
  for (const std::string& name : jpeg_test_files()) {
    parts.push_back(numbers(parts.size() * 5000));
    parts.push_back(read_jpeg_test_file(name));
  }
  const Bytes raw = joined(parts), file = packed(raw, 1);
  EXPECT_EQ(packed(raw, 5), file);
  MemorySource source(file);
  MemorySink back;
  ASSERT_TRUE(decompress(source, back, {}).ok());
  EXPECT_EQ(back.bytes, raw);
}

TEST(EmbeddedFiles, DamageIsFoundOrHarmless) {
  const Bytes raw = joined({numbers(300), jpeg(), numbers(300)});
  const EncodedBlock good = *encode_block(raw, level_row(1), {});
  ASSERT_EQ(good.codec, kGrouped);
  std::mt19937 random(8);
  for (int round = 0; round < 150; ++round) {
    Bytes payload = good.payload;
    payload[random() % (round % 2 ? 20 : payload.size())] = uint8_t(random());
    const auto back = decode_block(good.codec, payload, raw.size(), {});
    if (back.ok()) EXPECT_EQ(back->size(), raw.size());
  }
  for (size_t cut = 0; cut < good.payload.size(); cut += 29)
    EXPECT_FALSE(decode_block(good.codec, ByteSpan(good.payload).first(cut), raw.size(), {}).ok()) << cut;
}

}  // namespace
}  // namespace lmc
