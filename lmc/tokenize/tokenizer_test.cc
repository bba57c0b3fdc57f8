#include "lmc/tokenize/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lmc {
namespace {

Tokenizer make_tokenizer() {
  std::vector<std::string> strings;
  for (int byte = 0; byte < 256; ++byte) strings.emplace_back(1, char(byte));
  std::vector<std::string> merges = {"th",  " t",   "the",    " the", "in", "ing",     ", ",
                                     "\n ", "\n  ", "\n    ", "  ",   "12", "\xC3\xA9"};
  std::vector<std::pair<std::string, uint32_t>> all;
  for (auto& string : strings) all.emplace_back(string, 0);
  for (size_t i = 0; i < merges.size(); ++i) all.emplace_back(merges[i], i);
  std::sort(all.begin(), all.end());
  std::vector<uint32_t> ranks;
  strings.clear();
  for (auto& [string, rank] : all) {
    strings.push_back(string);
    ranks.push_back(rank);
  }
  auto tokenizer = Tokenizer::create(strings, ranks);
  EXPECT_TRUE(tokenizer.ok());
  return *tokenizer;
}

void expect_round_trip(const Tokenizer& tokenizer, const Bytes& text) {
  const auto tokens = tokenizer.encode(text);
  EXPECT_EQ(tokenizer.decode(tokens), text);
  for (uint32_t token : tokens) EXPECT_LT(token, tokenizer.bos());
}

Bytes random_bytes(size_t size, uint64_t seed, unsigned range) {
  Bytes bytes(size);
  for (auto& byte : bytes) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    byte = uint8_t((seed >> 40) % range);
  }
  return bytes;
}

TEST(Tokenizer, RoundTrips) {
  const Tokenizer tokenizer = make_tokenizer();
  expect_round_trip(tokenizer, {});
  for (int byte = 0; byte < 256; ++byte) expect_round_trip(tokenizer, {uint8_t(byte)});
  for (unsigned range : {2u, 40u, 128u, 256u})
    for (size_t size : {1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 100000})
      expect_round_trip(tokenizer, random_bytes(size, size * range, range));
  for (uint8_t byte : {' ', '\n', '\t', 'a', '7', ',', '\0', '\xFF'}) expect_round_trip(tokenizer, Bytes(10007, byte));
  const ByteSpan text = as_bytes("\xC3\xA9\xC3( the thing,\n    12345  in\r\n\t x \xF0\x28\x8C\xBC \xED\xA0\x80");
  expect_round_trip(tokenizer, Bytes(text.begin(), text.end()));
}

TEST(Tokenizer, MergesByRankAndCachesTheSame) {
  const Tokenizer tokenizer = make_tokenizer();
  std::string once = "x the\n    thing 12,  in";
  auto strings_of = [&](std::string_view text) {
    std::vector<std::string> strings;
    for (uint32_t token : tokenizer.encode(as_bytes(text))) strings.push_back(tokenizer.vocabulary()[token]);
    return strings;
  };
  const std::vector<std::string> expected = {"x", " the", "\n    ", "th", "ing", " ", "12", ",", " ", " ", "in"};
  EXPECT_EQ(strings_of(once), expected);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += once;
  std::string joined;
  for (const auto& string : strings_of(many)) joined += string;
  EXPECT_EQ(joined, many);
  EXPECT_EQ(strings_of(many).size(), 1000 * strings_of(once).size());
}

TEST(Tokenizer, IdsAreRanks) {
  const Tokenizer tokenizer = make_tokenizer();
  EXPECT_TRUE(std::is_sorted(tokenizer.vocabulary().begin(), tokenizer.vocabulary().end()));
  EXPECT_EQ(tokenizer.bos(), tokenizer.vocabulary_size() - 1);
  const uint32_t bos = tokenizer.bos();
  EXPECT_TRUE(tokenizer.decode(std::span(&bos, 1)).empty());
}

TEST(Tokenizer, SerializationRoundTrips) {
  const Tokenizer tokenizer = make_tokenizer();
  const Bytes serialized = tokenizer.serialize();
  auto parsed = Tokenizer::parse(serialized);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->vocabulary(), tokenizer.vocabulary());
  EXPECT_EQ(parsed->serialize(), serialized);
  const Bytes text = random_bytes(5000, 1, 128);
  EXPECT_EQ(parsed->encode(text), tokenizer.encode(text));
}

TEST(Tokenizer, CorruptSerializationIsAnErrorOrAValidTokenizer) {
  const Bytes serialized = make_tokenizer().serialize();
  for (size_t size = 0; size < serialized.size(); ++size)
    EXPECT_FALSE(Tokenizer::parse(ByteSpan(serialized).first(size)).ok()) << size;
  Bytes longer = serialized;
  longer.push_back(0);
  EXPECT_FALSE(Tokenizer::parse(longer).ok());
  const Bytes text = random_bytes(300, 2, 256);
  for (size_t bit = 0; bit < serialized.size() * 8; ++bit) {
    Bytes damaged = serialized;
    damaged[bit / 8] ^= uint8_t(1 << (bit % 8));
    auto parsed = Tokenizer::parse(damaged);
    if (parsed.ok()) {
      EXPECT_EQ(parsed->decode(parsed->encode(text)), text);
    }
  }
  for (uint64_t seed = 0; seed < 200; ++seed) (void)Tokenizer::parse(random_bytes(1000, seed, 256)).ok();
}

TEST(Splitter, PiecesAreBoundedAndCoverTheText) {
  for (unsigned range : {64u, 128u, 256u}) {
    const Bytes text = random_bytes(20000, range, range);
    for (size_t position = 0; position < text.size();) {
      const size_t size = next_piece(ByteSpan(text).subspan(position));
      ASSERT_GE(size, 1u);
      ASSERT_LE(size, kMaxPieceBytes);
      position += size;
      ASSERT_LE(position, text.size());
    }
  }
}

}  // namespace
}  // namespace lmc
