// Choices of any encoder: what is found, coded and read again; that nothing in them is trusted; that they stay the
// same.
#include "lmc/media/deflate/deflate_choices.h"

#include "lmc/base/bytes_test_support.h"
#include "lmc/base/hash.h"
#include "lmc/coding/ascii85.h"
#include "lmc/media/deflate/cheapest_parse.h"
#include "lmc/media/deflate/deflate_codes.h"
#include "lmc/media/deflate/inflate.h"
#include "lmc/media/deflate/parse_kernels.h"
#include "lmc/media/deflate/random_encoder_test_support.h"
#include "lmc/media/deflate/stream_search.h"
#include "lmc/media/deflate/zlib_test_support.h"

namespace lmc {
namespace {

Bytes deflated(ByteSpan data, const ZlibSettings& settings = {}) {
  const Bytes zlib = zlib_stream(data, settings);
  return Bytes(zlib.begin() + 2, zlib.end() - 4);
}

TEST(MatchFinder, FindsTheNearestMatchOfEveryLength) {
  for (const uint32_t letters : {1u, 2u, 4u, 200u}) {
    std::minstd_rand random(letters);
    Bytes data(3000);
    for (uint8_t& byte : data) byte = uint8_t(random() % letters);
    std::fill_n(data.begin() + 1000, 600, uint8_t(0));
    MatchFinder finder(data, 1 << 20);
    for (size_t at = 0; at < data.size(); ++at) {
      std::vector<MatchStep> steps;
      finder.next(steps);
      std::vector<MatchStep> expected;
      const auto limit = uint32_t(std::min<size_t>(kMaxMatch, data.size() - at));
      uint32_t best = kMinMatch - 1;
      for (size_t distance = 1; distance <= at && best < limit; ++distance) {
        const uint32_t length = common_length(&data[at], &data[at - distance], 0, limit);
        if (length > best) expected.push_back({uint16_t(best = length), uint16_t(distance)});
      }
      ASSERT_EQ(steps.size(), expected.size()) << letters << " letters, at " << at;
      for (size_t i = 0; i < steps.size(); ++i) {
        ASSERT_EQ(steps[i].length, expected[i].length);
        ASSERT_EQ(steps[i].distance, expected[i].distance);
      }
    }
  }
}

TEST(ParseKernels, AllInstructionSetsFindTheSame) {
  std::minstd_rand random(1);
  std::vector<int32_t> a(600), b(600);
  for (int32_t& x : a) x = int32_t(random() % 2000);
  for (int32_t& x : b) x = int32_t(random() % (1 << 20));
  for (size_t n = 0; n < 300; ++n) {
    int32_t least = INT32_MAX;
    for (size_t i = 0; i < n; ++i) least = std::min(least, a[i] + b[i + n]);
    for (const Isa isa : all_isas())
      if (isa_available(isa)) ASSERT_EQ(parse_kernels(isa).least_sum(a.data(), b.data() + n, n), least) << n;
  }
}

TEST(CheapestParse, CostsNoMoreThanAnyOtherParse) {
  const Bytes data = wordy_bytes(5000, 3);
  MatchFinder finder(data, 1000);
  MatchLists lists;
  while (finder.position() < data.size()) {
    finder.next(lists.steps);
    lists.ends.push_back(uint32_t(lists.steps.size()));
  }
  const TokenCosts costs(kFixedLengths);
  std::vector<int32_t> rest;
  cheapest_rests(data, lists, costs, rest);
  ASSERT_EQ(rest.size(), data.size() + 1);
  EXPECT_EQ(rest.back(), 0);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::minstd_rand random(seed);
    int32_t cost = 0;
    for (size_t at = 0; at < data.size();) {
      Token token;
      const auto steps = lists.at(at);
      if (!steps.empty() && random() % 8 != 0)
        token = {seed == 0 ? steps.back().length : steps[random() % steps.size()].length, 0};
      if (token.length > 1)
        for (const MatchStep step : steps)
          if (step.length == token.length) token.distance = step.distance;
      cost += costs.of(token, data[at]);
      at += token.length;
    }
    EXPECT_LE(rest[0], cost);
  }
}

TEST(DeflateChoices, StreamsOfAllKindsComeBack) {
  const std::vector<Bytes> contents = {
      {}, {7}, Bytes(100000, 0), noise(70000), wordy_bytes(200000, 1), wavy_bytes(150000, 2)};
  ChoicesWriter writer;
  std::vector<std::pair<Bytes, Bytes>> all;  // stream, data
  for (const Bytes& data : contents) {
    for (const int level : {0, 1, 6, 9}) all.push_back({deflated(data, {.level = level}), data});
    all.push_back({deflated(data, {.strategy = Z_FIXED}), data});
    all.push_back({deflated(data, {.feed_bytes = 999, .flush = Z_SYNC_FLUSH}), data});
    if (data.size() < 160000) all.push_back({random_stream(data, 1), data});
  }
  for (size_t i = 0; i < all.size(); ++i) {
    ChoiceSettings settings;
    if (i % 3 == 1) settings.zlib = DeflateSettings{};
    if (i % 4 == 1) settings.chain_bytes = 3 + i % 2, settings.chain_steps = 4;
    ASSERT_TRUE(writer.add(all[i].first, all[i].second, settings).ok());
  }
  const Bytes choices = std::move(writer).finish();
  ChoicesReader reader(choices);
  for (const auto& [stream, data] : all) {
    const auto back = reader.next(data, stream.size());
    ASSERT_TRUE(back.ok()) << back.error().message;
    ASSERT_EQ(*back, stream);
  }
}

TEST(DeflateChoices, AnEncoderWithAShortSearchIsSeenThrough) {
  std::minstd_rand random(1);
  Bytes data(60000);
  for (uint8_t& byte : data) byte = uint8_t(random() % 5);
  const Bytes stream = deflated(data, {.level = 5});
  const ChoiceSettings found = find_choice_settings(stream, data, {});
  EXPECT_EQ(found.chain_bytes, 3u);
  ChoicesWriter plain, with;
  ASSERT_TRUE(plain.add(stream, data, {}).ok());
  ASSERT_TRUE(with.add(stream, data, found).ok());
  EXPECT_LT(std::move(with).finish().size(), std::move(plain).finish().size() / 2);
}

TEST(DeflateChoices, QuickEncodersAreImitated) {
  Bytes data = wordy_bytes(100000, 3);
  append_bytes(data, wavy_bytes(30000, 2));
  append_bytes(data, Bytes(5000, 7));
  for (uint8_t kind = 1; kind < kQuickKinds; ++kind) {
    QuickSearch search(data, QuickKind(kind));
    size_t matches = 0, tokens = 0;
    const auto next = [&](size_t at) {
      const Token token = search.next(at);
      search.commit(at, token);
      matches += token.is_match();
      ++tokens;
      return token;
    };
    const Bytes stream = stream_of_tokens(data, next, [] { return size_t(20000); });
    const auto inflated = inflate(stream, data.size());
    ASSERT_TRUE(inflated.ok()) << int(kind);
    EXPECT_EQ(inflated->data, data);
    EXPECT_GT(matches, 1000u);
    const ChoiceSettings settings = find_choice_settings(stream, data, {});
    EXPECT_EQ(int(settings.quick), int(kind));
    ChoicesWriter writer;
    ASSERT_TRUE(writer.add(stream, data, settings).ok());
    const Bytes choices = std::move(writer).finish();
    EXPECT_LT(choices.size(), 400 + tokens / 100) << int(kind);
    const auto again = ChoicesReader(choices).next(data, stream.size());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, stream);
  }
}

TEST(DeflateChoices, DamageIsHarmless) {
  const Bytes data = wordy_bytes(3000, 1), stream = random_stream(data, 3);
  ChoicesWriter writer;
  ASSERT_TRUE(writer.add(stream, data, {.zlib = DeflateSettings{}}).ok());
  Bytes choices = std::move(writer).finish();
  for (size_t bit = 0; bit < 8 * choices.size(); bit += 3) {
    choices[bit / 8] ^= uint8_t(1 << bit % 8);
    const auto back = ChoicesReader(choices).next(data, 2 * stream.size());
    if (back.ok()) EXPECT_LE(back->size(), 2 * stream.size() + 64000);
    choices[bit / 8] ^= uint8_t(1 << bit % 8);
  }
  for (size_t size = 0; size < choices.size(); size += 7) {
    const auto back = ChoicesReader(ByteSpan(choices).first(size)).next(data, 2 * stream.size());
    if (back.ok()) EXPECT_NE(*back, stream);
  }
  // Other data than those it was made of.
  const auto other = ChoicesReader(choices).next(wavy_bytes(3000, 1), 2 * stream.size());
  if (other.ok()) EXPECT_NE(*other, stream);
}

// What archives rely on: the bytes for a stream never change.
TEST(DeflateChoices, TheyStayWhatTheyAre) {
  const Bytes data = wordy_bytes(60000, 9), stream = random_stream(data, 7);
  ChoicesWriter writer;
  ASSERT_TRUE(writer.add(stream, data, {}).ok());
  ASSERT_TRUE(writer.add(stream, data, {.zlib = DeflateSettings{.level = 4}}).ok());
  ASSERT_TRUE(writer.add(stream, data, {.zlib = {}, .chain_bytes = 4, .chain_steps = 8}).ok());
  for (uint8_t kind = 1; kind < kQuickKinds; ++kind)
    ASSERT_TRUE(writer.add(stream, data, {.zlib = {}, .quick = QuickKind(kind)}).ok());
  const Bytes choices = std::move(writer).finish();
  EXPECT_EQ(choices.size(), 38745u);
  EXPECT_EQ(crc32c(choices), 684986438u);
}

Bytes gzip_member(ByteSpan data) {
  Bytes out = {0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 'a', 0};
  append_bytes(out, deflated(data));
  append_le<uint32_t>(out, uint32_t(::crc32(0, data.data(), uInt(data.size()))));
  append_le<uint32_t>(out, uint32_t(data.size()));
  return out;
}

Bytes zip_entry(ByteSpan data, bool descriptor) {
  const Bytes stream = deflated(data, {.level = 9});
  const auto crc = uint32_t(::crc32(0, data.data(), uInt(data.size())));
  Bytes out = {'P', 'K', 3, 4, 20, 0, uint8_t(descriptor ? 8 : 0), 0, 8, 0, 0, 0, 0, 0};
  for (const uint32_t field : {crc, uint32_t(stream.size()), uint32_t(data.size())})
    append_le(out, descriptor ? 0u : field);
  append_le<uint16_t>(out, 3);
  append_le<uint16_t>(out, 0);
  append_bytes(out, as_bytes("a.c"));
  append_bytes(out, stream);
  if (!descriptor) return out;
  append_bytes(out, as_bytes("PK\7\10"));
  for (const uint32_t field : {crc, uint32_t(stream.size()), uint32_t(data.size())}) append_le(out, field);
  return out;
}

TEST(StreamSearch, FindsWhatStandsInContainers) {
  const std::vector<Bytes> contents = {wordy_bytes(3000, 1), wordy_bytes(4000, 2), wavy_bytes(5000, 3), numbers(9000),
                                       numbers(700)};
  const Bytes raw =
      joined({noise(100), zip_entry(contents[0], false), zip_entry(contents[1], true), noise(77, 2),
              gzip_member(contents[2]), noise(55, 3), zlib_stream(contents[3]), gzip_member(contents[4])});
  const auto found = find_deflate_streams(raw, {.most_data_bytes = 1 << 20});
  ASSERT_EQ(found.size(), contents.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].data, contents[i]) << i;
  // What would hold more than may be is left alone; so is what is said to be other data.
  EXPECT_EQ(find_deflate_streams(raw, {.most_data_bytes = 8000}).size(), 3u);
  const auto spared = find_deflate_streams(
      raw, {.most_data_bytes = 1 << 20, .spare = [&](size_t at) { return at == 0 ? raw.size() - 500 : at; }});
  EXPECT_LT(spared.size(), 2u);
}

TEST(StreamSearch, FindsTextInPdf) {
  const Bytes data = wordy_bytes(3000, 1);
  const Bytes zlib = zlib_stream(data);
  for (const size_t line_bytes : {0, 72}) {
    for (const char* const before : {"/Filter [ /ASCII85Decode /FlateDecode ] >>\nstream\n", ">>\r\nstream\r\n"}) {
      Bytes raw;
      append_bytes(raw, as_bytes(before));
      const size_t begin = raw.size();
      append_bytes(raw, encode_ascii85(zlib, line_bytes));
      const size_t end = raw.size();
      append_bytes(raw, as_bytes("~>endstream"));
      const auto found = find_deflate_streams(raw, {.most_data_bytes = 10000});
      ASSERT_EQ(found.size(), 1u);
      EXPECT_EQ(found[0].begin, begin);
      EXPECT_EQ(found[0].begin + found[0].bytes, end);
      EXPECT_EQ(found[0].data, data);
      ASSERT_TRUE(found[0].text);
      EXPECT_EQ(found[0].text->line_bytes, line_bytes);
      EXPECT_EQ(found[0].text->zlib, zlib);
      EXPECT_EQ(found[0].stream(raw).size(), zlib.size() - 6);
      EXPECT_TRUE(find_deflate_streams(raw, {.most_data_bytes = 2999}).empty());
    }
  }
}

TEST(StreamSearch, ABrokenOrCutStreamIsNone) {
  Bytes member = gzip_member(wordy_bytes(3000, 1));
  for (const size_t size : {size_t(20), member.size() / 2, member.size() - 1})
    EXPECT_TRUE(find_deflate_streams(ByteSpan(member).first(size), {.most_data_bytes = 1 << 20}).empty());
  member[member.size() / 2] ^= 1;
  EXPECT_TRUE(find_deflate_streams(member, {.most_data_bytes = 1 << 20}).empty());
}

TEST(StreamSearch, BytesFullOfHeadersTakeNoLongerThanOthers) {
  // Each begins a stream that holds very much, and is cut off.
  Bytes bomb = zlib_stream(Bytes(4000000, 0));
  bomb.resize(2000);
  Bytes raw;
  for (int i = 0; i < 200; ++i) append_bytes(raw, bomb);
  EXPECT_TRUE(find_deflate_streams(raw, {.most_data_bytes = 1 << 30}).empty());  // it would be 800 MB otherwise
}

}  // namespace
}  // namespace lmc
