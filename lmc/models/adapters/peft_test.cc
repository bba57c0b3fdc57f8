#include "lmc/models/adapters/peft.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <map>

#include "lmc/models/adapters/adapter.h"
#include "lmc/models/test_model.h"

namespace lmc {
namespace {

constexpr int kWidth = 20, kQueries = 24, kFeedForward = 36;
constexpr const char* kQ = "base_model.model.model.layers.1.self_attn.q_proj";
constexpr const char* kUp = "base_model.model.model.layers.0.mlp.up_proj";

ModelFile base_model() {
  const ModelConfig config{.layers = 2,
                           .width = kWidth,
                           .heads = 2,
                           .kv_heads = 1,
                           .head_dim = 12,
                           .ffn = kFeedForward,
                           .vocab = 70,
                           .windows = {8, 16}};
  return *ModelFile::from_bytes(make_test_model(config, 1));
}

struct Matrix {
  size_t rows, columns;
  std::vector<float> values;
};

Matrix filled(size_t rows, size_t columns, uint64_t seed) {
  TestRandom random(seed);
  Matrix out{rows, columns, {}};
  // Eighths, which bfloat16 and binary16 hold exactly.
  for (size_t i = 0; i < rows * columns; ++i) out.values.push_back(float(int(random.below(33)) - 16) / 64.0f);
  return out;
}

// dtype: all alike.
Bytes safetensors(const std::map<std::string, Matrix>& tensors, const std::string& dtype = "F32") {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  Bytes data;
  for (const auto& [name, matrix] : tensors) {
    const size_t begin = data.size();
    for (const float value : matrix.values) {
      const auto bits = std::bit_cast<uint32_t>(value);
      if (dtype == "F32") append_le(data, bits);
      if (dtype == "BF16") append_le(data, uint16_t(bits >> 16));
      if (dtype == "F16")
        append_le(data, uint16_t(value == 0
                                     ? bits >> 16
                                     : (bits >> 16 & 0x8000) | ((bits >> 23 & 255) - 112) << 10 | (bits >> 13 & 1023)));
    }
    header += ",\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + std::to_string(matrix.rows) + "," +
              std::to_string(matrix.columns) + "],\"data_offsets\":[" + std::to_string(begin) + "," +
              std::to_string(data.size()) + "]}";
  }
  header += "}";
  Bytes out;
  append_le(out, uint64_t(header.size()));
  append_bytes(out, as_bytes(header));
  append_bytes(out, data);
  return out;
}

std::map<std::string, Matrix> usual_tensors() {
  return {{std::string(kQ) + ".lora_A.weight", filled(4, kWidth, 1)},
          {std::string(kQ) + ".lora_B.weight", filled(kQueries, 4, 2)},
          {std::string(kUp) + ".lora_A.weight", filled(2, kWidth, 3)},
          {std::string(kUp) + ".lora_B.weight", filled(kFeedForward, 2, 4)}};
}

std::string config_with(const std::string& more = "") {
  return "{\"peft_type\":\"LORA\",\"r\":4,\"lora_alpha\":8,\"bias\":\"none\",\"rank_pattern\":{\"up_proj\":2},"
         "\"alpha_pattern\":{\"layers.0.mlp.up_proj\":6},\"modules_to_save\":null,\"use_dora\":false" +
         more + "}";
}

Result<Bytes> import(const std::string& config, ByteSpan tensors) {
  return import_peft(as_bytes(config), tensors, base_model(), "imported");
}

// The change that the file makes to a weight, in float.
double change_of(const ModelFile& adapter, const std::string& matrix, size_t row, size_t column) {
  const auto a = adapter.tensor(matrix + ".lora_a"), b = adapter.tensor(matrix + ".lora_b");
  const size_t rank = a->shape[0], columns = a->shape[1];
  double sum = 0;
  for (size_t k = 0; k < rank; ++k)
    sum += double(adapter.tensor(matrix + ".lora_b.scale")->as<float>()[row]) * b->as<int8_t>()[row * rank + k] *
           double(adapter.tensor(matrix + ".lora_a.scale")->as<float>()[k]) * a->as<int8_t>()[k * columns + column];
  return sum;
}

TEST(Peft, FactorsShapesAndTypes) {
  const auto tensors = usual_tensors();
  for (const std::string dtype : {"F32", "BF16", "F16"}) {
    for (const bool rslora : {false, true}) {
      const auto file = import(config_with(rslora ? ",\"use_rslora\":true" : ""), safetensors(tensors, dtype));
      ASSERT_TRUE(file.ok()) << file.error().message;
      const auto adapter = ModelFile::from_bytes(*file);
      ASSERT_TRUE(adapter.ok());
      EXPECT_EQ(adapter->tensors().size(), 8u);
      struct Case {
        const char *matrix, *tensor;
        size_t rank;
        double factor;
      };
      for (const Case& c : {Case{"layer.1.wq", kQ, 4, rslora ? 8 / std::sqrt(4.0) : 8 / 4.0},
                            Case{"layer.0.w_up", kUp, 2, rslora ? 6 / std::sqrt(2.0) : 6 / 2.0}}) {
        const Matrix &a = tensors.at(std::string(c.tensor) + ".lora_A.weight"),
                     &b = tensors.at(std::string(c.tensor) + ".lora_B.weight");
        for (size_t row = 0; row < b.rows; ++row)
          for (size_t column = 0; column < a.columns; ++column) {
            double wanted = 0;
            for (size_t k = 0; k < c.rank; ++k)
              wanted += c.factor * double(b.values[row * c.rank + k]) * double(a.values[k * a.columns + column]);
            EXPECT_NEAR(change_of(*adapter, c.matrix, row, column), wanted, 0.02 * c.factor) << c.matrix;
          }
      }
    }
  }
}

TEST(Peft, WhatIsNotKnownIsRefusedByName) {
  const Bytes tensors = safetensors(usual_tensors());
  const auto message = [&](const std::string& config) {
    const auto made = import(config, tensors);
    return made.ok() ? std::string("taken") : made.error().message;
  };
  EXPECT_EQ(message(config_with()), "taken");
  EXPECT_EQ(message(config_with(",\"init_lora_weights\":true,\"layers_to_transform\":null,\"inference_mode\":true")),
            "taken");
  const std::pair<const char*, const char*> cases[] = {{",\"use_dora\":true", "use_dora"},
                                                       {",\"bias\":\"all\"", "bias"},
                                                       {",\"modules_to_save\":[\"lm_head\"]", "modules_to_save"},
                                                       {",\"lora_bias\":true", "lora_bias"},
                                                       {",\"fan_in_fan_out\":true", "fan_in_fan_out"},
                                                       {",\"peft_type\":\"IA3\"", "IA3"},
                                                       {",\"init_lora_weights\":\"pissa_niter_4\"", "pissa"},
                                                       {",\"rank_pattern\":{\".*up_proj\":2}", "regular expression"},
                                                       {",\"r\":3", "rank"},
                                                       {",\"lora_alpha\":-1", "lora_alpha"},
                                                       {",\"layer_replication\":[[0,2]]", "layer_replication"}};
  for (const auto& [more, name] : cases)
    EXPECT_NE(message(config_with(more)).find(name), std::string::npos) << more << ": " << message(config_with(more));
  EXPECT_NE(message("[]").find("JSON"), std::string::npos);
  EXPECT_NE(message("{").find("JSON"), std::string::npos);

  const auto with = [&](const std::string& name, const Matrix& matrix) {
    auto more = usual_tensors();
    more[name] = matrix;
    const auto made = import(config_with(), safetensors(more));
    return made.ok() ? std::string("taken") : made.error().message;
  };
  for (const std::string name :
       {"base_model.model.lm_head", "base_model.model.model.layers.0.mlp.gate_proj",
        "base_model.model.model.layers.9.self_attn.q_proj", "base_model.model.model.layers.0.self_attn.query_key_value",
        "base_model.model.model.layers.0.mlp.q_proj", "base_model.model.model.embed_tokens"}) {
    auto more = usual_tensors();
    more[name + ".lora_A.weight"] = filled(4, kWidth, 1);
    more[name + ".lora_B.weight"] = filled(kQueries, 4, 1);
    const auto made = import(config_with(), safetensors(more));
    ASSERT_FALSE(made.ok()) << name;
    EXPECT_NE(made.error().message.find(name.substr(17)), std::string::npos) << made.error().message;
  }
  EXPECT_NE(with(std::string(kQ) + ".lora_magnitude_vector", filled(1, kQueries, 1)).find("lora_magnitude_vector"),
            std::string::npos);
  EXPECT_NE(with(std::string(kQ) + ".lora_B.weight", filled(kQueries, 5, 1)), "taken");
  EXPECT_NE(with(std::string(kQ) + ".lora_B.weight", filled(kQueries + 4, 4, 1)), "taken");
  EXPECT_NE(
      with("base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight", filled(4, kWidth, 1)).find("counterpart"),
      std::string::npos);
}

TEST(Peft, DamagedTensorsAreErrors) {
  const Bytes tensors = safetensors(usual_tensors());
  for (size_t size = 0; size < tensors.size(); size += size < 120 ? 1 : 29)
    EXPECT_FALSE(import(config_with(), ByteSpan(tensors).first(size)).ok()) << size;
  for (size_t at = 0; at < 900; at += at < 120 ? 1 : 7) {
    Bytes bad = tensors;
    bad[at] ^= uint8_t(1 << at % 8);
    (void)import(config_with(), bad);  // some changes of the header mean nothing
  }
  Bytes far = tensors;
  far[7] = 0xFF;
  EXPECT_FALSE(import(config_with(), far).ok());
}

}  // namespace
}  // namespace lmc
