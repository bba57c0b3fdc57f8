// Containers of deflate streams through the whole pipeline: alone, one in another, inside other data, damaged.
#include <gtest/gtest.h>

#include "lmc/base/bytes_test_support.h"
#include "lmc/codecs/streams.h"
#include "lmc/coding/ascii85.h"
#include "lmc/media/deflate/deflate_corrections.h"
#include "lmc/media/deflate/zlib_stream.h"
#include "lmc/pipeline/round_trip_test_support.h"

namespace lmc {
namespace {

// As zlib would write it, or another encoder that now and then does something else.
Bytes deflated(ByteSpan data, bool oddly = false) {
  CorrectionWriter odd;
  for (size_t i = 0; oddly && i < 40; ++i) {
    odd.token_right();
    odd.token_wrong({});  // a literal in place of what zlib would take
  }
  const Bytes side = odd.finish({.level = 6}, 0);
  ByteReader reader(side);
  auto stream = rebuild_deflate(reader, data, 1 << 24);
  EXPECT_TRUE(stream.ok());
  return std::move(*stream);
}

Bytes gzip_of(ByteSpan data, bool oddly = false) {
  Bytes out = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
  append_bytes(out, deflated(data, oddly));
  append_le<uint32_t>(out, 0x12345678);  // its checksum is kept, not believed
  append_le<uint32_t>(out, uint32_t(data.size()));
  return out;
}

Bytes zip_entry(ByteSpan data) {
  const Bytes stream = deflated(data);
  Bytes out = {'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0};
  for (const size_t field : {size_t(1), stream.size(), data.size()}) append_le<uint32_t>(out, uint32_t(field));
  append_le<uint16_t>(out, 1);
  append_le<uint16_t>(out, 0);
  out.push_back('a');
  append_bytes(out, stream);
  return out;
}

CompressOptions level(int level, int threads = 1) {
  CompressOptions options;
  options.level = level;
  options.threads = threads;
  return options;
}

Bytes expect_round_trip(const Bytes& raw, int at_level = 1) {
  const Bytes file = packed(raw, level(at_level));
  const auto back = unpacked(file);
  EXPECT_TRUE(back.ok()) << back.error().message;
  if (back.ok()) EXPECT_EQ(*back, raw);
  EXPECT_EQ(packed(raw, level(at_level, 3)), file);
  return file;
}

TEST(Containers, CostAboutWhatTheirContentCosts) {
  const Bytes text = numbers(60000), more = numbers(20000);
  const size_t content = packed(text, level(1)).size();
  for (const bool oddly : {false, true}) {
    const Bytes raw = gzip_of(text, oddly);
    const size_t size = expect_round_trip(raw).size();
    EXPECT_LT(size, content + content / 50 + 150);
    EXPECT_LT(size, raw.size() * 9 / 10);
  }
  expect_round_trip(joined({zip_entry(text), zip_entry(more), zip_entry(text)}));
  expect_round_trip(joined({noise(3000), gzip_of(text), noise(2000, 2), zip_entry(more), noise(10, 3)}));
  expect_round_trip(joined({gzip_of(text), gzip_of(more, true), Bytes(100, 0)}), 5);
}

TEST(Containers, StreamsOfPdfInText) {
  const Bytes text = numbers(40000);
  const size_t content = packed(text, level(1)).size();
  for (const bool oddly : {false, true}) {
    for (const size_t line_bytes : {0, 60}) {
      Bytes raw;
      append_bytes(raw, as_bytes("%PDF-1.4\n1 0 obj\n/Filter [ /ASCII85Decode /FlateDecode ]\nstream\n"));
      const Bytes zlib = zlib_around(Bytes{0x78, 0x9c}, deflated(text, oddly), text);
      append_bytes(raw, encode_ascii85(zlib, line_bytes));
      append_bytes(raw, as_bytes("~>endstream\nendobj\n"));
      EXPECT_LT(expect_round_trip(raw).size(), content + content / 50 + 250);
    }
  }
}

TEST(Containers, InContainersToADepth) {
  Bytes raw = numbers(30000);
  std::vector<size_t> sizes;
  for (int depth = 0; depth < 6; ++depth) {
    sizes.push_back(expect_round_trip(raw).size());
    raw = depth % 2 == 0 ? zip_entry(raw) : gzip_of(raw);
  }
  EXPECT_LT(sizes[3], sizes[0] + 400);
}

TEST(Containers, AreListedByName) {
  const CodecRow* const row = find_codec(kStreams);
  ASSERT_NE(row, nullptr);
  EXPECT_STREQ(row->name, "deflate");
  EXPECT_EQ(row->describe(ByteSpan(Bytes{0x90, 0x4e, 0})), "deflate streams, 10000 bytes inside");
}

TEST(Containers, NothingIsTakenOnTheWordOfAFile) {
  const Bytes raw = gzip_of(numbers(60000));
  const Bytes file = packed(raw, level(1));
  const auto refused = unpacked(file, {.memory_limit_bytes = 50000});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().family, ErrorFamily::kEnvironment);
  // More than the streams of a block can hold.
  Bytes payload;
  append_varint(payload, uint64_t(1) << 40);
  append_varint(payload, 0);
  append_bytes(payload, noise(50));
  const auto unbelieved = decode_streams(payload, 100, {});
  ASSERT_FALSE(unbelieved.ok());
  EXPECT_EQ(unbelieved.error().family, ErrorFamily::kBadInput);
}

TEST(Containers, DamageIsFound) {
  const Bytes raw = joined({gzip_of(numbers(900)), zip_entry(numbers(700)), gzip_of(numbers(800), true)});
  Bytes file = packed(raw, level(1));
  ASSERT_TRUE(unpacked(file).ok());
  for (size_t bit = 0; bit < 8 * file.size(); bit += 13) {
    file[bit / 8] ^= uint8_t(1 << bit % 8);
    const auto back = unpacked(file);
    if (back.ok()) EXPECT_EQ(*back, raw) << bit;  // the end of a code may have bits to spare
    file[bit / 8] ^= uint8_t(1 << bit % 8);
  }
  for (size_t size = 0; size < file.size(); size += 3) EXPECT_FALSE(unpacked(ByteSpan(file).first(size)).ok());
}

}  // namespace
}  // namespace lmc
