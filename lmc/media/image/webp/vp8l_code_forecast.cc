#include <algorithm>

#include "lmc/media/image/webp/vp8l_codes.h"

namespace lmc {
namespace {

// Counts near each other become one value where they stand side by side, so that their lengths make runs. Runs of
// equal counts that are long already (five zeros, seven others) stay as they are.
void smooth_counts(std::vector<uint32_t>& counts) {
  size_t size = counts.size();
  while (size > 0 && counts[size - 1] == 0) --size;
  if (size == 0) return;
  std::vector<char> is_run(size);
  for (size_t begin = 0, end; begin < size; begin = end) {
    for (end = begin + 1; end < size && counts[end] == counts[begin];) ++end;
    if (end - begin >= (counts[begin] == 0 ? 5u : 7u))
      std::fill(is_run.begin() + ptrdiff_t(begin), is_run.begin() + ptrdiff_t(end), 1);
  }
  uint64_t stride = 0, sum = 0, level = counts[0];
  for (size_t i = 0; i <= size; ++i) {
    const bool ends = i == size || is_run[i] || (i != 0 && is_run[i - 1]) ||
                      std::max<uint64_t>(counts[i], level) - std::min<uint64_t>(counts[i], level) >= 4;
    if (ends) {
      if (stride >= 4 || (stride >= 3 && sum == 0)) {
        const uint64_t mean = sum == 0 ? 0 : std::max<uint64_t>(1, (sum + stride / 2) / stride);
        std::fill_n(counts.begin() + ptrdiff_t(i - stride), stride, uint32_t(mean));
      }
      stride = sum = 0;
      level = i + 3 < size ? (uint64_t(counts[i]) + counts[i + 1] + counts[i + 2] + counts[i + 3] + 2) / 4
              : i < size   ? counts[i]
                           : 0;
    }
    ++stride;
    if (i == size) break;
    sum += counts[i];
    if (stride >= 4) level = (sum + stride / 2) / stride;
  }
}

struct Node {
  uint64_t count = 0;
  int symbol = -1;  // of a leaf
  int left = -1, right = -1;
};

// Depths of Huffman's tree. The rarest two join; a joined node goes before all that are no more frequent.
int build_depths(std::vector<Node> leaves, std::vector<uint8_t>& lengths) {
  std::vector<Node> nodes;
  std::vector<Node>& list = leaves;  // most frequent first
  while (list.size() > 1) {
    nodes.push_back(list.back());
    list.pop_back();
    nodes.push_back(list.back());
    list.pop_back();
    Node joined;
    joined.count = nodes[nodes.size() - 1].count + nodes[nodes.size() - 2].count;
    joined.left = int(nodes.size()) - 1;
    joined.right = int(nodes.size()) - 2;
    const auto place = std::lower_bound(list.begin(), list.end(), joined.count,
                                        [](const Node& node, uint64_t count) { return node.count > count; });
    list.insert(place, joined);
  }
  nodes.push_back(list[0]);
  std::vector<int> depths(nodes.size());
  int deepest = 0;
  for (size_t i = nodes.size(); i-- > 0;) {  // a node comes after those below it
    const Node& node = nodes[i];
    if (node.symbol >= 0) {
      lengths[size_t(node.symbol)] = uint8_t(std::min(depths[i], 255));
      deepest = std::max(deepest, depths[i]);
    } else {
      depths[size_t(node.left)] = depths[size_t(node.right)] = depths[i] + 1;
    }
  }
  return deepest;
}

void append_zeros(std::vector<Vp8lLengthStep>& steps, size_t run) {
  while (run > 138) {
    steps.push_back({18, 127});
    run -= 138;
  }
  if (run >= 11)
    steps.push_back({18, uint8_t(run - 11)});
  else if (run >= 3)
    steps.push_back({17, uint8_t(run - 3)});
  else
    steps.insert(steps.end(), run, {0, 0});
}

void append_lengths(std::vector<Vp8lLengthStep>& steps, size_t run, uint8_t length, uint8_t before) {
  if (length != before) {
    steps.push_back({length, 0});
    --run;
  }
  while (run > 6) {
    steps.push_back({16, 3});
    run -= 6;
  }
  if (run >= 3)
    steps.push_back({16, uint8_t(run - 3)});
  else
    steps.insert(steps.end(), run, {length, 0});
}

}  // namespace

std::vector<uint8_t> forecast_vp8l_lengths(std::vector<uint32_t> counts, int most_bits, bool smooth) {
  std::vector<uint8_t> lengths(counts.size());
  if (smooth) smooth_counts(counts);
  std::vector<Node> leaves;
  for (uint64_t floor = 1;; floor *= 2) {
    leaves.clear();
    for (size_t symbol = 0; symbol < counts.size(); ++symbol) {
      Node leaf;
      leaf.count = std::max<uint64_t>(counts[symbol], floor);
      leaf.symbol = int(symbol);
      if (counts[symbol] > 0) leaves.push_back(leaf);
    }
    if (leaves.empty()) return lengths;
    if (leaves.size() == 1) {
      lengths[size_t(leaves[0].symbol)] = 1;
      return lengths;
    }
    std::stable_sort(leaves.begin(), leaves.end(), [](const Node& a, const Node& b) { return a.count > b.count; });
    if (build_depths(leaves, lengths) <= most_bits) return lengths;
  }
}

std::array<uint8_t, 19> forecast_vp8l_step_lengths(const std::vector<Vp8lLengthStep>& steps) {
  std::vector<uint32_t> counts(19);
  for (const Vp8lLengthStep& step : steps) ++counts[step.code];
  const auto lengths = forecast_vp8l_lengths(std::move(counts), kMaxVp8lStepBits, true);
  std::array<uint8_t, 19> out{};
  std::copy(lengths.begin(), lengths.end(), out.begin());
  return out;
}

Vp8lLengthEncoding forecast_vp8l_length_encoding(std::span<const uint8_t> lengths) {
  Vp8lLengthEncoding length_encoding;
  std::vector<size_t> used;
  for (size_t symbol = 0; symbol < lengths.size() && used.size() < 3; ++symbol)
    if (lengths[symbol] != 0) used.push_back(symbol);
  if (used.empty()) used.push_back(0);
  if (used.size() <= 2 && used.back() < 256) {
    length_encoding.is_simple = true;
    length_encoding.first_in_byte = used[0] > 1;
    for (const size_t symbol : used) length_encoding.symbols.push_back(uint8_t(symbol));
    return length_encoding;
  }
  uint8_t before = 8;
  for (size_t begin = 0, end; begin < lengths.size(); begin = end) {
    for (end = begin + 1; end < lengths.size() && lengths[end] == lengths[begin];) ++end;
    if (lengths[begin] == 0) {
      append_zeros(length_encoding.steps, end - begin);
    } else {
      append_lengths(length_encoding.steps, end - begin, lengths[begin], before);
      before = lengths[begin];
    }
  }
  length_encoding.step_lengths = forecast_vp8l_step_lengths(length_encoding.steps);
  length_encoding.step_lengths_written = 19;
  static constexpr uint8_t kOrder[19] = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  while (length_encoding.step_lengths_written > 4 &&
         length_encoding.step_lengths[kOrder[length_encoding.step_lengths_written - 1]] == 0)
    --length_encoding.step_lengths_written;
  const bool single = std::count(length_encoding.step_lengths.begin(), length_encoding.step_lengths.end(), 0) == 18;
  size_t kept = length_encoding.steps.size(), saved_bits = 0;
  for (; kept > 0; --kept) {
    const uint8_t step = length_encoding.steps[kept - 1].code;
    if (step != 0 && step != 17 && step != 18) break;
    saved_bits += (single ? 0u : length_encoding.step_lengths[step]) + (step == 17 ? 3u : step == 18 ? 7u : 0u);
  }
  if (kept > 1 && saved_bits > 12) {
    length_encoding.steps.resize(kept);
    const auto top = kept == 2 ? 0 : 31 - __builtin_clz(uint32_t(kept - 2));
    length_encoding.count_bits = uint8_t(2 * (top / 2 + 1));
  }
  return length_encoding;
}

}  // namespace lmc
