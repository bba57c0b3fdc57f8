// Every token of a vocabulary as a path of yes/no decisions, the same path for the model and for the byte contexts.
//
// Token ids are the ranks of the byte strings, so all tokens that begin with some bits form one range [low, high), and
// two subtractions in the model's cumulative frequencies give its probability of the next bit, or of "the token ends
// here". Where only one branch exists there is no node and nothing is coded: V tokens make exactly V - 1 nodes.
#ifndef LMC_CODING_TOKEN_TREE_H_
#define LMC_CODING_TOKEN_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace lmc {

struct TokenNode {
  uint32_t low = 0, middle = 0, high = 0;  // one leads to [middle, high), zero to [low, middle); see ends
  uint8_t depth = 0;                       // bytes of the token known before this decision
  uint8_t bits_known = 0;                  // bits of the byte at that depth known before it
  bool ends = false;                       // the decision is "ends here": one leads to token low, zero to the rest
  int32_t zero = 0, one = 0;               // a node, or ~token for a leaf
};

class TokenTree {
 public:
  // vocabulary: different, non-empty byte strings of at most 255 bytes in ascending order; it must outlive the tree.
  explicit TokenTree(const std::vector<std::string>& vocabulary);

  const std::string& bytes(uint32_t token) const { return vocabulary_[token]; }
  const TokenNode& node(int32_t index) const { return nodes_[size_t(index)]; }
  int32_t root() const { return root_; }
  size_t nodes() const { return nodes_.size(); }

 private:
  int32_t build_end(uint32_t low, uint32_t high, uint32_t depth);
  int32_t build_bits(uint32_t low, uint32_t high, uint32_t depth, uint32_t bits_known);

  const std::vector<std::string>& vocabulary_;
  std::vector<TokenNode> nodes_;
  int32_t root_;
};

}  // namespace lmc

#endif  // LMC_CODING_TOKEN_TREE_H_
