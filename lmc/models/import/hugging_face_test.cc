// Hugging Face folders: what is missing, damaged or not supported, tokenizers, and a small model of every architecture
// against logits that transformers computed.
#include "lmc/models/import/hugging_face.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "lmc/base/io.h"
#include "lmc/models/import/golden_test_support.h"
#include "lmc/models/import/import.h"
#include "lmc/models/import/vocabulary.h"
#include "lmc/tokenize/tokenizer_test_support.h"

namespace lmc {
namespace {

Result<ModelFile> import(const TinyFolder& folder) {
  LMC_ASSIGN(const auto bytes,
             import_hugging_face(folder.files(), {.name = "tiny", .act_bits = ActivationBits{16, 16, 16, 16, 16}}));
  return ModelFile::from_bytes(bytes);
}

std::optional<double> divergence(const std::string& type, const TinyFolder& folder) {
  const auto vocabulary = import_vocabulary(*read_hugging_face_checkpoint(folder.files()));
  return divergence(type, import(folder), vocabulary->rows);
}

class TinyFolders : public testing::TestWithParam<const char*> {};

// To make the golden files again:
//   LMC_WRITE_FOLDERS=DIR models_test --gtest_filter='*LogitsAreThoseOfTransformers*'
//   tests/import/hugging_face_reference.py DIR lmc/models/import/testdata
TEST_P(TinyFolders, LogitsAreThoseOfTransformers) {
  const TinyFolder folder = TinyFolderMaker(GetParam()).make();
  if (const char* path = std::getenv("LMC_WRITE_FOLDERS")) {
    const std::string to = std::string(path) + "/" + GetParam();
    std::filesystem::create_directories(to);
    ASSERT_TRUE(write_file(to + "/config.json", as_bytes(folder.config)).ok());
    if (!folder.tokenizer.empty()) ASSERT_TRUE(write_file(to + "/tokenizer.json", as_bytes(folder.tokenizer)).ok());
    if (!folder.preprocessor.empty())
      ASSERT_TRUE(write_file(to + "/preprocessor_config.json", as_bytes(folder.preprocessor)).ok());
    ASSERT_TRUE(write_file(to + "/model.safetensors", folder.weights).ok());
  }
  const auto worst = divergence(GetParam(), folder);
  ASSERT_TRUE(worst.has_value());
  std::printf("divergence of the worst token: %.6f bits\n", *worst);
  EXPECT_LT(*worst, 0.01);  // int8 weights
}

INSTANTIATE_TEST_SUITE_P(Types, TinyFolders, testing::ValuesIn(TinyFolderMaker::kTypes),
                         [](const auto& info) { return std::string(info.param); });

// What the golden test is worth: every single parameter that is read wrong shows in it.
TEST(HuggingFace, WrongParametersShow) {
  struct Change {
    const char *type, *from, *to;
  };
  for (const auto& [type, from, to] : {
           Change{"llama", "\"factor\": 8.0", "\"factor\": 1.0"},
           Change{"llama", "\"rope_theta\": 5000.0", "\"rope_theta\": 10000.0"},
           Change{"mistral", "\"sliding_window\": 5", "\"sliding_window\": 6"},
           Change{"gemma3_text", "\"sliding_window\": 4", "\"sliding_window\": 5"},
           Change{"gemma3_text", "\"query_pre_attn_scalar\": 24", "\"query_pre_attn_scalar\": 16"},
           Change{"gemma3_text", "\"rope_local_base_freq\": 100.0", "\"rope_local_base_freq\": 300.0"},
           Change{"gemma3_text", "\"rope_theta\": 5000.0", "\"rope_theta\": 100.0"},
           Change{"gpt2", "\"layer_norm_epsilon\": 1e-05", "\"layer_norm_epsilon\": 0.1"},
           Change{"imagegpt", "\"layer_norm_epsilon\": 1e-05", "\"layer_norm_epsilon\": 0.1"},
           Change{"imagegpt", "\"n_embd\"", "\"scale_attn_weights\": false, \"n_embd\""},
       }) {
    TinyFolder folder = TinyFolderMaker(type).make();
    const size_t at = folder.config.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    folder.config.replace(at, std::string_view(from).size(), to);
    const auto worst = divergence(type, folder);
    ASSERT_TRUE(worst.has_value()) << from;
    EXPECT_GT(*worst, 0.012) << from;
  }
}

TEST(HuggingFace, WhatIsMissingIsNamed) {
  for (const auto& [type, what] : std::initializer_list<std::pair<const char*, const char*>>{
           {"llama", "hidden_size"},
           {"llama", "model_type"},
           {"llama", "model.layers.1.self_attn.k_proj.weight"},
           {"qwen3", "model.layers.2.self_attn.q_norm.weight"},
           {"gemma3_text", "model.layers.0.post_feedforward_layernorm.weight"},
           {"gpt2", "n_positions"},
           {"gpt2", "transformer.h.2.mlp.c_fc.weight"},
           {"imagegpt", "vocab_size"},
           {"imagegpt", "lm_head.weight"}}) {
    const auto made = import(TinyFolderMaker(type, what).make());
    ASSERT_FALSE(made.ok()) << what;
    EXPECT_EQ(made.error().family, ErrorFamily::kBadInput);
    const std::string shown = std::string(what).starts_with("transformer.") ? what + 12 : what;
    EXPECT_NE(made.error().message.find(shown), std::string::npos) << made.error().message;
  }
}

// The error of a folder with one thing changed in config.json or tokenizer.json.
std::string error_with(const char* type, const std::string& from, const std::string& to) {
  TinyFolder folder = TinyFolderMaker(type).make();
  std::string& text = folder.config.find(from) != std::string::npos ? folder.config : folder.tokenizer;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  const auto made = import(folder);
  return made.ok() ? "" : made.error().message;
}

TEST(HuggingFace, WhatIsNotSupportedIsNamed) {
  const auto expect = [](const std::string& found, const char* part) {
    EXPECT_NE(found.find(part), std::string::npos) << found;
  };
  expect(error_with("llama", "\"model_type\": \"llama\"", "\"model_type\": \"mamba\""), "'mamba'");
  expect(error_with("llama", "\"silu\"", "\"relu\""), "'relu'");
  expect(error_with("llama", "\"llama3\"", "\"yarn\""), "'yarn'");
  expect(error_with("llama", "\"hidden_size\": 32", "\"hidden_size\": \"32\""), "hidden_size");
  expect(error_with("llama", "\"hidden_size\": 32", "\"hidden_size\": 64"), "expected");
  expect(error_with("llama", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2"), "model.layers.2.");
  expect(error_with("llama", "\"num_key_value_heads\": 4", "\"num_key_value_heads\": 3"), "key/value heads");
  expect(error_with("llama", "\"vocab_size\"", "\"quantization_config\": {}, \"vocab_size\""), "quantization_config");
  expect(error_with("llama", "\"type\":\"BPE\"", "\"type\":\"WordPiece\""), "'WordPiece'");
  expect(error_with("imagegpt", "\"quick_gelu\"", "\"gelu\""), "'gelu'");
  expect(error_with("imagegpt", "\"vocab_size\": 262", "\"vocab_size\": 1"), "'vocab_size'");
  expect(error_with("imagegpt", "\"vocab_size\": 262", "\"vocab_size\": 70000"), "'vocab_size'");
  expect(error_with("llama", "\"type\":\"ByteLevel\"", "\"type\":\"Whitespace\""), "byte-level");
  expect(error_with("llama", "\"merges\":[", "\"merges\":[7,"), "a merge is 7");
  EXPECT_EQ(error_with("llama", "\"vocab_size\"", "\"something_new\": 1, \"vocab_size\""), "");
}

TEST(HuggingFace, ColoursAreTwoBytesEach) {
  const TinyFolder folder = TinyFolderMaker("imagegpt").make();
  const auto file = import(folder);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_NE(file->training().find("\"clusters\":[[-1.0,-1.0,1.0],"), std::string::npos);
  const auto tokenizer = Tokenizer::parse(file->section("tokenizer"), file->section("tokenizer.merges"));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  ASSERT_EQ(tokenizer->vocabulary_size(), 261u + 256 + 1);
  const auto lengths = [&](const Bytes& text) {
    std::vector<size_t> out;
    for (const uint32_t token : tokenizer->encode(text)) out.push_back(tokenizer->vocabulary()[token].size());
    return out;
  };
  EXPECT_EQ(lengths({0, 7, 1, 4, 0, 0}), (std::vector<size_t>{2, 2, 2}));
  EXPECT_EQ(lengths({1, 5, 0, 0, 9}), (std::vector<size_t>{1, 1, 2, 1}));  // there are 261 colours
  expect_byte_strings_come_back(*tokenizer, {1, 2, 3, 64, 4097});
  TestRandom random(4);
  Bytes any(5001);
  for (uint8_t& byte : any) byte = uint8_t(random.below(random.below(2) == 0 ? 2 : 256));
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(any)), any);
}

TEST(HuggingFace, ColoursThatAreNoneAreNamed) {
  TinyFolder folder = TinyFolderMaker("imagegpt").make();
  const std::string sound = folder.preprocessor;
  for (const char* bad : {"7", "{", R"({"clusters": 7})", R"({"clusters": [[0, 0, 0]]})"}) {
    folder.preprocessor = bad;
    const auto made = import(folder);
    ASSERT_FALSE(made.ok()) << bad;
    EXPECT_NE(made.error().message.find("preprocessor_config.json"), std::string::npos) << made.error().message;
  }
  folder.preprocessor = sound;
  folder.preprocessor.replace(sound.find("-1.0"), 4, "-1.5");
  EXPECT_FALSE(import(folder).ok());
  for (const char* none : {"", "{}", R"({"clusters": null})"}) {
    folder.preprocessor = none;
    const auto made = import(folder);
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(made->training().find("clusters"), std::string::npos);
  }
}

TEST(HuggingFace, RopeParametersOfNewerFiles) {
  TinyFolder folder = TinyFolderMaker("gemma3_text").make();
  const auto before = import(folder);
  const std::string from = "\"rope_local_base_freq\": 100.0";
  folder.config.replace(folder.config.find(from), from.size(),
                        R"("rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 5000.0},
                           "sliding_attention": {"rope_type": "default", "rope_theta": 100.0}})");
  const auto after = import(folder);
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_EQ(before->sha256(), after->sha256());
}

TEST(HuggingFace, DamagedFilesNeverCrash) {
  TestRandom random(3);
  for (const char* type : TinyFolderMaker::kTypes) {
    const TinyFolder sound = TinyFolderMaker(type).make();
    for (int round = 0; round < 120; ++round) {
      TinyFolder bad = sound;
      const auto flip = [&](auto& bytes, size_t within) {
        auto& byte = bytes[random.below(uint32_t(std::min(within, bytes.size())))];
        byte = std::remove_reference_t<decltype(byte)>(byte ^ (1 << random.below(8)));
      };
      if (round % 3 == 0) flip(bad.config, SIZE_MAX);
      if (round % 3 == 1) flip(bad.tokenizer.empty() ? bad.preprocessor : bad.tokenizer, SIZE_MAX);
      if (round % 3 == 2) flip(bad.weights, 3000);
      const auto made = import(bad);
      EXPECT_TRUE(made.ok() || !made.error().message.empty());
    }
    for (size_t size = 0; size < sound.weights.size(); size += 997) {
      TinyFolder cut = sound;
      cut.weights.resize(size);
      EXPECT_FALSE(import(cut).ok()) << size;
    }
  }
}

TEST(HuggingFace, IndexOfSeveralFiles) {
  const auto names = read_weight_index(
      as_bytes(R"({"weight_map": {"a": "x-2.safetensors", "b": "x-1.safetensors", "c": "x-2.safetensors"}})"));
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(*names, (std::vector<std::string>{"x-1.safetensors", "x-2.safetensors"}));
  for (const char* bad :
       {R"({"weight_map": {"a": "../x.safetensors"}})", R"({"weight_map": {"a": "x.bin"}})",
        R"({"weight_map": {"a": 1}})", R"({"weight_map": 1})", "{}", "", R"({"weight_map": {"a": "/x.safetensors"}})"})
    EXPECT_FALSE(read_weight_index(as_bytes(bad)).ok()) << bad;
}

TEST(HuggingFace, FoldersAreRead) {
  const std::string from = testing::TempDir() + "/folder", to = testing::TempDir() + "/folder.lmcm";
  std::filesystem::remove_all(from);
  std::filesystem::create_directories(from);
  EXPECT_FALSE(import_model(from, to, {.name = "x"}).ok());
  const TinyFolder folder = TinyFolderMaker("qwen3").make();
  ASSERT_TRUE(write_file(from + "/config.json", as_bytes(folder.config)).ok());
  ASSERT_TRUE(write_file(from + "/tokenizer.json", as_bytes(folder.tokenizer)).ok());
  ASSERT_TRUE(write_file(from + "/part.safetensors", folder.weights).ok());
  ASSERT_TRUE(write_file(from + "/model.safetensors.index.json",
                         as_bytes(R"({"weight_map": {"model.norm.weight": "part.safetensors"}})"))
                  .ok());
  const auto made = import_model(from, to, {.name = "x"});
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto file = ModelFile::open(to);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->sha256(), made->sha256);
  EXPECT_EQ(*import_hugging_face(folder.files(), {.name = "x"}), *read_file(to));
}

}  // namespace
}  // namespace lmc
