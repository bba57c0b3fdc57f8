#include "lmc/coding/token_tree.h"

namespace lmc {

TokenTree::TokenTree(const std::vector<std::string>& vocabulary) : vocabulary_(vocabulary) {
  nodes_.reserve(vocabulary.size());
  root_ = build_bits(0, uint32_t(vocabulary.size()), 0, 0);
}

int32_t TokenTree::build_end(uint32_t low, uint32_t high, uint32_t depth) {
  if (high - low == 1) return ~int32_t(low);
  if (vocabulary_[low].size() > depth) return build_bits(low, high, depth, 0);
  const auto index = int32_t(nodes_.size());
  nodes_.push_back({.low = uint32_t(low),
                    .middle = uint32_t(low + 1),
                    .high = uint32_t(high),
                    .depth = uint8_t(depth),
                    .ends = true,
                    .one = ~int32_t(low)});
  const int32_t zero = high - low == 2 ? ~int32_t(low + 1) : build_bits(low + 1, high, depth, 0);
  nodes_[size_t(index)].zero = zero;
  return index;
}

int32_t TokenTree::build_bits(uint32_t low, uint32_t high, uint32_t depth, uint32_t bits_known) {
  if (high - low == 1) return ~int32_t(low);
  for (; bits_known < 8; ++bits_known) {
    uint32_t middle = low;
    while (middle < high && ((uint8_t(vocabulary_[middle][depth]) >> (7 - bits_known)) & 1) == 0) ++middle;
    if (middle == low || middle == high) continue;
    const auto index = int32_t(nodes_.size());
    nodes_.push_back({.low = uint32_t(low),
                      .middle = uint32_t(middle),
                      .high = uint32_t(high),
                      .depth = uint8_t(depth),
                      .bits_known = uint8_t(bits_known)});
    const int32_t zero = build_bits(low, middle, depth, bits_known + 1);
    const int32_t one = build_bits(middle, high, depth, bits_known + 1);
    nodes_[size_t(index)].zero = zero;
    nodes_[size_t(index)].one = one;
    return index;
  }
  return build_end(low, high, depth + 1);
}

}  // namespace lmc
