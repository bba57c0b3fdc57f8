#include "lmc/models/adapters/adapter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "lmc/base/io.h"
#include "lmc/models/arch/head.h"
#include "lmc/models/arch/transformer.h"
#include "lmc/models/registry.h"
#include "lmc/models/test_adapter.h"
#include "lmc/numerics/isa_test_support.h"

namespace lmc {
namespace {

ModelConfig small_config() {
  return {
      .layers = 2, .width = 20, .heads = 2, .kv_heads = 1, .head_dim = 12, .ffn = 36, .vocab = 70, .windows = {8, 16}};
}

ModelFile model_of(const ModelConfig& config, uint64_t seed = 1) {
  auto file = ModelFile::from_bytes(make_test_model(config, seed));
  EXPECT_TRUE(file.ok());
  return *file;
}

// A file with a change and the hash that it then has.
Bytes with_byte(const Bytes& file, size_t at, uint8_t flip) {
  Bytes out(file.begin(), file.end() - sizeof(Sha256));
  out[at] ^= flip;
  append_bytes(out, sha256(out));
  return out;
}

TEST(Adapter, MergingIsTheSumRoundedToInt8) {
  const ModelFile base = model_of(small_config());
  const auto adapter = ModelFile::from_bytes(make_test_adapter(base, 3, 5));
  ASSERT_TRUE(adapter.ok()) << adapter.error().message;
  EXPECT_EQ(adapter->kind(), ModelKind::kAdapter);
  EXPECT_EQ(adapter->adapter_base().sha256, base.sha256());
  const auto merged = merge_adapter(base, *adapter, Isa::kScalar);
  ASSERT_TRUE(merged.ok()) << merged.error().message;
  EXPECT_EQ(merged->sha256(), adapter->sha256());
  EXPECT_EQ(merged->name(), "test-adapter");
  size_t changed = 0;
  for (const auto& [name, view] : base.tensors()) {
    if (view.type != TensorType::kI8) continue;
    const auto before = view.as<int8_t>(), after = merged->tensor(name)->as<int8_t>();
    const auto old_scales = base.tensor(name + ".scale")->as<float>(),
               scales = merged->tensor(name + ".scale")->as<float>();
    const size_t columns = view.shape[1];
    const bool adapted = adapter->has(name + ".lora_a");
    EXPECT_EQ(adapted, name != "embed") << name;
    if (!adapted) {
      EXPECT_TRUE(std::ranges::equal(before, after));
      continue;
    }
    const auto a = adapter->tensor(name + ".lora_a")->as<int8_t>(), b = adapter->tensor(name + ".lora_b")->as<int8_t>();
    const auto a_scales = adapter->tensor(name + ".lora_a.scale")->as<float>(),
               b_scales = adapter->tensor(name + ".lora_b.scale")->as<float>();
    for (size_t o = 0; o < view.shape[0]; ++o) {
      EXPECT_GE(scales[o], old_scales[o]);
      for (size_t i = 0; i < columns; ++i) {
        double wanted = double(before[o * columns + i]) * old_scales[o];
        for (size_t k = 0; k < 3; ++k)
          wanted += double(b_scales[o]) * b[o * 3 + k] * double(a_scales[k]) * a[k * columns + i];
        EXPECT_NEAR(after[o * columns + i] * double(scales[o]), wanted, 0.51 * scales[o])
            << name << " " << o << " " << i;
      }
    }
    changed += !std::ranges::equal(before, after);
  }
  EXPECT_EQ(changed, 13u);  // two layers of six matrices, and the head
}

TEST(Adapter, EveryInstructionSetMergesAndRunsTheSame) {
  for (const int rank : {1, 2, 5, 16, 33}) {
    ModelConfig config = small_config();
    config.activation = rank % 2 == 0 ? Activation::kSwiglu : Activation::kRelu2;
    const ModelFile base = model_of(config, uint64_t(rank));
    const auto adapter = ModelFile::from_bytes(make_test_adapter(base, rank, 7));
    ASSERT_TRUE(adapter.ok()) << adapter.error().message;
    const auto reference = merge_adapter(base, *adapter, Isa::kScalar);
    ASSERT_TRUE(reference.ok()) << reference.error().message;
    std::vector<int16_t> hidden_values;
    for (const Isa isa : isas()) {
      const auto merged = merge_adapter(base, *adapter, isa);
      ASSERT_TRUE(merged.ok());
      ASSERT_EQ(merged->tensors().size(), reference->tensors().size());
      for (const auto& [name, view] : reference->tensors()) {
        const auto other = merged->tensor(name);
        ASSERT_EQ(other->bytes.size(), view.bytes.size());
        EXPECT_EQ(std::memcmp(other->bytes.data(), view.bytes.data(), view.bytes.size()), 0) << isa_name(isa) << name;
      }
      const auto transformer = Transformer::load(*merged, isa);
      ASSERT_TRUE(transformer.ok());
      TransformerState state = transformer->make_state(1);
      TransformerScratch scratch;
      Hidden hidden;
      const std::vector<uint32_t> streams(20, 0);
      std::vector<uint32_t> tokens(20);
      for (uint32_t i = 0; i < 20; ++i) tokens[i] = i * i % 69;
      transformer->step(state, streams, tokens, hidden, scratch);
      if (hidden_values.empty()) hidden_values = hidden.values;
      EXPECT_EQ(hidden.values, hidden_values) << isa_name(isa);
    }
  }
}

TEST(Adapter, DitheringKeepsSmallChangesOnTheAverage) {
  ModelConfig config = small_config();
  config.width = 512;
  const ModelFile base = model_of(config);
  const auto scales = base.tensor("layer.0.wq.scale")->as<float>();
  for (const bool dithered : {false, true}) {
    // The same tenth of a step for every weight of a row.
    AdapterWriter writer("small", base);
    std::vector<float> b(scales.begin(), scales.end());
    writer.add("layer.0.wq", std::vector<float>(512, 0.1f), b, 1);
    writer.set_dithered(dithered);
    const auto bytes = writer.finish();
    ASSERT_TRUE(bytes.ok()) << bytes.error().message;
    const ModelFile adapter = *ModelFile::from_bytes(*bytes);
    EXPECT_EQ(adapter.adapter_base().dithered, dithered);
    const auto merged = merge_adapter(base, adapter, Isa::kScalar);
    ASSERT_TRUE(merged.ok());
    const auto before = base.tensor("layer.0.wq")->as<int8_t>(), after = merged->tensor("layer.0.wq")->as<int8_t>();
    int64_t sum = 0;
    for (size_t i = 0; i < before.size(); ++i) sum += after[i] - before[i];
    EXPECT_NEAR(double(sum) / double(before.size()), dithered ? 0.1 : 0.0, 0.01);
    for (const Isa isa : isas())
      EXPECT_TRUE(std::ranges::equal(merge_adapter(base, adapter, isa)->tensor("layer.0.wq")->bytes,
                                     merged->tensor("layer.0.wq")->bytes));
  }
  for (uint32_t i = 0; i < 100000; ++i)
    ASSERT_LT(std::fabs(rounding_dither(i, i * 7)), 0.5f) << "a weight that is not changed stays";
}

TEST(Adapter, AChangeOfNothingIsTheBase) {
  const ModelFile base = model_of(small_config());
  AdapterWriter writer("nothing", base);
  writer.add("layer.0.wq", std::vector<float>(40, 0.0f), std::vector<float>(48, 1.0f), 2);
  const auto bytes = writer.finish();
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  const auto merged = merge_adapter(base, *ModelFile::from_bytes(*bytes), best_isa());
  ASSERT_TRUE(merged.ok());
  for (const auto& [name, view] : base.tensors())
    EXPECT_TRUE(std::ranges::equal(view.bytes, merged->tensor(name)->bytes));
}

TEST(Adapter, WhatDoesNotFitIsRefused) {
  const ModelFile base = model_of(small_config());
  const auto adapter = ModelFile::from_bytes(make_test_adapter(base, 2, 1));
  ASSERT_TRUE(adapter.ok());
  const auto other = merge_adapter(model_of(small_config(), 2), *adapter, Isa::kScalar);
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find(hex(base.sha256())), std::string::npos) << "the wanted base is named";
  EXPECT_FALSE(merge_adapter(base, base, Isa::kScalar).ok());
  const auto merged = merge_adapter(base, *adapter, Isa::kScalar);
  EXPECT_FALSE(merge_adapter(*merged, *adapter, Isa::kScalar).ok());

  const auto refused = [&](const std::string& name, size_t a_values, size_t b_values, int rank, float value) {
    AdapterWriter writer("bad", base);
    writer.add(name, std::vector<float>(a_values, value), std::vector<float>(b_values, value), rank);
    const auto made = writer.finish();
    return made.ok() ? std::string() : made.error().message;
  };
  EXPECT_EQ(refused("layer.0.wq", 40, 48, 2, 0.1f), "");
  EXPECT_NE(refused("layer.0.wq", 42, 48, 2, 0.1f), "") << "columns";
  EXPECT_NE(refused("layer.0.wq", 40, 50, 2, 0.1f), "") << "rows";
  EXPECT_NE(refused("layer.2.wq", 40, 48, 2, 0.1f), "") << "no such layer";
  EXPECT_NE(refused("layer.0.w_gate", 40, 72, 2, 0.1f), "") << "no such matrix";
  EXPECT_NE(refused("embed", 40, 140, 2, 0.1f), "") << "not to be changed";
  EXPECT_NE(refused("layer.0.wq", 40, 48, 2, 100.0f), "") << "weights beyond the limit";
}

TEST(Adapter, DamageAtEveryByteIsAnErrorAndNeverACrash) {
  ModelConfig config = small_config();
  config.layers = 1;
  config.windows = {8};
  const ModelFile base = model_of(config);
  const Bytes file = make_test_adapter(base, 2, 1);
  ASSERT_FALSE(file.empty());
  for (size_t size = 0; size < file.size(); ++size)
    ASSERT_FALSE(ModelFile::from_bytes(ByteSpan(file).first(size)).ok());
  for (size_t at = 0; at < file.size(); ++at) {
    Bytes bad = file;
    bad[at] ^= uint8_t(1 << at % 8);
    ASSERT_FALSE(ModelFile::from_bytes(bad).ok()) << at;
    // With a hash that is right: refused, or an adapter that merges within the limits.
    const auto opened = ModelFile::from_bytes(with_byte(file, std::min(at, file.size() - 33), uint8_t(1 << at % 8)));
    if (!opened.ok()) continue;
    const auto merged = merge_adapter(base, *opened, Isa::kScalar);
    if (!merged.ok()) {
      EXPECT_EQ(merged.error().family, ErrorFamily::kBadInput);
      continue;
    }
    for (const auto& [name, view] : merged->tensors()) {
      if (!name.ends_with(".scale")) continue;
      for (const float scale : view.as<float>()) ASSERT_TRUE(scale >= 0 && scale <= 1) << name;
    }
  }
}

TEST(Adapter, TheRegistryFindsItAndItsBase) {
  const std::string folder = testing::TempDir() + "/adapter_test_models";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const Bytes model = make_test_model(small_config(), 1);
  ASSERT_TRUE(write_file(folder + "/small.lmcm", model).ok());
  const ModelFile base = *ModelFile::from_bytes(model);
  const Bytes adapter = make_test_adapter(base, 2, 1);
  ASSERT_TRUE(write_file(folder + "/domain.lmca", adapter).ok());
  const Sha256 hash = ModelFile::from_bytes(adapter)->sha256();
  {
    Registry registry({folder});
    const auto found = registry.find_hash(hash);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ((*found)->name, "domain");
    EXPECT_EQ((*found)->sha256, hash);
    EXPECT_TRUE((*found)->adapter.has_value());
    EXPECT_EQ(*registry.find_name("domain"), *found);
    EXPECT_EQ(*registry.find_name(hex(hash).substr(0, 12)), *found);
    EXPECT_FALSE((*registry.find_name("small"))->adapter.has_value());
  }
  std::filesystem::remove(folder + "/small.lmcm");
  Registry registry({folder});
  for (const auto& found : {registry.find_hash(hash), registry.find_name("domain")}) {
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().family, ErrorFamily::kEnvironment);
    EXPECT_NE(found.error().message.find("changes the model test"), std::string::npos) << found.error().message;
    EXPECT_NE(found.error().message.find(hex(base.sha256())), std::string::npos);
  }
}

}  // namespace
}  // namespace lmc
