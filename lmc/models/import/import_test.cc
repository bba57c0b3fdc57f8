// GGUF files: every type of weights, what is missing or damaged, and a whole model against logits that numpy computed.
#include "lmc/models/import/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "lmc/base/io.h"
#include "lmc/models/arch/head.h"
#include "lmc/models/arch/transformer.h"
#include "lmc/models/import/gguf_file.h"
#include "lmc/models/import/gguf_test_support.h"
#include "lmc/models/import/vocabulary.h"

namespace lmc {
namespace {

std::vector<float> read_block(uint32_t type_id, const Bytes& block) {
  const WeightType& type = *find_weight_type(type_id);
  EXPECT_EQ(block.size(), type.block_bytes) << type.name;
  std::vector<float> out(type.block_weights);
  type.read(block.data(), out.data());
  return out;
}

constexpr uint8_t kHalf[2] = {0x00, 0x38};      // 0.5 as binary16
constexpr uint8_t kMinusTwo[2] = {0x00, 0xc0};  // -2

Bytes block_of(std::initializer_list<ByteSpan> parts) {
  Bytes out;
  for (const ByteSpan part : parts) append_bytes(out, part);
  return out;
}

// 16 bytes: the low half of byte i is i, the high one 15 - i.
Bytes nibbles() {
  Bytes out;
  for (uint32_t i = 0; i < 16; ++i) out.push_back(uint8_t(i | (15 - i) << 4));
  return out;
}

TEST(WeightTypes, Floats) {
  EXPECT_EQ(read_block(0, {0, 0, 0x80, 0xbf}), std::vector<float>{-1.0f});
  EXPECT_EQ(read_block(30, {0x80, 0xbf}), std::vector<float>{-1.0f});
  EXPECT_EQ(read_block(1, {0x01, 0x3c}), std::vector<float>{1.0f + 1.0f / 1024});
  EXPECT_EQ(read_block(1, {0x01, 0x80}), std::vector<float>{-0x1p-24f});  // subnormal
  EXPECT_EQ(read_block(1, {0xff, 0x7b}), std::vector<float>{65504.0f});
  EXPECT_TRUE(std::isinf(read_block(1, {0x00, 0x7c})[0]));
  EXPECT_TRUE(std::isnan(read_block(1, {0x01, 0x7c})[0]));
}

TEST(WeightTypes, BlocksOf32) {
  const uint8_t fifths[4] = {0x01, 0x00, 0x02, 0x80};  // weights 0, 17 and 31
  const auto q4_0 = read_block(2, block_of({kHalf, nibbles()}));
  const auto q4_1 = read_block(3, block_of({kHalf, kMinusTwo, nibbles()}));
  const auto q5_0 = read_block(6, block_of({kHalf, fifths, nibbles()}));
  const auto q5_1 = read_block(7, block_of({kHalf, kMinusTwo, fifths, nibbles()}));
  Bytes bytes;
  for (int i = 0; i < 32; ++i) bytes.push_back(uint8_t(i * 8 - 128));
  const auto q8_0 = read_block(8, block_of({kHalf, bytes}));
  for (int i = 0; i < 32; ++i) {
    const int q = i < 16 ? i : 31 - i;
    const int fifth = i == 0 || i == 17 || i == 31 ? 16 : 0;
    EXPECT_EQ(q4_0[size_t(i)], 0.5f * float(q - 8)) << i;
    EXPECT_EQ(q4_1[size_t(i)], 0.5f * float(q) - 2.0f) << i;
    EXPECT_EQ(q5_0[size_t(i)], 0.5f * float(q + fifth - 16)) << i;
    EXPECT_EQ(q5_1[size_t(i)], 0.5f * float(q + fifth) - 2.0f) << i;
    EXPECT_EQ(q8_0[size_t(i)], 0.5f * float(i * 8 - 128)) << i;
  }
}

// Scales 1 + 7 j and minima 63 - 5 j of the sub-blocks j, six bits each, in their 12 bytes.
int scale_of(int j) { return 1 + 7 * j; }
int minimum_of(int j) { return 63 - 5 * j; }
Bytes packed_scales() {
  Bytes out(12);
  for (int j = 0; j < 4; ++j) {
    out[size_t(j)] = uint8_t(scale_of(j) | (scale_of(j + 4) >> 4) << 6);
    out[size_t(j + 4)] = uint8_t(minimum_of(j) | (minimum_of(j + 4) >> 4) << 6);
    out[size_t(j + 8)] = uint8_t((scale_of(j + 4) & 15) | (minimum_of(j + 4) & 15) << 4);
  }
  return out;
}

TEST(WeightTypes, BlocksOf256) {
  Bytes low(128), fifths(32);
  for (int j = 0; j < 8; ++j)
    for (int i = 0; i < 32; ++i) {
      low[size_t(j / 2 * 32 + i)] |= uint8_t(((3 * i + j) & 15) << (j % 2 * 4));
      fifths[size_t(i)] |= uint8_t(((i + j) % 3 == 0 ? 1 : 0) << j);
    }
  const uint8_t two[2] = {0x00, 0x40};
  const auto q4_k = read_block(12, block_of({kHalf, two, packed_scales(), low}));
  const auto q5_k = read_block(13, block_of({kHalf, two, packed_scales(), fifths, low}));
  for (int j = 0; j < 8; ++j)
    for (int i = 0; i < 32; ++i) {
      const int q = (3 * i + j) & 15, fifth = (i + j) % 3 == 0 ? 16 : 0;
      const auto at = size_t(j * 32 + i);
      EXPECT_EQ(q4_k[at], 0.5f * float(scale_of(j) * q) - 2.0f * float(minimum_of(j))) << at;
      EXPECT_EQ(q5_k[at], 0.5f * float(scale_of(j) * (q + fifth)) - 2.0f * float(minimum_of(j))) << at;
    }
  Bytes six(210);  // weight i is (7 i) & 63 - 32, its scale i / 16 - 8
  for (int i = 0; i < 256; ++i) {
    const int q = (7 * i) & 63, n = i / 128, quarter = i % 128 / 32, k = i % 32;
    six[size_t(n * 64 + quarter % 2 * 32 + k)] |= uint8_t((q & 15) << (quarter / 2 * 4));
    six[size_t(128 + n * 32 + k)] |= uint8_t((q >> 4) << (quarter * 2));
    six[size_t(192 + i / 16)] = uint8_t(i / 16 - 8);
  }
  std::copy_n(kHalf, 2, six.begin() + 208);
  const auto q6_k = read_block(14, six);
  for (int i = 0; i < 256; ++i) EXPECT_EQ(q6_k[size_t(i)], 0.5f * float(i / 16 - 8) * float(((7 * i) & 63) - 32)) << i;
  EXPECT_EQ(find_weight_type(10), nullptr);
}

TEST(GgufFile, ValuesAndTensors) {
  GgufWriter writer;
  writer.add_u32("a", 7);
  writer.add_f32("b", 1.5f);
  writer.add_text("c", "text");
  writer.add_texts("d", {"x", "", "yz"});
  writer.add_i32s("e", {-1, 2});
  writer.add_tensor("t", 0, {2, 1}, Bytes{0, 0, 0x80, 0x3f, 0, 0, 0, 0x40});
  const Bytes bytes = writer.finish();
  const auto file = GgufFile::parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(*file->integer("a", 0, 10), 7u);
  EXPECT_FALSE(file->integer("a", 8, 10).ok());
  EXPECT_FALSE(file->integer("c", 0, 10).ok());
  EXPECT_FALSE(file->integer("z", 0, 10).ok());
  EXPECT_EQ(*file->number("b"), 1.5);
  EXPECT_EQ(*file->text("c"), "text");
  EXPECT_FALSE(file->text("d").ok());
  EXPECT_EQ(*file->texts("d"), (std::vector<std::string_view>{"x", "", "yz"}));
  EXPECT_EQ(*file->integers("e"), (std::vector<int64_t>{-1, 2}));
  const auto tensor = file->tensor("t", {2, 1});
  ASSERT_TRUE(tensor.ok());
  float value = 0;
  (*tensor)->read_row(1, &value);
  EXPECT_EQ(value, 2.0f);
  EXPECT_FALSE(file->tensor("t", {1, 2}).ok());
  for (size_t size = 0; size < bytes.size() - 24; ++size) {  // what comes last is padding
    const auto cut = GgufFile::parse(ByteSpan(bytes).first(size));
    ASSERT_FALSE(cut.ok()) << size;
    EXPECT_EQ(cut.error().family, ErrorFamily::kBadInput);
  }
}

TEST(GgufFile, SizesBeyondTheFileAreErrors) {
  const auto changed = [](size_t at, uint8_t value) {
    GgufWriter writer;
    writer.add_texts("d", {"x"});
    writer.add_tensor("t", 8, {1, 32}, Bytes(34));
    Bytes bytes = writer.finish();
    bytes[at] = value;
    return GgufFile::parse(bytes);
  };
  for (const size_t at : {8u, 16u, 24u, 30u, 31u}) EXPECT_FALSE(changed(at, 0x7f).ok()) << at;  // counts, a length
  EXPECT_FALSE(changed(4, 1).ok());                                                             // version 1
  EXPECT_TRUE(changed(4, 2).ok());
}

Result<ModelFile> import(const Bytes& gguf) {
  LMC_ASSIGN(const auto bytes, import_gguf(gguf, {.name = "tiny", .act_bits = ActivationBits{16, 16, 16, 16, 16}}));
  return ModelFile::from_bytes(bytes);
}

TEST(Import, WhatIsMissingIsNamed) {
  const TinyLlama tiny;
  for (const char* what : {"block_count", "embedding_length", "token_embd", "blk.1.attn_k", "blk.2.ffn_down",
                           "blk.0.attn_norm", "output_norm", "tokens", "epsilon"}) {
    const auto made = import(tiny.make(what));
    ASSERT_FALSE(made.ok()) << what;
    EXPECT_EQ(made.error().family, ErrorFamily::kBadInput);
    EXPECT_NE(made.error().message.find(what), std::string::npos) << made.error().message;
  }
  const auto splitter = import(tiny.make("pre"));
  ASSERT_FALSE(splitter.ok());
  EXPECT_NE(splitter.error().message.find("'unknown'"), std::string::npos) << splitter.error().message;
  GgufWriter other;
  other.add_text("general.architecture", "mamba");
  const auto mamba = import(other.finish());
  ASSERT_FALSE(mamba.ok());
  EXPECT_NE(mamba.error().message.find("'mamba'"), std::string::npos) << mamba.error().message;
}

TEST(Import, WindowsOfLayers) {
  const Bytes gguf = TinyLlama().make();  // three layers
  const auto windows = [&](std::vector<int> wanted) -> Result<std::vector<int>> {
    LMC_ASSIGN(const auto bytes, import_gguf(gguf, {.name = "tiny", .windows = std::move(wanted)}));
    LMC_ASSIGN(const auto file, ModelFile::from_bytes(bytes));
    return file.config().windows;
  };
  EXPECT_EQ(*windows({7}), (std::vector<int>{7, 7, 7}));
  EXPECT_EQ(*windows({4, 9, 6}), (std::vector<int>{4, 9, 6}));
  const auto two = windows({4, 9});
  ASSERT_FALSE(two.ok());
  EXPECT_EQ(two.error().family, ErrorFamily::kUsage);
}

TEST(Import, DamagedFilesNeverCrash) {
  const TinyLlama tiny;
  Bytes bytes = tiny.make();
  TestRandom random(1);
  for (int round = 0; round < 300; ++round) {
    Bytes bad = bytes;
    for (int i = 0; i < 3; ++i) bad[random.below(9000)] ^= uint8_t(1u << random.below(8));
    const auto made = import(bad);
    EXPECT_TRUE(made.ok() || !made.error().message.empty());
  }
}

TEST(Import, VocabularyIsInTheOrderOfBytes) {
  const TinyLlama tiny;
  const Bytes bytes = tiny.make();
  const auto file = GgufFile::parse(bytes);
  ASSERT_TRUE(file.ok());
  const auto checkpoint = read_gguf_checkpoint(*file, bytes);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  const auto vocabulary = import_vocabulary(*checkpoint);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().message;
  const auto& strings = vocabulary->tokenizer.vocabulary();
  ASSERT_EQ(strings.size(), 261u);
  for (size_t i = 0; i < strings.size(); ++i) EXPECT_EQ(strings[i], tiny.token_bytes[vocabulary->rows[i]]);
  EXPECT_EQ(vocabulary->rows.back(), 0u);  // <|endoftext|>
  const auto tokens = vocabulary->tokenizer.encode(as_bytes("in the thing"));
  std::vector<std::string> shown;
  for (const uint32_t token : tokens) shown.push_back(strings[token]);
  EXPECT_EQ(shown, (std::vector<std::string>{"in", " the", " ", "th", "ing"}));
}

TEST(Import, TheSameOnEveryMachine) {
  const auto made = import_gguf(TinyLlama().make(), {.name = "tiny"});
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(hex(sha256(ByteSpan(*made).first(made->size() - 32))),
            "735bba31ff9941c31c3346da2fd47b2dd2490bb3812409360075c97fdcce44b7");
}

// The distributions of the engine against those of gguf_reference.py. To make the golden file again:
//   LMC_WRITE_GGUF=tiny.gguf models_test --gtest_filter=Import.LogitsAreThoseOfNumpy
//   tests/import/gguf_reference.py logits tiny.gguf 0 117 104 ... (kTokens) > lmc/models/import/testdata/tiny.logits
TEST(Import, LogitsAreThoseOfNumpy) {
  constexpr uint32_t kTokens[] = {0, 85, 260, 117, 33, 259, 11, 200, 261, 33, 33, 97};  // of the file
  const TinyLlama tiny;
  const Bytes gguf = tiny.make();
  if (const char* path = std::getenv("LMC_WRITE_GGUF")) ASSERT_TRUE(write_file(path, gguf).ok());
  const auto file = import(gguf);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto model = Transformer::load(*file, best_isa());
  ASSERT_TRUE(model.ok());
  const auto vocabulary = import_vocabulary(*read_gguf_checkpoint(*GgufFile::parse(gguf), gguf));
  const std::vector<uint32_t>& rows = vocabulary->rows;
  TransformerState state = model->make_state(1);
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  const Head head = model->make_head();
  std::ifstream golden(LMC_TINY_LOGITS);
  std::vector<uint32_t> cumulative(rows.size() + 1);
  const uint32_t stream[1] = {0};
  double worst = 0;
  for (const uint32_t of_file : kTokens) {
    const auto token = uint32_t(std::ranges::find(rows, of_file) - rows.begin());
    model->step(state, stream, std::span(&token, 1), hidden, scratch);
    head.cumulative(hidden, 0, 1, cumulative.data(), head_scratch);
    std::vector<double> logits(tiny.tokens.size());
    for (double& logit : logits) ASSERT_TRUE(golden >> logit);
    double total = 0, divergence = 0;
    for (size_t v = 1; v < logits.size(); ++v) total += std::exp(logits[v]);  // without the control token
    for (size_t v = 0; v + 1 < rows.size(); ++v) {
      const double wanted = std::exp(logits[rows[v]]) / total;
      divergence += wanted * std::log2(wanted * double(cumulative.back()) / double(cumulative[v + 1] - cumulative[v]));
    }
    worst = std::max(worst, divergence);
  }
  std::printf("divergence of the worst token: %.6f bits\n", worst);
  EXPECT_LT(worst, 0.05);  // int8 weights; a wrong rotation or order of rows makes it some bits
}

}  // namespace
}  // namespace lmc
