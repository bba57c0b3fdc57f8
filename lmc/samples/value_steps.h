// A value as yes/no decisions around a centre: on which side of it, how far in steps that double, then the bits of the
// distance. Sound and video code their samples so; what they make of a decision is theirs.
//
// A decision has an edge, which the value reaches or not, and a node, below 64 on each side: 0 the side, 1 + j step j,
// 16 + 4 j the first bit inside it, and one or two more the bits behind that.
#ifndef LMC_SAMPLES_VALUE_STEPS_H_
#define LMC_SAMPLES_VALUE_STEPS_H_

#include <algorithm>
#include <cstdint>

namespace lmc {

inline constexpr int kStepNodes = 128;  // of both sides

// Nodes of one kind share what they learn in some sets: side, first and second step, farther ones, first bit, others.
inline constexpr uint32_t kNodeKinds = 6;
inline uint32_t kind_of_node(int node) {
  if (node < 16) return uint32_t(std::min(node, 3));
  return node % 4 == 0 ? 4 : 5;
}

struct SampleRange {
  int32_t low = 0, high = 0;  // both included
};

struct ValueSteps {
  SampleRange range;    // of the value
  int shift = 0;        // the first step is 2^shift
  int equal_steps = 1;  // so many more are as large; then they double
};

// centre: low to high + 1. side(above) is called once that is known, decide(farther, edge, node, depth) for each
// decision, depth being the place of a bit, 0 for others; it gives the answer back, which a decoder finds out itself:
// there value is not looked at by it. Returns the value.
template <typename Side, typename Decide>
int32_t code_in_steps(const ValueSteps& steps, int32_t centre, int32_t value, const Side& side, const Decide& decide) {
  bool above = true;
  if (centre > steps.range.low) above = centre <= steps.range.high && decide(value >= centre, centre, 0, 0);
  side(above);
  // Distances count from 0 on both sides.
  const int64_t most = above ? int64_t(steps.range.high) - centre : int64_t(centre) - 1 - steps.range.low;
  const int64_t distance = above ? int64_t(value) - centre : int64_t(centre) - 1 - value;
  const auto edge = [&](int64_t d) { return int32_t(above ? centre + d : centre - d); };
  int64_t from = 0, step = int64_t(1) << steps.shift;
  int bits = steps.shift, bucket = 0;
  while (from + step <= most) {
    if (!decide(distance >= from + step, edge(from + step), 1 + std::min(bucket, 13), 0)) break;
    from += step;
    if (bucket >= steps.equal_steps) step *= 2, ++bits;
    ++bucket;
  }
  int node = 16 + std::min(bucket, 11) * 4;
  for (int depth = 0; bits > 0; ++depth) {
    --bits;
    const int64_t middle = from + (int64_t(1) << bits);
    if (middle > most) continue;
    const bool farther = decide(distance >= middle, edge(middle), node, depth);
    if (farther) from = middle;
    if (depth == 0) node += 1 + int(farther);
  }
  return int32_t(above ? centre + from : centre - 1 - from);
}

}  // namespace lmc

#endif  // LMC_SAMPLES_VALUE_STEPS_H_
