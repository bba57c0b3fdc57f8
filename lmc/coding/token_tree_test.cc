#include "lmc/coding/token_tree.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace lmc {
namespace {

std::vector<std::string> random_vocabulary(uint32_t seed, size_t extra) {
  std::mt19937 random(seed);
  std::set<std::string> strings;
  for (int byte = 0; byte < 256; ++byte) strings.insert(std::string(1, char(byte)));
  while (strings.size() < 256 + extra) {
    std::string text;
    for (size_t i = 2 + random() % 5; i > 0; --i) text += char(random() % 3 == 0 ? random() : 'a' + random() % 3);
    strings.insert(text);
  }
  // std::string compares as unsigned bytes, which is the order the tree needs.
  return {strings.begin(), strings.end()};
}

TEST(TokenTree, EveryTokenHasOnePathAndTheNodesAreVMinusOne) {
  for (size_t extra : {0u, 1u, 50u, 2000u}) {
    const auto vocabulary = random_vocabulary(uint32_t(extra), extra);
    const TokenTree tree(vocabulary);
    EXPECT_EQ(tree.nodes(), vocabulary.size() - 1);
    for (uint32_t token = 0; token < vocabulary.size(); ++token) {
      int32_t at = tree.root();
      while (at >= 0) {
        const TokenNode& node = tree.node(at);
        ASSERT_LE(node.low, token);
        ASSERT_LT(token, node.high);
        // What the contexts see is shared by every token of the range.
        ASSERT_EQ(vocabulary[node.low].substr(0, node.depth), vocabulary[token].substr(0, node.depth));
        if (node.ends) {
          ASSERT_EQ(vocabulary[node.low].size(), node.depth);
          at = token == node.low ? node.one : node.zero;
        } else {
          const auto byte = uint8_t(vocabulary[token][node.depth]);
          ASSERT_EQ((byte >> (7 - node.bits_known)) & 1, token >= node.middle);
          at = token >= node.middle ? node.one : node.zero;
        }
      }
      EXPECT_EQ(uint32_t(~at), token);
    }
  }
}

}  // namespace
}  // namespace lmc
