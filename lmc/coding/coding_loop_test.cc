#include "lmc/coding/coding_loop.h"

#include <gtest/gtest.h>

#include <random>
#include <type_traits>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/mixing/deep_text.h"

namespace lmc {
namespace {

Bytes sample(size_t size, uint32_t kind) {
  std::mt19937 random(kind);
  Bytes out(size);
  const std::string text = "the cat sat on the mat, and the other cat sat on that cat; 12:34:56 ";
  for (size_t i = 0; i < size; ++i)
    out[i] = kind == 0   ? 0
             : kind == 1 ? uint8_t(text[i % text.size()])
             : kind == 2 ? uint8_t(random())
                         : uint8_t(i * i / 7);
  return out;
}

Bytes encode_bytes(const Bytes& data, Isa isa) {
  Bytes out;
  ArithmeticEncoder coder(out);
  MixingModel mixing({.size_bytes = data.size()}, isa);
  for (uint8_t byte : data) code_byte(coder, mixing, byte);
  coder.finish();
  return out;
}

TEST(CodingLoop, BytesComeBackOnEveryInstructionSetWithTheSamePayload) {
  for (uint32_t kind = 0; kind < 4; ++kind) {
    for (size_t size : {0u, 1u, 2u, 1000u, 20000u}) {
      const Bytes data = sample(size, kind);
      const Bytes reference = encode_bytes(data, Isa::kScalar);
      for (Isa isa : all_isas()) {
        if (!isa_available(isa)) continue;
        EXPECT_EQ(encode_bytes(data, isa), reference) << isa_name(isa);
      }
      ArithmeticDecoder coder(reference);
      MixingModel mixing({.size_bytes = data.size()}, best_isa());
      for (uint8_t byte : data) ASSERT_EQ(code_byte(coder, mixing, 0), byte);
    }
  }
}

TEST(CodingLoop, LearnsWhatRepeats) {
  EXPECT_LT(encode_bytes(sample(20000, 1), Isa::kScalar).size(), 250u);
  EXPECT_LT(encode_bytes(sample(20000, 0), Isa::kScalar).size(), 60u);
  EXPECT_LT(encode_bytes(sample(20000, 2), Isa::kScalar).size(), 20800u);
}

// Tokens of two interleaved streams through a made-up model whose frequencies change at every step.
TEST(CodingLoop, TokensOfSeveralStreamsComeBack) {
  std::vector<std::string> vocabulary;
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary.push_back(std::string(1, char(byte)));
    if (byte == 't') vocabulary.insert(vocabulary.end(), {"ta", "tab", "the", "them"});
  }
  const TokenTree tree(vocabulary);
  std::mt19937 random(5);
  std::vector<uint32_t> tokens(3000);
  for (uint32_t& token : tokens) token = uint32_t(random() % (random() % 3 ? 8 : vocabulary.size()));
  const auto frequencies = [&](size_t step) {
    std::vector<uint32_t> cumulative{0};
    for (size_t v = 0; v < vocabulary.size(); ++v)
      cumulative.push_back(cumulative.back() + 1 + uint32_t((v * step) % 97) * 40000);
    return cumulative;
  };
  const auto round_trip = [&]<typename Mixing>(std::type_identity<Mixing>) {
    const MixingShape shape{.tokens = true, .streams = 2, .size_bytes = 6000};
    Bytes out;
    ArithmeticEncoder encoder(out);
    Mixing mixing(shape, Isa::kScalar);
    for (size_t i = 0; i < tokens.size(); ++i)
      code_token(encoder, tree, mixing, i & 1, frequencies(i).data(), tokens[i]);
    encoder.finish();
    for (Isa isa : all_isas()) {
      if (!isa_available(isa)) continue;
      ArithmeticDecoder decoder(out);
      Mixing again(shape, isa);
      for (size_t i = 0; i < tokens.size(); ++i)
        ASSERT_EQ(code_token(decoder, tree, again, i & 1, frequencies(i).data(), 0), tokens[i]) << isa_name(isa);
      EXPECT_EQ(again.history(0), mixing.history(0));
    }
  };
  round_trip(std::type_identity<MixingModel>());
  round_trip(std::type_identity<DeepTextMixing>());
}

}  // namespace
}  // namespace lmc
