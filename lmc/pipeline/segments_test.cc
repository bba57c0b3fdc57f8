#include "lmc/pipeline/segments.h"

#include <gtest/gtest.h>

#include <random>

#include "lmc/codecs/grouped.h"
#include "lmc/pipeline/encode_block.h"
#include "lmc/pipeline/tar_test_support.h"

namespace lmc {
namespace {

void add_text(Bytes& out, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out.push_back(uint8_t(' ' + i * 7 % 90));
}
void add_noise(Bytes& out, size_t bytes) {
  std::mt19937 random(9);
  for (size_t i = 0; i < bytes; ++i) out.push_back(uint8_t(random()));
}
void add_data(Bytes& out, size_t bytes) {  // no text, and not evenly spread
  for (size_t i = 0; i < bytes; ++i) out.push_back(uint8_t(i % 3 == 0 ? i / 64 : 1));
}

size_t total(const std::vector<Segment>& segments) {
  size_t sum = 0;
  for (const Segment& s : segments) sum += s.bytes;
  return sum;
}

TEST(Segments, CutsWhereTextBecomesNoise) {
  Bytes raw;
  add_text(raw, 100000);
  add_noise(raw, 100000);
  add_text(raw, 200000);
  const auto segments = find_segments(raw, {});
  ASSERT_EQ(segments.size(), 3u);
  EXPECT_EQ(segments[0].kind, SegmentKind::kText);
  EXPECT_EQ(segments[1].kind, SegmentKind::kNoise);
  EXPECT_EQ(segments[2].kind, SegmentKind::kText);
  EXPECT_NEAR(double(segments[0].bytes), 100000, 1024);
  EXPECT_NEAR(double(segments[1].bytes), 100000, 2048);
}

TEST(Segments, ShortStretchesAreNotCutOff) {
  Bytes raw;
  add_noise(raw, 8192);
  add_text(raw, 100000);
  add_noise(raw, 8000);
  add_text(raw, 100000);
  EXPECT_EQ(find_segments(raw, {}), (std::vector<Segment>{{SegmentKind::kText, raw.size()}}));
}

TEST(Segments, TextThatTheVocabularyDoesNotKnowIsAKindOfItsOwn) {
  Bytes raw;
  add_text(raw, 65536);
  raw.resize(131072, '7');
  const auto known = [](ByteSpan piece, bool) { return piece[0] != '7'; };
  EXPECT_EQ(find_segments(raw, known),
            (std::vector<Segment>{{SegmentKind::kText, 65536}, {SegmentKind::kTable, 65536}}));
}

TEST(Segments, FilesOfAnArchiveAreToldByTheirHeaders) {
  Bytes text, data, raw;
  add_text(text, 700);
  add_data(data, 3000);
  add_tar_file(raw, "a", text);
  add_tar_file(raw, "empty", {});
  add_tar_file(raw, "b", data);
  const std::vector<Segment> expected = {{SegmentKind::kHeaders, 512},
                                         {SegmentKind::kText, 700},
                                         {SegmentKind::kHeaders, 324 + 2 * 512},
                                         {SegmentKind::kData, 3000},
                                         {SegmentKind::kHeaders, 72}};
  EXPECT_EQ(find_segments(raw, {}), expected);
  raw[300] ^= 1;  // a wrong checksum: no header, so the next one is looked for
  EXPECT_EQ(find_segments(raw, {})[1].kind, SegmentKind::kHeaders);
}

TEST(Segments, AnArchiveCutAnywhereIsCovered) {
  Bytes text, raw;
  add_text(text, 700);
  for (int i = 0; i < 3; ++i) add_tar_file(raw, "name", text);
  for (size_t begin = 0; begin < 1100; begin += 50)
    for (size_t end = begin; end < raw.size(); end += 100)
      EXPECT_EQ(total(find_segments(ByteSpan(raw).subspan(begin, end - begin), {})), end - begin);
}

TEST(Segments, CoverEverythingWhateverComes) {
  std::mt19937 random(4);
  EXPECT_TRUE(find_segments({}, {}).empty());
  for (int round = 0; round < 50; ++round) {
    Bytes raw;
    for (uint32_t parts = 1 + random() % 9; parts > 0; --parts) {
      const size_t bytes = random() % 60000;
      random() % 3 == 0 ? add_text(raw, bytes) : random() % 2 ? add_noise(raw, bytes) : add_data(raw, bytes);
    }
    const auto segments = find_segments(raw, {});
    EXPECT_EQ(total(segments), raw.size());
    for (size_t i = 0; i < segments.size(); ++i) {
      EXPECT_GT(segments[i].bytes, 0u);
      if (i > 0) EXPECT_NE(segments[i].kind, segments[i - 1].kind);
    }
  }
}

EncodedBlock stored(SegmentKind, ByteSpan raw, const BlockResources&) {
  return {kStored, Bytes(raw.begin(), raw.end())};
}

struct Grouped {
  Bytes raw, payload;
};
Grouped grouped() {
  Grouped out;
  for (int i = 0; i < 200; ++i) out.raw.push_back(uint8_t(i));
  const std::vector<Segment> segments = {{SegmentKind::kText, 20},   {SegmentKind::kData, 100},
                                         {SegmentKind::kText, 1},    {SegmentKind::kNoise, 9},
                                         {SegmentKind::kHeaders, 5}, {SegmentKind::kText, 65}};
  const EncodedBlock block = encode_by_kind(out.raw, segments, {}, stored, {});
  EXPECT_EQ(block.codec, kGrouped);
  out.payload = block.payload;
  return out;
}

TEST(GroupedBlock, ComesBackWithAnyNumberOfThreads) {
  const Grouped g = grouped();
  for (int threads : {1, 2, 5}) {
    BlockResources resources;
    resources.threads = threads;
    const auto back = decode_grouped(g.payload, g.raw.size(), resources);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, g.raw);
  }
}

TEST(GroupedBlock, ReportsProgressUpToTheWholeBlock) {
  Bytes raw;
  add_text(raw, 300000);
  add_noise(raw, 100000);
  BlockResources resources;
  size_t last = 0;
  resources.progress = [&](size_t done) {
    EXPECT_GE(done, last);
    last = done;
  };
  const EncodedBlock block = *encode_block(raw, level_row(1), resources);
  EXPECT_EQ(block.codec, kGrouped);
  EXPECT_GT(last, raw.size() / 2);
  EXPECT_LE(last, raw.size());
  const auto back = decode_block(block.codec, block.payload, raw.size(), {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, raw);
}

TEST(GroupedBlock, DamageIsFoundOrHarmless) {
  const Grouped g = grouped();
  const size_t layout_bytes = g.payload.size() - g.raw.size();
  for (size_t cut = 0; cut < g.payload.size(); ++cut)
    EXPECT_FALSE(decode_grouped(ByteSpan(g.payload).first(cut), g.raw.size(), {}).ok()) << cut;
  for (size_t byte = 0; byte < layout_bytes; ++byte)
    for (int value = 0; value < 256; ++value) {
      Bytes damaged = g.payload;
      damaged[byte] = uint8_t(value);
      const auto back = decode_grouped(damaged, g.raw.size(), {});
      if (back.ok()) EXPECT_EQ(back->size(), g.raw.size());
    }
  EXPECT_FALSE(decode_grouped(g.payload, g.raw.size() - 1, {}).ok());
  EXPECT_FALSE(decode_grouped(g.payload, g.raw.size() + 1, {}).ok());
}

TEST(GroupedBlock, GroupsInGroupsAreRejected) {
  Grouped g = grouped();
  ASSERT_EQ(g.payload[2], uint8_t(kStored));
  g.payload[2] = uint8_t(kGrouped);
  EXPECT_FALSE(decode_grouped(g.payload, g.raw.size(), {}).ok());
}

}  // namespace
}  // namespace lmc
