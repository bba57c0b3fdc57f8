// Whole files with an adapter: named by its hash or brought along; the same bytes with every instruction set and number
// of threads; a golden archive that must always decode.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "lmc/base/io.h"
#include "lmc/container/layout.h"
#include "lmc/models/test_adapter.h"
#include "lmc/models/test_text_model.h"
#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/message.h"

namespace lmc {
namespace {

constexpr std::string_view kWord = "abcdefghijkl";

Bytes base_file() {
  std::vector<std::string> merges;
  for (size_t size = 2; size <= kWord.size(); ++size) merges.emplace_back(kWord.substr(0, size));
  return make_test_text_model(merges);
}

class WithAdapter : public testing::Test {
 protected:
  void SetUp() override {
    const Bytes base = base_file();
    std::filesystem::create_directories(folder_);
    std::filesystem::create_directories(base_folder_);
    adapter_ = make_test_adapter(*ModelFile::from_bytes(base), 2, 3);
    ASSERT_TRUE(write_file(folder_ + "/base.lmcm", base).ok());
    ASSERT_TRUE(write_file(base_folder_ + "/base.lmcm", base).ok());
    ASSERT_TRUE(write_file(folder_ + "/domain.lmca", adapter_).ok());
    const auto model = engine_.registry().find_name("domain");
    ASSERT_TRUE(model.ok()) << model.error().message;
    options_.model = *model;
    options_.engine = &engine_;
    for (size_t i = 0; i < 500; ++i) text_ += std::string(kWord.substr(0, 8 + i * i % 5)) + " ";
  }

  Bytes packed(std::string_view raw) {
    MemorySource source(as_bytes(raw));
    MemorySink sink;
    const auto stats = compress(source, sink, options_);
    EXPECT_TRUE(stats.ok()) << stats.error().message;
    return sink.bytes;
  }

  static Result<Bytes> unpacked(ByteSpan file, Engine& engine, Isa isa = best_isa(), int threads = 1) {
    const DecompressOptions options{.engine = &engine, .threads = threads, .isa = isa};
    MemorySource source(file);
    MemorySink sink;
    const auto stats = decompress(source, sink, options);
    if (!stats.ok()) return stats.error();
    return sink.bytes;
  }

  const std::string folder_ = testing::TempDir() + "/adapter_archive_models";
  const std::string base_folder_ = testing::TempDir() + "/adapter_archive_base";
  Engine engine_{{folder_}};
  CompressOptions options_;
  Bytes adapter_;
  std::string text_;
};

TEST_F(WithAdapter, ATinyFrameNamesItByTheStartOfItsHash) {
  const Bytes file = packed(text_);
  const auto frames = read_layout(file);
  ASSERT_TRUE(frames.ok());
  ASSERT_TRUE(frames->front().tiny);
  const Sha256 hash = ModelFile::from_bytes(adapter_)->sha256();
  EXPECT_TRUE(std::ranges::equal(frames->front().tiny_header.adapter, ByteSpan(hash).first(8)));
  EXPECT_LE(frames->front().tiny_header.header_bytes, kMaxTinyHeaderBytes);
  Engine fresh({folder_}), without({base_folder_});
  for (Engine* const engine : {&engine_, &fresh}) {
    const auto back = unpacked(file, *engine);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, Bytes(text_.begin(), text_.end()));
  }
  const auto missing = unpacked(file, without);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().family, ErrorFamily::kEnvironment);
  EXPECT_NE(missing.error().message.find(hex(ByteSpan(hash).first(8))), std::string::npos);
  for (size_t size = 0; size < 20; ++size) EXPECT_FALSE(unpacked(ByteSpan(file).first(size), engine_).ok());
}

TEST_F(WithAdapter, TheFrameNamesItByHash) {
  options_.tiny = false;
  const Bytes file = packed(text_);
  const Sha256 hash = ModelFile::from_bytes(adapter_)->sha256();
  const auto frames = read_layout(file);
  ASSERT_TRUE(frames.ok());
  EXPECT_EQ(frames->front().header.models, std::vector<Sha256>{hash});
  EXPECT_TRUE(frames->front().header.adapter.payload.empty());
  EXPECT_EQ(*unpacked(file, engine_), Bytes(text_.begin(), text_.end()));
  CompressOptions plain = options_;
  options_.model = *engine_.registry().find_name("base");
  EXPECT_NE(packed(text_), file);
  Engine without({base_folder_});
  const auto missing = unpacked(file, without);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().family, ErrorFamily::kEnvironment);
  EXPECT_NE(missing.error().message.find(hex(hash)), std::string::npos);
  EXPECT_NE(missing.error().message.find("lmc model add"), std::string::npos);
}

TEST_F(WithAdapter, EmbeddedItNeedsItsBaseOnly) {
  options_.embed_adapter = true;
  const Bytes file = packed(text_);
  const auto frames = read_layout(file);
  ASSERT_TRUE(frames.ok()) << frames.error().message;
  EXPECT_EQ(frames->front().header.adapter.raw_bytes, adapter_.size());
  Engine base({base_folder_}), nothing({testing::TempDir() + "/no_such_folder"});
  for (const Isa isa : all_isas()) {
    if (!isa_available(isa)) continue;
    for (const int threads : {1, 3}) {
      options_.isa = isa;
      options_.threads = threads;
      EXPECT_EQ(packed(text_), file) << isa_name(isa) << threads;
      const auto back = unpacked(file, base, isa, threads);
      ASSERT_TRUE(back.ok()) << back.error().message;
      EXPECT_EQ(*back, Bytes(text_.begin(), text_.end()));
    }
  }
  Bytes twice = file;
  append_bytes(twice, file);
  EXPECT_EQ(unpacked(twice, base)->size(), 2 * text_.size());
  const DecompressOptions how{.engine = &base, .isa = best_isa()};
  EXPECT_EQ(*read_range(file, 9, 3, how), Bytes(text_.begin() + 9, text_.begin() + 12));
  MemorySink sink;
  const auto report = salvage(file, sink, how);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->damage.empty());
  EXPECT_EQ(sink.bytes, Bytes(text_.begin(), text_.end()));
  const auto missing = unpacked(file, nothing);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().family, ErrorFamily::kEnvironment);
  // Not where nothing needs it.
  std::string noise(2000, 0);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = char(i * i >> 3);
  EXPECT_TRUE(read_layout(packed(noise))->front().tiny);
}

TEST_F(WithAdapter, GroupsManyBlocksAndMessages) {
  std::string mixed;
  for (int i = 0; i < 30; ++i) mixed += text_;
  for (size_t i = 0; i < 60000; ++i) mixed += char(i * i >> 3);
  mixed += text_;
  Engine base({base_folder_});
  options_.isa = best_isa();
  for (const bool embed : {false, true}) {
    options_.embed_adapter = embed;
    for (const size_t block : {size_t(1) << 17, size_t(1) << 22}) {
      if (embed && block > (1u << 17)) continue;
      options_.block_bytes = block;
      options_.threads = 1;
      const Bytes file = packed(mixed);
      options_.threads = 4;
      EXPECT_EQ(packed(mixed), file);
      const auto back = unpacked(file, embed ? base : engine_, best_isa(), 4);
      ASSERT_TRUE(back.ok()) << back.error().message;
      EXPECT_TRUE(*back == Bytes(mixed.begin(), mixed.end()));
    }
    const auto message = compress_message(as_bytes(text_.substr(0, 900)), options_);
    ASSERT_TRUE(message.ok());
    const auto back = decompress_message(*message, {.engine = embed ? &base : &engine_, .isa = best_isa()});
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, Bytes(text_.begin(), text_.begin() + 900));
  }
}

TEST_F(WithAdapter, DamageAnywhereIsAnErrorAndNeverACrash) {
  options_.embed_adapter = true;
  options_.isa = best_isa();
  const std::string text = text_.substr(0, 600);
  const Bytes file = packed(text);
  Engine base({base_folder_});
  for (size_t size = 0; size < file.size(); size += size < 64 ? 1 : 67)
    EXPECT_FALSE(unpacked(ByteSpan(file).first(size), base).ok()) << size;
  for (size_t at = 0; at < file.size(); ++at) {
    Bytes bad = file;
    bad[at] ^= uint8_t(1 << at % 8);
    const auto back = unpacked(bad, base);
    EXPECT_TRUE(!back.ok() || at == 5) << at;  // byte 5 has bits that do not count
  }
  // With the header's checksum made right.
  const size_t header_bytes = *frame_header_bytes(file);
  for (size_t at = 5; at < header_bytes - 4; at += at < 60 ? 1 : 61) {
    Bytes header(file.begin(), file.begin() + ptrdiff_t(header_bytes - 4));
    header[at] ^= uint8_t(1 << at % 8);
    append_le<uint32_t>(header, crc32c(header));
    append_bytes(header, ByteSpan(file).subspan(header_bytes));
    (void)unpacked(header, base);
  }
}

TEST_F(WithAdapter, AFileBringsAFewAdaptersOnly) {
  options_.embed_adapter = true;
  options_.isa = best_isa();
  Bytes joined;
  for (uint64_t seed = 0; seed <= 16; ++seed) {
    const Bytes adapter = make_test_adapter((*engine_.registry().find_name("base"))->file, 1, seed);
    const std::string path = folder_ + "/many" + std::to_string(seed) + ".lmca";
    ASSERT_TRUE(write_file(path, adapter).ok());
    options_.model = *engine_.registry().open(path);
    append_bytes(joined, packed(text_.substr(0, 300)));
    if (seed != 15 && seed != 16) continue;
    Engine base({base_folder_});
    EXPECT_EQ(unpacked(joined, base).ok(), seed == 15) << seed;
  }
}

// Written once; UPDATE_GOLDEN=1 writes it again.
TEST_F(WithAdapter, TheGoldenArchiveDecodes) {
  options_.embed_adapter = true;
  options_.isa = best_isa();
  const std::string path = LMC_PIPELINE_TESTDATA "/embedded_adapter.lmc";
  const std::string text = text_.substr(0, 2000);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) ASSERT_TRUE(write_file(path, packed(text)).ok());
  const auto golden = read_file(path);
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  Engine base({base_folder_});
  for (const Isa isa : all_isas()) {
    if (!isa_available(isa)) continue;
    const auto back = unpacked(*golden, base, isa);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, Bytes(text.begin(), text.end())) << isa_name(isa);
  }
}

}  // namespace
}  // namespace lmc
