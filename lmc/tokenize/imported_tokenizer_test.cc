// Tokenizers of imported models: splitting, merging by pairs, and what their sections may hold.
#include <gtest/gtest.h>

#include <algorithm>

#include "lmc/tokenize/splitter.h"
#include "lmc/tokenize/tokenizer.h"
#include "lmc/tokenize/tokenizer_test_support.h"
#include "lmc/tokenize/unicode_class.h"

namespace lmc {
namespace {

using Strings = std::vector<std::string>;

Strings pieces_of(std::string_view text, Splitter splitter) {
  Strings out;
  for (size_t at = 0; at < text.size();) {
    const size_t size = next_imported_piece(as_bytes(text.substr(at)), splitter);
    EXPECT_GE(size, 1u);
    out.emplace_back(text.substr(at, size));
    at += size;
  }
  return out;
}

// What the package tokenizers (0.23.3) gives for the same text.
TEST(Splitter, Gpt2) {
  const auto split = [](std::string_view text) { return pieces_of(text, Splitter::kGpt2); };
  EXPECT_EQ(split("I'll say: don't!"), (Strings{"I", "'ll", " say", ":", " don", "'t", "!"}));
  EXPECT_EQ(split("a  b   1234 5"), (Strings{"a", " ", " b", "  ", " 1234", " 5"}));
  EXPECT_EQ(split("x \n\n  y \t"), (Strings{"x", " \n\n ", " y", " \t"}));
  EXPECT_EQ(split("\n a"), (Strings{"\n", " a"}));
  EXPECT_EQ(split("\xC3\xA9t\xC3\xA9\xC2\xA0 \xE4\xB8\xAD\xE6\x96\x87"),
            (Strings{"\xC3\xA9t\xC3\xA9", "\xC2\xA0", " \xE4\xB8\xAD\xE6\x96\x87"}));
  EXPECT_EQ(split("'S 's''s"), (Strings{"'", "S", " '", "s", "''", "s"}));
}

TEST(Splitter, SmollmTakesEveryNumberAlone) {
  const auto split = [](std::string_view text) { return pieces_of(text, Splitter::kSmollm); };
  EXPECT_EQ(split("a 12b"), (Strings{"a", " ", "1", "2", "b"}));
  EXPECT_EQ(split("x   3"), (Strings{"x", "   ", "3"}));  // all three: the text before a number ends there
  EXPECT_EQ(split("x\xC2\xBD\xE2\x85\xA7y"), (Strings{"x", "\xC2\xBD", "\xE2\x85\xA7", "y"}));
}

TEST(Splitter, Llama3AndQwen2) {
  for (const Splitter splitter : {Splitter::kLlama3, Splitter::kQwen2}) {
    const auto split = [splitter](std::string_view text) { return pieces_of(text, splitter); };
    EXPECT_EQ(split("I'LL say: don't! x"), (Strings{"I", "'LL", " say", ":", " don", "'t", "!", " x"}));
    EXPECT_EQ(split("a  \r\n\n  b"), (Strings{"a", "  \r\n\n", " ", " b"}));
    EXPECT_EQ(split("(x) {\n\n}  \t"), (Strings{"(x", ")", " {\n\n", "}", "  \t"}));
    EXPECT_EQ(split("\t\tif a"), (Strings{"\t", "\tif", " a"}));
    EXPECT_EQ(split("cafe\xCC\x81."), (Strings{"cafe", "\xCC\x81."}));
    EXPECT_EQ(split("a'\xC5\xBFx"), (Strings{"a", "'\xC5\xBF", "x"}));  // U+017F is an s in any case
  }
  EXPECT_EQ(pieces_of(" 12345x", Splitter::kLlama3), (Strings{" ", "123", "45", "x"}));
  EXPECT_EQ(pieces_of(" 12345x", Splitter::kQwen2), (Strings{" ", "1", "2", "3", "4", "5", "x"}));
}

TEST(Splitter, BytesThatAreNoUtf8StandAlone) {
  for (const Splitter splitter : {Splitter::kGpt2, Splitter::kSmollm, Splitter::kLlama3, Splitter::kQwen2}) {
    EXPECT_EQ(pieces_of("ab\xFF\xFE  \x80x", splitter), (Strings{"ab", "\xFF", "\xFE", "  ", "\x80", "x"}));
    EXPECT_EQ(pieces_of("\xE4\xB8", splitter), (Strings{"\xE4", "\xB8"}));              // cut short
    EXPECT_EQ(pieces_of("\xED\xA0\x80", splitter), (Strings{"\xED", "\xA0", "\x80"}));  // a surrogate
    EXPECT_EQ(pieces_of("\xC0\xAF", splitter), (Strings{"\xC0", "\xAF"}));              // not the shortest form
    EXPECT_EQ(pieces_of("\xF4\x90\x80\x80", splitter).size(), 4u);                      // beyond U+10FFFF
  }
}

TEST(UnicodeClass, Boundaries) {
  EXPECT_EQ(unicode_class('a'), UnicodeClass::kLetter);
  EXPECT_EQ(unicode_class('0'), UnicodeClass::kNumber);
  EXPECT_EQ(unicode_class('_'), UnicodeClass::kOther);
  EXPECT_EQ(unicode_class(0x85), UnicodeClass::kSpace);
  EXPECT_EQ(unicode_class(0x180e), UnicodeClass::kOther);
  EXPECT_EQ(unicode_class(0x2028), UnicodeClass::kSpace);
  EXPECT_EQ(unicode_class(0x300), UnicodeClass::kOther);  // a combining mark
  EXPECT_EQ(unicode_class(0x4e2d), UnicodeClass::kLetter);
  EXPECT_EQ(unicode_class(0x10ffff), UnicodeClass::kOther);
}

struct Vocabulary {
  Strings strings;
  std::vector<TokenPair> merges;
};

// All bytes and what the merges make of them, in the order given: {"a", "b"} makes "ab".
Vocabulary make_vocabulary(const std::vector<std::pair<std::string, std::string>>& merges) {
  Vocabulary out;
  for (int byte = 0; byte < 256; ++byte) out.strings.emplace_back(1, char(byte));
  for (const auto& [left, right] : merges) out.strings.push_back(left + right);
  std::ranges::sort(out.strings);
  out.strings.erase(std::unique(out.strings.begin(), out.strings.end()), out.strings.end());
  const auto id = [&](const std::string& string) {
    return uint32_t(std::ranges::lower_bound(out.strings, string) - out.strings.begin());
  };
  for (const auto& [left, right] : merges) out.merges.push_back({id(left), id(right)});
  return out;
}

Tokenizer make_tokenizer(const std::vector<std::pair<std::string, std::string>>& merges,
                         Splitter splitter = Splitter::kSmollm) {
  Vocabulary vocabulary = make_vocabulary(merges);
  auto made = Tokenizer::create_imported(std::move(vocabulary.strings), splitter, vocabulary.merges);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

Strings tokens_of(const Tokenizer& tokenizer, std::string_view text) {
  Strings out;
  for (const uint32_t token : tokenizer.encode(as_bytes(text))) out.push_back(tokenizer.vocabulary()[token]);
  return out;
}

TEST(ImportedTokenizer, MergesPairsNotWhateverMakesAToken) {
  const Tokenizer tokenizer = make_tokenizer({{"b", "c"}, {"a", "bc"}, {"a", "b"}});
  EXPECT_EQ(tokens_of(tokenizer, "abc"), (Strings{"abc"}));
  const Tokenizer other = make_tokenizer({{"a", "b"}, {"b", "c"}, {"a", "bc"}});
  EXPECT_EQ(tokens_of(other, "abc"), (Strings{"ab", "c"}));  // "ab" and "c" make a token, but are no pair
}

TEST(ImportedTokenizer, PiecesThatAreTokensStayWhole) {
  const std::vector<std::pair<std::string, std::string>> merges = {{"b", "c"}, {"a", "b"}, {"ab", "c"}};
  EXPECT_EQ(tokens_of(make_tokenizer(merges, Splitter::kLlama3), "abc"), (Strings{"abc"}));
  EXPECT_EQ(tokens_of(make_tokenizer(merges, Splitter::kQwen2), "abc"), (Strings{"a", "bc"}));
}

// All bytes and these, whose ranks are in the order given.
Tokenizer make_tokenizer_by_rank(const Strings& ranked, Splitter splitter = Splitter::kLlama3) {
  Strings strings;
  for (int byte = 0; byte < 256; ++byte) strings.emplace_back(1, char(byte));
  strings.insert(strings.end(), ranked.begin(), ranked.end());
  std::ranges::sort(strings);
  std::vector<uint32_t> ranks;
  for (const std::string& string : strings)
    ranks.push_back(uint32_t(std::ranges::find(ranked, string) - ranked.begin()));
  auto made = Tokenizer::create_by_rank(std::move(strings), std::move(ranks), splitter);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

TEST(TokenizerByRank, MergesWhateverMakesAToken) {
  const Tokenizer tokenizer = make_tokenizer_by_rank({"aa", "aaa", "ab", "bc", "abc", "abcd"});
  EXPECT_EQ(tokens_of(tokenizer, "aaa"), (Strings{"aaa"}));
  EXPECT_EQ(tokens_of(tokenizer, "aaaaa"), (Strings{"aa", "aaa"}));  // aa aa a, then aaa
  EXPECT_EQ(tokens_of(tokenizer, "abcx"), (Strings{"abc", "x"}));    // of ab and c
  EXPECT_EQ(tokens_of(tokenizer, "abcd"), (Strings{"abcd"}));        // a piece that is a token
  EXPECT_EQ(tokens_of(tokenizer, "abc abcd"), (Strings{"abc", " ", "abcd"}));
  const Tokenizer other = make_tokenizer_by_rank({"ab", "bc", "bcd", "abcd"}, Splitter::kGpt2);
  EXPECT_EQ(tokens_of(other, "abcd"), (Strings{"abcd"}));
  EXPECT_EQ(tokens_of(other, "abcdx"), (Strings{"ab", "c", "d", "x"}));
}

TEST(TokenizerByRank, SectionsRoundTrip) {
  const Tokenizer tokenizer = make_tokenizer_by_rank({"ab", "bc", "bcd", "abcd", "\xC3\xA9"});
  EXPECT_EQ(tokenizer.serialize_merges(), Bytes{0x84});
  const auto back = Tokenizer::parse(tokenizer.serialize(), tokenizer.serialize_merges());
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->serialize_merges(), tokenizer.serialize_merges());
  for (const char* text : {"abc", "abcd xabcab 123 abc", "\xC3\xA9\xC3 a"}) {
    EXPECT_EQ(back->encode(as_bytes(text)), tokenizer.encode(as_bytes(text)));
    EXPECT_EQ(back->decode(back->encode(as_bytes(text))), Bytes(text, text + std::strlen(text)));
  }
  for (const uint8_t bad : {0x80, 0x83, 0x86, 0xff})
    EXPECT_FALSE(Tokenizer::parse(tokenizer.serialize(), Bytes{bad}).ok()) << int(bad);
  EXPECT_FALSE(Tokenizer::parse(tokenizer.serialize(), Bytes{0x84, 0}).ok());
}

TEST(ImportedTokenizer, LongPiecesMergeAsShortOnesDo) {
  const Tokenizer tokenizer =
      make_tokenizer({{"a", "a"}, {"b", "a"}, {"aa", "aa"}, {"a", "b"}, {"ab", "aa"}, {"aaaa", "aaaa"}});
  uint64_t seed = 1;
  for (int round = 0; round < 50; ++round) {
    std::string piece;  // of 64 letters it takes the short way, with 40 more the long one
    for (int i = 0; i < 64; ++i) {
      seed = seed * 6364136223846793005ull + 1442695040888963407ull;
      piece += seed >> 60 < 11 ? 'a' : 'b';
    }
    Strings short_way = tokens_of(tokenizer, piece);
    const Strings long_way = tokens_of(tokenizer, piece + std::string(40, 'c'));
    for (int i = 0; i < 40; ++i) short_way.push_back("c");
    EXPECT_EQ(long_way, short_way) << piece;
  }
}

TEST(ImportedTokenizer, EveryByteStringComesBack) {
  const Tokenizer tokenizer = make_tokenizer({{"\xC3", "\xA9"}, {" ", "t"}, {"h", "e"}, {" t", "he"}, {" ", " "}});
  uint64_t seed = 7;
  for (const unsigned range : {2u, 40u, 128u, 256u})
    for (const size_t size : {0, 1, 63, 64, 65, 4095, 4096, 70000, 200000}) {
      Bytes text(size);
      for (uint8_t& byte : text) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        byte = uint8_t((seed >> 40) % range);
      }
      EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
    }
  for (const char byte : {' ', 'a', '7', '\n', '\xFF', '\xC3'}) {
    const std::string text(150000, byte);  // longer than the longest piece
    const Bytes back = tokenizer.decode(tokenizer.encode(as_bytes(text)));
    EXPECT_EQ(std::string(back.begin(), back.end()), text);
  }
}

TEST(ImportedTokenizer, SectionsRoundTrip) {
  const Tokenizer tokenizer = make_tokenizer({{"a", "b"}, {"b", "c"}, {"a", "bc"}}, Splitter::kGpt2);
  const auto back = Tokenizer::parse(tokenizer.serialize(), tokenizer.serialize_merges());
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->vocabulary(), tokenizer.vocabulary());
  EXPECT_EQ(back->serialize_merges(), tokenizer.serialize_merges());
  for (const char* text : {"abc", "xabcab 123 abc", "  ab"})
    EXPECT_EQ(back->encode(as_bytes(text)), tokenizer.encode(as_bytes(text)));
  EXPECT_EQ(back->decode(back->encode(as_bytes("abc"))).size(), 3u);
}

TEST(ImportedTokenizer, DamagedMergesAreErrors) {
  const Tokenizer tokenizer = make_tokenizer({{"a", "b"}, {"b", "c"}});
  const Bytes strings = tokenizer.serialize(), merges = tokenizer.serialize_merges();
  for (size_t size = 1; size < merges.size(); ++size)
    EXPECT_FALSE(Tokenizer::parse(strings, ByteSpan(merges).first(size)).ok()) << size;
  Bytes longer = merges;
  longer.push_back(0);
  EXPECT_FALSE(Tokenizer::parse(strings, longer).ok());
  Bytes unknown = merges;
  unknown[0] = 77;
  EXPECT_FALSE(Tokenizer::parse(strings, unknown).ok());
  const Bytes no_token = {2, 1, 'x', 'y'};
  EXPECT_FALSE(Tokenizer::parse(strings, no_token).ok());
  const Bytes beyond = {2, 1, 'x', 0xff, 0xff, 3};
  EXPECT_FALSE(Tokenizer::parse(strings, beyond).ok());
}

TEST(ImportedTokenizer, TokensOfUpTo255Bytes) {
  std::vector<std::pair<std::string, std::string>> merges;
  for (size_t size = 1; size < kMaxTokenBytes; ++size) merges.push_back({"-" + std::string(size - 1, '='), "="});
  const Tokenizer tokenizer = make_tokenizer(merges);
  EXPECT_EQ(tokens_of(tokenizer, "-" + std::string(300, '=')).front().size(), kMaxTokenBytes);
  merges.push_back({"-" + std::string(kMaxTokenBytes - 1, '='), "="});
  Vocabulary longer = make_vocabulary(merges);
  EXPECT_FALSE(Tokenizer::create_imported(longer.strings, Splitter::kSmollm, longer.merges).ok());
}

// All bytes and these; ranks in the order given.
Tokenizer make_tokenizer_of_characters(const Strings& ranked, const Strings& whole) {
  Strings strings;
  for (int byte = 0; byte < 256; ++byte) strings.emplace_back(1, char(byte));
  for (const Strings* more : {&ranked, &whole}) strings.insert(strings.end(), more->begin(), more->end());
  std::ranges::sort(strings);
  strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
  Strings order = ranked;
  for (const std::string& string : whole)
    if (string.size() > 1) order.push_back(string);
  std::vector<uint32_t> ranks, ids;
  for (size_t i = 0; i < strings.size(); ++i) {
    ranks.push_back(uint32_t(std::ranges::find(order, strings[i]) - order.begin()));
    if (std::ranges::find(whole, strings[i]) != whole.end()) ids.push_back(uint32_t(i));
  }
  auto made = Tokenizer::create_of_characters(std::move(strings), std::move(ranks), std::move(ids));
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

TEST(TokenizerOfCharacters, MergesCharactersByRank) {
  const Tokenizer tokenizer =
      make_tokenizer_of_characters({"he", " t", "\xC3\xA9", " the", "c\xC3\xA9", "ll"}, {"\n", "\n\n", "<b>", "  "});
  EXPECT_EQ(tokens_of(tokenizer, "the the"), (Strings{"t", "he", " the"}));
  EXPECT_EQ(tokens_of(tokenizer, "c\xC3\xA9"), (Strings{"c\xC3\xA9"}));
  EXPECT_EQ(tokens_of(tokenizer, "\xC3\xA8\xC3\xA9"), (Strings{"\xC3", "\xA8", "\xC3\xA9"}));  // no token: its bytes
  EXPECT_EQ(tokens_of(tokenizer, "\xA9\xC3"), (Strings{"\xA9", "\xC3"}));
  EXPECT_EQ(tokens_of(tokenizer, "he\n\n\n<b>he<b"), (Strings{"he", "\n\n", "\n", "<b>", "he", "<", "b"}));
  EXPECT_EQ(tokens_of(tokenizer, "a   the"), (Strings{"a", "  ", " the"}));
  const auto back = Tokenizer::parse(tokenizer.serialize(), tokenizer.serialize_merges());
  ASSERT_TRUE(back.ok()) << back.error().message;
  for (const char* text : {"the the", "hehe\n\n\n<b>", "  c\xC3\xA9  \xE4\xB8"})
    EXPECT_EQ(back->encode(as_bytes(text)), tokenizer.encode(as_bytes(text)));
}

TEST(TokenizerOfCharacters, EveryByteStringComesBack) {
  const Tokenizer tokenizer = make_tokenizer_of_characters(
      {"he", "\xC3\xA9", " \xC3\xA9", "\xE4\xB8\xAD", "aa", "aaaa"}, {"\n\n", "<b>", "  "});
  expect_byte_strings_come_back(tokenizer, {1, 2, 63, 64, 65, 4096, 70000, 150000});
}

TEST(TokenizerOfCharacters, DamagedWholeTokensAreErrors) {
  const Tokenizer tokenizer = make_tokenizer_of_characters({"he"}, {"\n", "  "});
  const Bytes strings = tokenizer.serialize(), whole = tokenizer.serialize_merges();
  for (size_t size = 1; size < whole.size(); ++size)
    EXPECT_FALSE(Tokenizer::parse(strings, ByteSpan(whole).first(size)).ok()) << size;
  EXPECT_FALSE(Tokenizer::parse(strings, Bytes{3, 2, 5, 5}).ok());
  EXPECT_FALSE(Tokenizer::parse(strings, Bytes{3, 1, 0xff, 0xff, 3}).ok());
  EXPECT_TRUE(Tokenizer::parse(strings, Bytes{3, 0}).ok());
}

}  // namespace
}  // namespace lmc
