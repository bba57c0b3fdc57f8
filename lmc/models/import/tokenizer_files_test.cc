// tokenizer.model of SentencePiece, files of tiktoken, tokenizer.json of unigram: their tokens against those of these
// packages, what is broken or not supported, every byte string. The golden data comes from
// tests/import/tokenizer_reference.py.
#include "lmc/models/import/tokenizer_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "lmc/base/io.h"
#include "lmc/models/import/hugging_face_test_support.h"
#include "lmc/models/import/import.h"
#include "lmc/models/import/vocabulary.h"
#include "lmc/tokenize/tokenizer_test_support.h"

namespace lmc {
namespace {

// As in tokenizer.tokens. "unigram.json text": where words are not cut apart.
constexpr const char* kFiles[] = {"unigram.model", "bpe.model", "ranks.tiktoken", "unigram.json", "unigram.json text"};
constexpr int64_t kBegin = 0;  // of no matter here

Bytes testdata(const std::string& name) { return *read_file(LMC_IMPORT_TESTDATA "/" + name); }

Bytes changed(const Bytes& file, std::string_view from, std::string_view to) {
  std::string text(file.begin(), file.end());
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return Bytes(text.begin(), text.end());
}

Result<CheckpointVocabulary> read(ByteSpan file, const TokenizerConfig& config = {},
                                  std::optional<int64_t> bos = kBegin) {
  if (!file.empty() && file[0] == '{') return read_tokenizer_json(file, bos);
  return is_sentence_piece(file) ? read_sentence_piece(file, config, bos) : read_tiktoken(file, config, bos);
}

ImportedVocabulary import(const CheckpointVocabulary& vocabulary) {
  Checkpoint checkpoint;
  checkpoint.vocabulary = vocabulary;
  auto out = import_vocabulary(checkpoint);
  EXPECT_TRUE(out.ok()) << out.error().message;
  return std::move(*out);
}

std::string error_of(ByteSpan file, const TokenizerConfig& config = {}, std::optional<int64_t> bos = kBegin) {
  const auto vocabulary = read(file, config, bos);
  if (!vocabulary.ok()) EXPECT_EQ(vocabulary.error().family, ErrorFamily::kBadInput);
  return vocabulary.ok() ? "" : vocabulary.error().message;
}

void expect_part(const std::string& found, const char* part) {
  EXPECT_NE(found.find(part), std::string::npos) << found;
}

class TokenizerFiles : public testing::TestWithParam<size_t> {
 protected:
  std::string name() const { return kFiles[GetParam()]; }
  bool is_json() const { return name().starts_with("unigram.json"); }
  Bytes file() const {
    const Bytes out = testdata(name().substr(0, name().find(' ')));
    return name().ends_with(" text") ? changed(out, "\"split\":true", "\"split\":false") : out;
  }
  Bytes text() const {
    const Bytes out = testdata("tokenizer.txt");
    // The package tokenizers takes it for the tokens that are written so.
    return is_json() ? changed(out, "<unk> <s> </s> <0x41>", "") : out;
  }
};

TEST_P(TokenizerFiles, TokensAreThoseOfTheReference) {
  const ImportedVocabulary imported = import(*read(file()));
  std::vector<uint32_t> found;
  for (const uint32_t token : imported.tokenizer.encode(text())) found.push_back(imported.rows[token]);
  std::ifstream golden(LMC_IMPORT_TESTDATA "/tokenizer.tokens");
  std::string line;
  for (size_t i = 0; i <= GetParam(); ++i) std::getline(golden, line);
  std::istringstream numbers(line);
  std::vector<uint32_t> wanted;
  for (uint32_t number; numbers >> number;) wanted.push_back(number);
  EXPECT_GT(wanted.size(), 500u);
  EXPECT_EQ(found, wanted);
}

TEST_P(TokenizerFiles, EveryByteStringComesBack) {
  const Tokenizer tokenizer = import(*read(file())).tokenizer;
  const Bytes text = testdata("tokenizer.txt");
  TestRandom random(5);
  for (int round = 0; round < 200; ++round) {
    Bytes bad(text.begin(), text.begin() + random.below(uint32_t(text.size())));
    for (int i = 0; i < round % 20 && !bad.empty(); ++i)
      bad[random.below(uint32_t(bad.size()))] = uint8_t(random.below(256));
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(bad)), bad);
  }
  const std::string literal =
      "a\xE2\x96\x81"
      "b \xE2\x96\x81 <0x41> <unk>";  // U+2581 is no space
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(as_bytes(literal))), Bytes(literal.begin(), literal.end()));
  expect_byte_strings_come_back(tokenizer, {1, 2, 64, 4096, 70000});
}

TEST_P(TokenizerFiles, DamagedFilesNeverCrash) {
  const Bytes sound = file();
  TestRandom random(3);
  for (int round = 0; round < 300; ++round) {
    Bytes bad = sound;
    uint8_t& byte = bad[random.below(uint32_t(bad.size()))];
    byte = uint8_t(byte ^ (1 << random.below(8)));
    if (round % 3 == 0) bad.resize(random.below(uint32_t(bad.size())));
    const auto vocabulary = read(bad);
    if (!vocabulary.ok()) {
      EXPECT_FALSE(vocabulary.error().message.empty());
      continue;
    }
    Checkpoint checkpoint;
    checkpoint.vocabulary = *vocabulary;
    const auto imported = import_vocabulary(checkpoint);
    EXPECT_TRUE(imported.ok() || !imported.error().message.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, TokenizerFiles, testing::Range<size_t>(0, 5), [](const auto& info) {
  std::string name = kFiles[info.param];
  std::ranges::replace_if(
      name, [](char c) { return c == '.' || c == ' '; }, '_');
  return name;
});

TEST(TokenizerJson, UnigramThatIsBrokenOrNotSupportedIsNamed) {
  const Bytes sound = testdata("unigram.json");
  const auto error = [&](std::string_view from, std::string_view to) { return error_of(changed(sound, from, to)); };
  const std::string normalizer = "\"normalizer\":null", metaspace = "\"pre_tokenizer\":{\"type\":\"Metaspace\"";
  EXPECT_EQ(error_of(sound), "");
  for (const char* type : {"Lowercase", "StripAccents", "NFD", "BertNormalizer"})
    expect_part(error(normalizer, std::string(R"("normalizer":{"type":")") + type + "\"}"), type);
  for (const char* type : {"NFC", "Precompiled", "Prepend"})
    EXPECT_EQ(error(normalizer, std::string(R"("normalizer":{"type":")") + type + "\"}"), "");
  EXPECT_EQ(error(normalizer, R"("normalizer":{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "})"), "");
  expect_part(error(normalizer, R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},
    {"type":"Replace","pattern":{"String":"``"},"content":"\""}]})"),
              "replaces '``' by '\"'");
  expect_part(error(metaspace, R"("pre_tokenizer":{"type":"WhitespaceSplit")"), "'WhitespaceSplit'");
  expect_part(error(metaspace, R"("pre_tokenizer":null,"x":{"type":"Metaspace")"), "writes U+2581 for spaces");
  expect_part(error("\"replacement\":\"\xE2\x96\x81\"", "\"replacement\":\"_\""), "'_' for spaces");
  expect_part(error("\"vocab\":[", "\"vocab\":[7,"), "token 0 is 7");
  expect_part(error("\"vocab\":[[\"<unk>\",0.0],", R"("vocab":[["<unk>",0.0],["a","b"],)"), "token 1 is [\"a\",\"b\"]");
  expect_part(error("\"vocab\":[", "\"vocab\":7,\"x\":["), "no array 'model.vocab'");
  expect_part(error("\"vocab\":[", "\"vocab\":[],\"x\":["), "vocabulary is empty");
  expect_part(error("\"id\":700", "\"id\":700000"), "'</table>' is 700000");
}

// Of fields of up to 127 bytes.
std::string field(char key, std::string_view bytes) {
  return std::string{key, char(bytes.size())} + std::string(bytes);
}
std::string piece(std::string_view text, char type) {
  return field('\x0a', field('\x0a', text) + std::string("\x15\0\0\x80\xbf\x18", 6) + type);  // with the score -1
}

TEST(SentencePiece, WhatIsBrokenIsNamed) {
  const auto error = [](const std::string& file) { return error_of(as_bytes(file)); };
  const std::string sound = piece("<unk>", 2) + piece("<s>", 3) + piece("a", 1);
  EXPECT_EQ(error(sound), "");
  expect_part(error(sound + piece("b", 7)), "'b' is of the unknown type 7");
  expect_part(error(sound + piece("<0x4>", 6)), "'<0x4>' is to be a byte");
  expect_part(error(sound + piece("", 1)), "piece 3 is empty");
  expect_part(error(sound + field('\x12', "\x18\x03")), "its type is 3");
  expect_part(error(sound + "\x0a\x7f"), "127 bytes does not end within the file");
  expect_part(error(sound + "\x0b"), "unknown type 3");
  expect_part(error(sound + "\x18" + std::string(10, '\xff')), "more than ten bytes");
  expect_part(error_of(as_bytes(sound), {}, 3), "the token that begins a document is 3, of 3");
  expect_part(error_of(as_bytes(sound), {.added = {{70000, {"x"}}}, .begin = {}, .pattern = {}}), "'x' is 70000");
}

TEST(SentencePiece, TokensOfTheConfigAndTheFirstOne) {
  const std::string file = piece("<unk>", 2) + piece("<s>", 3) + piece("a", 1) + piece("<x>", 3);
  const TokenizerConfig config = {
      .added = {{1, {"<s>", true}}, {4, {"<y>", true}}, {6, {"\xE2\x96\x81z", false}}}, .begin = "<x>", .pattern = {}};
  const auto vocabulary = read(as_bytes(file), config, std::nullopt);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->begin, 3u);
  ASSERT_EQ(vocabulary->tokens.size(), 7u);
  EXPECT_EQ(vocabulary->tokens[4].kind, CheckpointToken::Kind::kNone);
  EXPECT_EQ(vocabulary->tokens[6].bytes, " z");
  EXPECT_EQ(vocabulary->tokens[6].kind, CheckpointToken::Kind::kWhole);
  EXPECT_EQ(read(as_bytes(file), {}, std::nullopt)->begin, 1u);
  EXPECT_EQ(read(as_bytes(file + field('\x12', "\xc8\x02\x02")), {}, std::nullopt)->begin, 2u);
}

TEST(Tiktoken, WhatIsBrokenIsNamed) {
  const auto error = [](const std::string& file) { return error_of(as_bytes(file)); };
  EXPECT_EQ(error("YQ== 0\nYWI= 1\n\nYWJj 2"), "");
  EXPECT_EQ(error("YQ== 0\r\nYWI= 1\r\n"), "");
  expect_part(error("YQ== 0\nYWI 1\n"), "line 2 does not begin with a token in base64");
  expect_part(error("YQ== 0\nY*I= 1\n"), "line 2 does not begin");
  expect_part(error("YR== 0\n"), "line 1 does not begin");  // bits left over
  expect_part(error("YQ==\n"), "line 1 does not end with a rank");
  expect_part(error("YQ== x\n"), "line 1 does not end with a rank");
  expect_part(error("YQ== 1x\n"), "line 1 does not end with a rank");
  expect_part(error("YQ== 99999\n"), "99999, which is too large");
  expect_part(error("YQ== 0\nYWI= 0\n"), "line 2 has the rank 0, which was given before");
  expect_part(error("YQ== 0\nYQ== 1\n"), "line 2 has a token that was given before");
  expect_part(error(" 0\n"), "line 1 does not begin");
  expect_part(error("\n"), "tokenizer.model: it ends within a field");  // as SentencePiece's files begin
  expect_part(error_of(as_bytes("YQ== 0\n"), {}, std::nullopt), "no token begins a document");
  expect_part(error_of(as_bytes("YQ== 0\n"), {}, 1 << 20), "no token begins a document");
}

TEST(Tiktoken, PatternAndFirstTokenOfTheConfig) {
  const TokenizerConfig config = {
      .added = {{2, {"<|begin_of_text|>", true}}, {3, {"<|end|>", true}}}, .begin = "<|begin_of_text|>", .pattern = {}};
  const ByteSpan file = as_bytes("YQ== 0\nYWI= 1\n");
  const auto vocabulary = read(file, config, std::nullopt);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->begin, 2u);
  EXPECT_EQ(vocabulary->splitter, Splitter::kLlama3);
  TokenizerConfig other = config;
  other.pattern =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  EXPECT_EQ(read(file, other)->splitter, Splitter::kQwen2);
  other.pattern = "[a-z]+";
  expect_part(error_of(file, other), "splits text by '[a-z]+', which is not supported");
}

TEST(TokenizerConfigs, MembersOfTheWrongKindAreNamed) {
  const auto read = [](const char* text) { return read_tokenizer_config(as_bytes(text)); };
  const auto sound = read(R"({"bos_token": {"content": "<s>"}, "pat_str": "x", "other": 1,
    "added_tokens_decoder": {"7": {"content": "a", "special": false}, "12": {"content": "b"}}})");
  ASSERT_TRUE(sound.ok()) << sound.error().message;
  EXPECT_EQ(sound->begin, "<s>");
  EXPECT_EQ(sound->pattern, "x");
  ASSERT_EQ(sound->added.size(), 2u);
  EXPECT_FALSE(sound->added.at(7).special);
  EXPECT_TRUE(sound->added.at(12).special);
  EXPECT_TRUE(read("").ok());
  EXPECT_FALSE(read(R"({"bos_token": null, "added_tokens_decoder": null})")->begin.has_value());
  for (const auto& [text, part] : std::initializer_list<std::pair<const char*, const char*>>{
           {"[]", "no JSON object"},
           {"{", "no JSON object"},
           {R"({"bos_token": 1})", "'bos_token' is 1"},
           {R"({"bos_token": {"text": "a"}})", "'bos_token' is"},
           {R"({"pattern": []})", "'pattern' is no text"},
           {R"({"added_tokens_decoder": []})", "'added_tokens_decoder' is no object"},
           {R"({"added_tokens_decoder": {"a": {}}})", "'added_tokens_decoder.a' does not name"},
           {R"({"added_tokens_decoder": {"5000000000": {}}})", "does not name"},
           {R"({"added_tokens_decoder": {"1": 1}})", "'added_tokens_decoder.1' is 1"},
           {R"({"added_tokens_decoder": {"1": {"content": "a", "special": "no"}}})", "'special'"}}) {
    const auto found = read(text);
    ASSERT_FALSE(found.ok()) << text;
    EXPECT_EQ(found.error().family, ErrorFamily::kBadInput);
    expect_part(found.error().message, part);
  }
}

TEST(TokenizerFilesOfFolders, AreFound) {
  const std::string from = testing::TempDir() + "/tokenizer_folder", to = testing::TempDir() + "/tokenizer_folder.lmcm";
  const TinyFolder folder = TinyFolderMaker("llama").make();
  std::filesystem::remove_all(from);
  std::filesystem::create_directories(from);
  const auto put = [&](const char* name, ByteSpan bytes) { ASSERT_TRUE(write_file(from + "/" + name, bytes).ok()); };
  put("config.json", as_bytes(folder.config));
  put("model.safetensors", folder.weights);
  const auto made = [&] { return import_model(from, to, {.name = "x"}); };
  const auto missing = made();
  ASSERT_FALSE(missing.ok());
  expect_part(missing.error().message, "tokenizer.json");
  put("a.tiktoken", as_bytes("YWI= 1\n"));
  EXPECT_TRUE(made().ok()) << made().error().message;
  put("b.tiktoken", as_bytes("YWI= 1\n"));
  expect_part(made().error().message, "several files *.tiktoken");
  put("tokenizer.model", as_bytes(piece("<unk>", 2) + piece("ab", 1)));
  EXPECT_TRUE(made().ok()) << made().error().message;
  put("tokenizer_config.json", as_bytes("7"));
  expect_part(made().error().message, "tokenizer_config.json");
  put("tokenizer.json", as_bytes(folder.tokenizer));  // goes first
  EXPECT_TRUE(made().ok()) << made().error().message;
  std::filesystem::remove_all(from);
}

}  // namespace
}  // namespace lmc
