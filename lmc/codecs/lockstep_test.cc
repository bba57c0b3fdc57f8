#include "lmc/codecs/lockstep.h"

#include <gtest/gtest.h>

#include "lmc/models/test_model.h"

namespace lmc {
namespace {

Transformer model_with(int layers, int ffn) {
  const ModelConfig config{.layers = layers,
                           .width = 256,
                           .heads = 2,
                           .kv_heads = 1,
                           .head_dim = 32,
                           .ffn = ffn,
                           .vocab = 301,
                           .windows = std::vector<int>(size_t(layers), 64)};
  auto file = ModelFile::from_bytes(make_test_model(config, 5, false, 3.0f));
  EXPECT_TRUE(file.ok());
  auto model = Transformer::load(*file, best_isa());
  EXPECT_TRUE(model.ok());
  return std::move(*model);
}

// What is predicted for every token, in the order of coding.
std::vector<uint32_t> predictions(const Transformer& model, const StreamPlan& plan, int threads,
                                  std::span<const uint32_t> tokens, bool encodes) {
  Lockstep lockstep(model, plan, threads, encodes ? tokens : std::span<const uint32_t>());
  std::vector<uint32_t> out;
  const auto code = [&](uint32_t stream, uint64_t step, const uint32_t* cumulative) {
    const uint32_t token = tokens[plan.first(stream) + step];
    out.insert(out.end(), {stream, uint32_t(step), cumulative[token], cumulative[token + 1], cumulative[301]});
    return token;
  };
  EXPECT_TRUE(lockstep.run(code, {}));
  return out;
}

void expect_the_same(const Transformer& model, bool is_large) {
  ASSERT_EQ(model.is_large(), is_large);
  TestRandom random(3);
  std::vector<uint32_t> tokens(is_large ? 331 : 1501);  // no multiple of the streams
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = i % 3 == 0 ? 7 : random.below(i % 5 == 0 ? 300 : 12);
  for (uint32_t streams : {1u, 2u, 5u, 32u}) {
    const StreamPlan plan{streams, tokens.size()};
    const auto first = predictions(model, plan, 1, tokens, true);
    EXPECT_EQ(first.size(), 5 * tokens.size());
    EXPECT_TRUE(predictions(model, plan, 2, tokens, true) == first) << streams;
    EXPECT_TRUE(predictions(model, plan, 1, tokens, false) == first) << streams;
    EXPECT_TRUE(predictions(model, plan, 2, tokens, false) == first) << streams;
  }
}

// Knowing the tokens or not, one thread or two: how the work is shared out changes no prediction.
TEST(Lockstep, EncodingAndDecodingPredictTheSame) { expect_the_same(model_with(4, 512), false); }
TEST(Lockstep, EncodingAndDecodingPredictTheSameWithALargeModel) { expect_the_same(model_with(1, 65536), true); }

}  // namespace
}  // namespace lmc
