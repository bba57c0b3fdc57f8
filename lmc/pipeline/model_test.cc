// Whole files with a language model: named by its hash, found in folders, missed with a clear message; the same bytes
// with every instruction set and number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "lmc/base/io.h"
#include "lmc/container/layout.h"
#include "lmc/models/test_text_model.h"
#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/message.h"

namespace lmc {
namespace {

// All bytes, and the beginnings of one long word: few tokens for many bytes, as in text that a vocabulary knows.
constexpr std::string_view kWord = "abcdefghijkl";

class WithModel : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> merges;
    for (size_t size = 2; size <= kWord.size(); ++size) merges.emplace_back(kWord.substr(0, size));
    const Bytes file = make_test_text_model(merges);
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(write_file(folder_ + "/small.lmcm", file).ok());
    const auto model = engine_.registry().find_name("small");
    ASSERT_TRUE(model.ok()) << model.error().message;
    options_.model = *model;
    for (size_t i = 0; i < 500; ++i) text_ += std::string(kWord.substr(0, 8 + i * i % 5)) + " ";
  }

  Bytes packed(std::string_view raw) {
    MemorySource source(as_bytes(raw));
    MemorySink sink;
    const auto stats = compress(source, sink, options_);
    EXPECT_TRUE(stats.ok()) << stats.error().message;
    return sink.bytes;
  }

  Result<Bytes> unpacked(ByteSpan file, Engine* engine, Isa isa = Isa::kScalar, int threads = 1) {
    DecompressOptions options;
    options.engine = engine;
    options.isa = isa;
    options.threads = threads;
    MemorySource source(file);
    MemorySink sink;
    const auto stats = decompress(source, sink, options);
    if (!stats.ok()) return stats.error();
    return sink.bytes;
  }

  const std::string folder_ = testing::TempDir() + "/model_test_models";
  Engine engine_{{folder_}};
  CompressOptions options_;
  std::string text_;
};

TEST_F(WithModel, TheFrameNamesTheModelItsTextNeeds) {
  const Bytes file = packed(text_);
  const auto frames = read_layout(file);
  ASSERT_TRUE(frames.ok());
  ASSERT_FALSE(frames->front().tiny) << "only built-in models have a number for the tiny form";
  ASSERT_EQ(frames->front().header.models.size(), 1u);
  EXPECT_EQ(frames->front().header.models[0], options_.model.get()->sha256);
  EXPECT_EQ(frames->front().blocks[0].header.codec, uint8_t(kText));
  EXPECT_EQ(frames->front().blocks[0].header.model, 1);
  const auto back = unpacked(file, &engine_);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, Bytes(text_.begin(), text_.end()));
  EXPECT_EQ(*read_range(file, 9, 3, DecompressOptions{.engine = &engine_}),
            Bytes(text_.begin() + 9, text_.begin() + 12));
}

TEST_F(WithModel, BytesThatAreNoTextNeedNoModel) {
  std::string noise(2000, 0);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = char(i * i >> 3);
  const auto frames = read_layout(packed(noise));
  ASSERT_TRUE(frames.ok());
  EXPECT_TRUE(frames->front().tiny);
  EXPECT_EQ(frames->front().tiny_header.model, 0);
  options_.level = 1;
  EXPECT_TRUE(read_layout(packed(text_.substr(0, 1000)))->front().tiny) << "level 1 leaves the model alone";
}

TEST_F(WithModel, EveryInstructionSetAndThreadCountGivesTheSame) {
  const Bytes file = packed(text_);
  for (const Isa isa : all_isas()) {
    if (!isa_available(isa)) continue;
    for (int threads : {1, 3}) {
      options_.isa = isa;
      options_.threads = threads;
      EXPECT_EQ(packed(text_), file) << isa_name(isa) << " " << threads;
      const auto back = unpacked(file, &engine_, isa, threads);
      ASSERT_TRUE(back.ok());
      EXPECT_EQ(*back, Bytes(text_.begin(), text_.end())) << isa_name(isa) << " " << threads;
    }
  }
}

TEST_F(WithModel, TheBestLevelUsesFewStreams) {
  std::string text;
  std::mt19937 random(1);  // no long repeats, which would be copied
  for (int i = 0; i < 12500; ++i) text += std::string(kWord.substr(0, 8 + random() % 5)) + " ";
  options_.isa = best_isa();
  std::vector<uint8_t> profiles;
  for (int level : {5, 9}) {
    options_.level = level;
    options_.threads = 1;
    const Bytes file = packed(text);
    options_.threads = 3;
    EXPECT_EQ(packed(text), file);
    const auto back = unpacked(file, &engine_, best_isa(), 3);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == Bytes(text.begin(), text.end()));
    const auto frames = read_layout(file);
    ASSERT_EQ(frames->front().blocks[0].header.codec, uint8_t(kText));
    profiles.push_back(file[frames->front().blocks[0].header_offset + 16]);
  }
  EXPECT_EQ(profiles, (std::vector<uint8_t>{0, 3}));
}

TEST_F(WithModel, ADamagedMessageIsNeverACrash) {
  for (const std::string& text : {text_.substr(0, 300), std::string("\1\2\3\0\377\200,1,2,3,4,5", 16)}) {
    options_.model = nullptr;
    const auto message = compress_message(as_bytes(text), options_);
    ASSERT_TRUE(message.ok());
    ASSERT_LT(message->size(), text.size() + 3);
    const DecompressOptions how{.engine = &engine_};
    EXPECT_EQ(*decompress_message(*message, how), Bytes(text.begin(), text.end()));
    for (size_t size = 0; size < message->size(); ++size) (void)decompress_message(ByteSpan(*message).first(size), how);
    for (size_t bit = 0; bit < 8 * message->size(); ++bit) {
      Bytes bad = *message;
      bad[bit / 8] ^= uint8_t(1 << bit % 8);
      const auto back = decompress_message(bad, how);
      if (back.ok()) EXPECT_LT(back->size(), 2048u);
    }
  }
}

TEST_F(WithModel, AMissingModelIsAnEnvironmentErrorThatNamesIt) {
  const Bytes file = packed(text_);
  Engine empty({"/nonexistent/models"});
  for (Engine* engine : {&empty, static_cast<Engine*>(nullptr)}) {
    const auto back = unpacked(file, engine);
    ASSERT_FALSE(back.ok());
    EXPECT_EQ(back.error().family, ErrorFamily::kEnvironment);
    EXPECT_NE(back.error().message.find(hex(options_.model.get()->sha256)), std::string::npos) << back.error().message;
  }
}

TEST_F(WithModel, DamagedTextIsFoundNeverACrash) {
  const std::string text = text_.substr(0, 400);
  const Bytes good = packed(text);
  for (size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x21;
    const auto back = unpacked(bad, &engine_);
    EXPECT_TRUE(!back.ok() || *back == Bytes(text.begin(), text.end())) << at;
  }
}

}  // namespace
}  // namespace lmc
