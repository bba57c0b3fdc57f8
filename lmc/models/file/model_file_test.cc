#include "lmc/models/file/model_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lmc/base/io.h"
#include "lmc/models/test_model.h"

namespace lmc {
namespace {

ModelConfig tiny_config() {
  return {.layers = 1, .width = 8, .heads = 2, .kv_heads = 1, .head_dim = 8, .ffn = 12, .vocab = 10, .windows = {16}};
}

// The same file with another header; the data and their offsets stay (padding absorbs the difference), the hash is new.
Bytes with_header(const Bytes& file, const std::string& from, const std::string& to) {
  ByteReader reader(file);
  (void)reader.read_bytes(8, "");
  const size_t size = size_t(*reader.read_le<uint64_t>(""));
  std::string header(file.begin() + 16, file.begin() + 16 + std::ptrdiff_t(size));
  const size_t at = header.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  header.replace(at, from.size(), to);
  Bytes out(file.begin(), file.begin() + 8);
  append_le(out, uint64_t(header.size()));
  append_bytes(out, as_bytes(header));
  size_t data_begin = 64;  // as ModelWriter chose it
  while (data_begin < 16 + size) data_begin *= 2;
  EXPECT_LE(out.size(), data_begin);
  out.resize(data_begin);
  out.insert(out.end(), file.begin() + std::ptrdiff_t(data_begin), file.end() - 32);
  append_bytes(out, sha256(out));
  return out;
}

TEST(ModelFile, RoundTrip) {
  ModelConfig config = tiny_config();
  config.act_bits.down = 16;
  config.rope_theta = 12345.5;
  ModelWriter writer("round trip", config);
  const Bytes bytes = make_test_model(config, 1);
  ASSERT_FALSE(bytes.empty());
  const auto file = ModelFile::from_bytes(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->name(), "test");
  EXPECT_EQ(file->config().width, 8);
  EXPECT_EQ(file->config().act_bits.down, 16);
  EXPECT_EQ(file->config().act_bits.up, 8);
  EXPECT_EQ(file->config().rope_theta, 12345.5);
  EXPECT_EQ(file->config().norm_eps, 1e-6);
  EXPECT_EQ(file->sha256(), sha256(ByteSpan(bytes).first(bytes.size() - 32)));
  const auto embed = file->tensor("embed");
  ASSERT_TRUE(embed.ok());
  EXPECT_EQ(embed->shape, (std::vector<size_t>{10, 8}));
  EXPECT_EQ(uintptr_t(embed->bytes.data()) % 64, 0u);
  EXPECT_FALSE(file->tensor("nothing").ok());
  EXPECT_TRUE(file->section("tokenizer").empty());

  const std::string path = testing::TempDir() + "/model_file_test.lmcm";
  ASSERT_TRUE(write_file(path, bytes).ok());
  const auto mapped = ModelFile::open(path);
  ASSERT_TRUE(mapped.ok()) << mapped.error().message;
  EXPECT_EQ(mapped->sha256(), file->sha256());
}

TEST(ModelFile, SectionsAndMetadata) {
  const auto base = ModelFile::from_bytes(make_test_model(tiny_config(), 2));
  ASSERT_TRUE(base.ok());
  ModelWriter writer("sections", base->config());
  for (const auto& [name, view] : base->tensors()) {
    if (view.type == TensorType::kI8) writer.add_i8(name, view.shape, view.as<int8_t>());
    if (view.type == TensorType::kF32) writer.add_f32(name, view.shape, view.as<float>());
  }
  writer.add_section("tokenizer", as_bytes("hello"));
  writer.add_section("empty", {});
  writer.set_training(R"({"steps":100,"note":"ä"})");
  const auto bytes = writer.finish();
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  const auto file = ModelFile::from_bytes(*bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(std::string(file->section("tokenizer").begin(), file->section("tokenizer").end()), "hello");
  EXPECT_TRUE(file->has("empty"));
  EXPECT_NE(file->training().find("\"steps\":100"), std::string::npos);
}

TEST(ModelFile, QuantisedMatrixIsNear) {
  const ModelConfig config = tiny_config();
  ModelWriter writer("m", config);
  std::vector<float> values(80);
  TestRandom random(3);
  for (float& value : values) value = float(random.below(2001)) / 1000.0f - 1.0f;
  std::fill(values.begin() + 8, values.begin() + 16, 0.0f);
  writer.add_matrix("embed", 10, 8, values);
  EXPECT_FALSE(writer.finish().ok());  // the other tensors are missing
}

TEST(ModelFile, TruncationIsAnError) {
  const Bytes bytes = make_test_model(tiny_config(), 4);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto file = ModelFile::from_bytes(ByteSpan(bytes).first(size));
    ASSERT_FALSE(file.ok()) << size;
    EXPECT_EQ(file.error().family, ErrorFamily::kBadInput);
  }
}

TEST(ModelFile, FlippedBitsAreErrors) {
  Bytes bytes = make_test_model(tiny_config(), 5);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= uint8_t(1 << (i % 8));
    ASSERT_FALSE(ModelFile::from_bytes(bytes).ok()) << i;
    bytes[i] ^= uint8_t(1 << (i % 8));
  }
}

// A header damaged in any way under a right hash: an error or a sound file, never a crash.
TEST(ModelFile, DamagedHeaderWithARightHash) {
  const Bytes bytes = make_test_model(tiny_config(), 6);
  TestRandom random(7);
  ByteReader reader(bytes);
  (void)reader.read_bytes(8, "");
  const size_t size = size_t(*reader.read_le<uint64_t>(""));
  for (size_t i = 4; i < 16 + size; ++i) {
    for (int round = 0; round < 4; ++round) {
      Bytes bad(bytes.begin(), bytes.end() - 32);
      bad[i] = round == 0   ? uint8_t('9')
               : round == 1 ? uint8_t(random.next())
                            : uint8_t(bad[i] ^ (1u << random.below(8)));
      append_bytes(bad, sha256(bad));
      const auto file = ModelFile::from_bytes(bad);
      EXPECT_TRUE(file.ok() || !file.error().message.empty());
    }
  }
}

TEST(ModelFile, WrongArchitecturesAreErrors) {
  const Bytes bytes = make_test_model(tiny_config(), 8);
  ASSERT_TRUE(ModelFile::from_bytes(with_header(bytes, "\"heads\":2", "\"heads\":2")).ok());
  const std::pair<const char*, const char*> changes[] = {
      {"\"heads\":2", "\"heads\":4"},
      {"\"heads\":2", "\"heads\":-2"},
      {"\"heads\":2", "\"heads\":1e9"},
      {"\"heads\":2", "\"heads\":\"2\""},
      {"\"layers\":1", "\"layers\":0"},
      {"\"layers\":1", "\"layers\":2"},
      {"\"vocab\":10", "\"vocab\":99"},
      {"\"ffn\":12", "\"ffn\":13"},
      {"[16]", "[0]"},
      {"[16]", "[99999]"},
      {"[16]", "16"},
      {"relu2", "gelu"},
      {"relu2", "quick_gelu"},
      {"\"tied\":false", "\"tied\":false,\"bos_anew\":true"},
      {"\"tied\":false", "\"tied\":false,\"bos_anew\":1"},
      {"\"up\":8", "\"up\":9"},
      {"\"tied\":false", "\"tied\":0"},
      {"\"tied\":false", "\"x\":false"},
      {"transformer", "pixelnet"},
      {"\"i8\"", "\"u8\""},
      {"\"shape\":[10,8]", "\"shape\":[8,10]"},
      {"\"shape\":[10,8]", "\"shape\":[]"},
      {"\"shape\":[10,8]", "\"shape\":[80]"},
      {"\"bytes\":80", "\"bytes\":81"},
      {"\"bytes\":80", "\"bytes\":-80"},
      {"\"offset\":", "\"offset\":1"},
      {"\"offset\":", "\"offset\":18446744073709551615,\"o\":"},
      {"\"norm_eps\":1e-06", "\"norm_eps\":0"},
      {"layer.0.w_down", "layer.9.w_down"},
  };
  for (const auto& [from, to] : changes) {
    const auto file = ModelFile::from_bytes(with_header(bytes, from, to));
    ASSERT_FALSE(file.ok()) << from << " -> " << to;
    EXPECT_EQ(file.error().family, ErrorFamily::kBadInput);
    EXPECT_NE(file.error().message.find("model file"), std::string::npos) << file.error().message;
  }
}

TEST(ModelFile, BadScalesAreErrors) {
  const auto base = ModelFile::from_bytes(make_test_model(tiny_config(), 9));
  ASSERT_TRUE(base.ok());
  for (float bad : {-1.0f, 17.0f, std::nanf(""), HUGE_VALF}) {
    for (const char* name : {"embed.scale", "layer.0.w_down.scale", "layer.0.q_gain"}) {
      ModelWriter writer("bad", base->config());
      for (const auto& [tensor, view] : base->tensors()) {
        if (view.type == TensorType::kI8) writer.add_i8(tensor, view.shape, view.as<int8_t>());
        if (view.type != TensorType::kF32) continue;
        std::vector<float> values(view.as<float>().begin(), view.as<float>().end());
        if (tensor == name) values.back() = bad * (tensor == "layer.0.q_gain" ? 2000.0f : 1.0f);
        writer.add_f32(tensor, view.shape, values);
      }
      EXPECT_FALSE(writer.finish().ok()) << name << bad;
    }
  }
}

}  // namespace
}  // namespace lmc
