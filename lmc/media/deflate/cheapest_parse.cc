#include "lmc/media/deflate/cheapest_parse.h"

#include <algorithm>

#include "lmc/media/deflate/parse_kernels.h"

namespace lmc {
TokenCosts::TokenCosts(const CodeLengths& lengths) {
  const auto bits = [](uint8_t length, int extra) { return length == 0 ? kNever : length + extra; };
  for (size_t i = 0; i < 256; ++i) literal[i] = bits(lengths.literal[i], 0);
  for (uint32_t l = 0; l <= kMaxMatch; ++l) {
    const size_t index = size_t(length_index(l));
    length[l] = l < kMinMatch ? kNever : bits(lengths.literal[kFirstLength + index], kLengthRanges[index].extra_bits);
  }
  for (size_t i = 0; i < kDistanceCodes; ++i) distance[i] = bits(lengths.distance[i], kDistanceRanges[i].extra_bits);
}

void MatchLists::drop_first(size_t count) {
  if (count == 0) return;
  const uint32_t gone = ends[count - 1];
  steps.erase(steps.begin(), steps.begin() + gone);
  ends.erase(ends.begin(), ends.begin() + ptrdiff_t(count));
  if (!limited.empty()) limited.erase(limited.begin(), limited.begin() + ptrdiff_t(count));
  for (uint32_t& end : ends) end -= gone;
}

void cheapest_rests(ByteSpan data, const MatchLists& lists, const TokenCosts& costs, std::vector<int32_t>& rest) {
  const ParseKernels& kernels = parse_kernels(best_isa());
  const size_t n = data.size();
  rest.assign(n + 1, 0);
  for (size_t i = n; i-- > 0;) {
    int32_t least = costs.literal[data[i]] + rest[i + 1];
    size_t length = kMinMatch;
    for (const MatchStep step : lists.at(i)) {
      const size_t end = std::min<size_t>(step.length, n - i) + 1;
      if (length >= end) break;
      const int32_t best = kernels.least_sum(&costs.length[length], &rest[i + length], end - length);
      least = std::min(least, best + costs.of_distance(step.distance));
      length = end;
    }
    rest[i] = std::min(least, 1 << 30);
  }
}

}  // namespace lmc
