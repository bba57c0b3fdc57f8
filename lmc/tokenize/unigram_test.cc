// The unigram tokenizer: the best cut by trying all of them, characters that are no tokens, sections. What the package
// sentencepiece gives for the same texts is in lmc/models/import/sentence_piece_test.cc.
#include "lmc/tokenize/unigram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "lmc/tokenize/tokenizer.h"
#include "lmc/tokenize/tokenizer_test_support.h"

namespace lmc {
namespace {

using Scores = std::map<std::string, double>;
using Strings = std::vector<std::string>;

// All bytes and these; the bytes that are not among them only spell.
Tokenizer make_tokenizer(const Scores& tokens, const Strings& whole = {}, Splitter splitter = Splitter::kUnigram) {
  Scores all = tokens;
  for (int byte = 0; byte < 256; ++byte) all.emplace(std::string(1, char(byte)), Unigram::kSpells);
  Strings strings;
  std::vector<double> scores;
  std::vector<uint32_t> ranks, ids;
  uint32_t rank = 0;
  for (const auto& [string, score] : all) {
    if (std::ranges::find(whole, string) != whole.end()) ids.push_back(uint32_t(strings.size()));
    strings.push_back(string);
    scores.push_back(score);
    ranks.push_back(string.size() > 1 ? rank++ : 0);
  }
  auto made =
      Tokenizer::create_unigram(std::move(strings), std::move(ranks), std::move(scores), std::move(ids), splitter);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

Strings tokens_of(const Tokenizer& tokenizer, std::string_view text) {
  Strings out;
  for (const uint32_t token : tokenizer.encode(as_bytes(text))) out.push_back(tokenizer.vocabulary()[token]);
  return out;
}

TEST(Unigram, TheGreatestSum) {
  const Tokenizer tokenizer =
      make_tokenizer({{"a", -3}, {"b", -3}, {"ab", -4}, {"abb", -4.5f}, {"bb", -5}, {" ", -2}, {" a", -3}});
  EXPECT_EQ(tokens_of(tokenizer, "ab"), (Strings{"ab"}));
  EXPECT_EQ(tokens_of(tokenizer, "abbb"), (Strings{"abb", "b"}));
  EXPECT_EQ(tokens_of(tokenizer, "ab abba"), (Strings{"ab", " ", "abb", "a"}));
  EXPECT_EQ(tokens_of(tokenizer, "bb a"), (Strings{"bb", " a"}));
  EXPECT_EQ(tokens_of(tokenizer, ""), Strings{});
}

TEST(Unigram, OfEqualSumsTheLongerLastTokenStays) {
  const Tokenizer tokenizer = make_tokenizer({{"a", -1}, {"aa", -2}, {"aaa", -3}});
  EXPECT_EQ(tokens_of(tokenizer, "aaa"), (Strings{"aaa"}));
  EXPECT_EQ(tokens_of(tokenizer, "aaaa"), (Strings{"a", "aaa"}));
}

// From 2^24 on binary32 has whole numbers only.
TEST(Unigram, SumsAreRoundedAsThePackagesRoundThem) {
  const Scores tokens = {{"a", -16777215}, {"b", -0.5}, {"ab", -16777216}, {"c", -1}, {"bc", -2}};
  const Tokenizer sentence_piece = make_tokenizer(tokens);
  const Tokenizer tokenizers = make_tokenizer(tokens, {}, Splitter::kUnigramText);
  // -16777215.5 is more than -16777216, which it is rounded to.
  EXPECT_EQ(tokens_of(sentence_piece, "ab"), (Strings{"ab"}));
  EXPECT_EQ(tokens_of(tokenizers, "ab"), (Strings{"a", "b"}));
  // -16777216 - 1 and -16777217, rounded to the same; and -16777215.5 - 1 against -16777217.
  EXPECT_EQ(tokens_of(sentence_piece, "abc"), (Strings{"a", "bc"}));
  EXPECT_EQ(tokens_of(tokenizers, "abc"), (Strings{"a", "b", "c"}));
}

TEST(Unigram, WordsAreCutBeforeEverySpace) {
  const Scores tokens = {{"a", -3}, {" ", -3}, {"  ", -2}, {"a ", -1}, {" a", -4}, {"<b>", 0}};
  const auto cut = [&](Splitter splitter) {
    return tokens_of(make_tokenizer(tokens, {"<b>"}, splitter), "a   a<b> a");
  };
  EXPECT_EQ(cut(Splitter::kUnigramText), (Strings{"a ", "  ", "a", "<b>", " a"}));
  EXPECT_EQ(cut(Splitter::kUnigramWords), (Strings{"a", " ", " ", " a", "<b>", " a"}));
}

TEST(Unigram, CharactersThatAreNoTokensAreSpelled) {
  const Tokenizer tokenizer = make_tokenizer({{"a", -3}, {"\xC3\xA9", -9}, {"a\xC3\xA9", -8}});
  EXPECT_EQ(tokens_of(tokenizer, "\xC3\xA9"), (Strings{"\xC3\xA9"}));
  EXPECT_EQ(tokens_of(tokenizer,
                      "x\xC3\xA8"
                      "a\xC3\xA9"),
            (Strings{"x", "\xC3", "\xA8", "a\xC3\xA9"}));
  EXPECT_EQ(tokens_of(tokenizer,
                      "\xA9\xFF"
                      "a"),
            (Strings{"\xA9", "\xFF", "a"}));
}

TEST(Unigram, WholeTokensWin) {
  const Tokenizer tokenizer = make_tokenizer({{"<", -1}, {"b", -1}, {">", -1}, {"<b>", -90}}, {"<b>"});
  EXPECT_EQ(tokens_of(tokenizer, "<<b>b>"), (Strings{"<", "<b>", "b", ">"}));
}

// The best sum of all ways, in binary64.
double best_sum(const Scores& tokens, std::string_view text) {
  std::vector<double> best(text.size() + 1, -1e9);
  best[0] = 0;
  for (size_t end = 1; end <= text.size(); ++end)
    for (size_t begin = 0; begin < end; ++begin) {
      const auto it = tokens.find(std::string(text.substr(begin, end - begin)));
      if (it != tokens.end()) best[end] = std::max(best[end], best[begin] + double(it->second));
    }
  return best.back();
}

TEST(Unigram, NoCutIsBetter) {
  uint64_t seed = 5;
  const auto below = [&seed](uint64_t limit) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 33) % limit;
  };
  for (int round = 0; round < 60; ++round) {
    Scores tokens;
    for (const char* letter : {"a", "b", "c", " "}) tokens[letter] = -1.0f - float(below(1000)) / 100;
    for (int i = 0; i < 40; ++i) {
      std::string token;
      for (size_t size = 2 + below(5); token.size() < size;) token += "abc "[below(4)];
      tokens[token] = -2.0f - float(below(1000)) / 60;
    }
    const Tokenizer tokenizer = make_tokenizer(tokens);
    std::string text;
    while (text.size() < 150) text += "abc "[below(4)];
    double sum = 0;
    for (const std::string& token : tokens_of(tokenizer, text)) sum += double(tokens.at(token));
    EXPECT_NEAR(sum, best_sum(tokens, text), 1e-3) << text;
  }
}

TEST(Unigram, EveryByteStringComesBack) {
  const Scores tokens = {{"he", -5},           {"\xC3\xA9", -7}, {" \xC3\xA9", -6},
                         {"\xE4\xB8\xAD", -8}, {"aaaa", -4},     {" ", -2}};
  for (const bool space_inside : {false, true}) {
    Scores more = tokens;
    if (space_inside) more["e h"] = -4;
    const Tokenizer tokenizer = make_tokenizer(more, {"\xE4\xB8\xAD"});
    expect_byte_strings_come_back(tokenizer, {1, 2, 64, 4096, 1048575, 1048576, 1048577, 2200000});
    for (const Splitter splitter : {Splitter::kUnigramText, Splitter::kUnigramWords})
      expect_byte_strings_come_back(make_tokenizer(more, {"\xE4\xB8\xAD"}, splitter), {1, 2, 64, 4096, 70000});
  }
}

class UnigramSections : public testing::TestWithParam<Splitter> {};

TEST_P(UnigramSections, RoundTripAndDamagedOnesAreErrors) {
  const Tokenizer tokenizer = make_tokenizer({{"he", -5}, {"h", -3.5}, {"<b>", 0}}, {"<b>"}, GetParam());
  const Bytes strings = tokenizer.serialize(), merges = tokenizer.serialize_merges();
  const auto back = Tokenizer::parse(strings, merges);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->serialize_merges(), merges);
  for (const char* text : {"he <b>h", "hehehe"})
    EXPECT_EQ(back->encode(as_bytes(text)), tokenizer.encode(as_bytes(text)));
  for (size_t size = 1; size < merges.size(); ++size)
    EXPECT_FALSE(Tokenizer::parse(strings, ByteSpan(merges).first(size)).ok()) << size;
  Bytes longer = merges;
  longer.push_back(0);
  EXPECT_FALSE(Tokenizer::parse(strings, longer).ok());
  const size_t score_bytes = GetParam() == Splitter::kUnigram ? 4 : 8;
  const auto he = size_t(std::ranges::find(tokenizer.vocabulary(), "he") - tokenizer.vocabulary().begin());
  for (const double score : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    Bytes bits;
    if (score_bytes == 4)
      append_le(bits, std::bit_cast<uint32_t>(float(score)));
    else
      append_le(bits, std::bit_cast<uint64_t>(score));
    Bytes bad = merges;
    std::ranges::copy(bits, bad.begin() + std::ptrdiff_t(3 + score_bytes * he));
    EXPECT_FALSE(Tokenizer::parse(strings, bad).ok()) << score;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, UnigramSections,
                         testing::Values(Splitter::kUnigram, Splitter::kUnigramText, Splitter::kUnigramWords));

}  // namespace
}  // namespace lmc
