// The smallest language model that can code text, for the tests.
#ifndef LMC_MODELS_TEST_TEXT_MODEL_H_
#define LMC_MODELS_TEST_TEXT_MODEL_H_

#include <algorithm>
#include <string>
#include <vector>

#include "lmc/models/test_model.h"
#include "lmc/tokenize/tokenizer.h"

namespace lmc {

// Its tokens are all bytes and what these merges make, the first ones first. Empty: they cannot be tokens.
inline Bytes make_test_text_model(const std::vector<std::string>& merges) {
  std::vector<std::string> strings = merges;
  for (int byte = 0; byte < 256; ++byte) strings.push_back(std::string(1, char(byte)));
  std::ranges::sort(strings, [](const std::string& a, const std::string& b) {
    return std::ranges::lexicographical_compare(as_bytes(a), as_bytes(b));
  });
  std::vector<uint32_t> ranks;
  for (const std::string& string : strings)
    ranks.push_back(string.size() == 1 ? 0 : uint32_t(std::ranges::find(merges, string) - merges.begin()));
  const auto tokenizer = Tokenizer::create(std::move(strings), std::move(ranks));
  if (!tokenizer.ok()) return {};
  const ModelConfig config{.layers = 1,
                           .width = 16,
                           .heads = 1,
                           .kv_heads = 1,
                           .head_dim = 16,
                           .ffn = 16,
                           .vocab = int(tokenizer->vocabulary_size()),
                           .windows = {16}};
  return make_test_model(config, 1, false, 3.0f, tokenizer->serialize());
}

}  // namespace lmc

#endif  // LMC_MODELS_TEST_TEXT_MODEL_H_
