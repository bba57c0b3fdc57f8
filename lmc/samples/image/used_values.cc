#include "lmc/samples/image/used_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/mixing/counters.h"

namespace lmc {
namespace {

constexpr uint32_t kLongGap = 127, kLimit = 60;

// Whether each value from the first to the last occurs; both ends do.
template <typename Coder, typename Occurs, typename Found>
void code_list(Coder& coder, uint32_t first, uint32_t last, const Occurs& occurs, const Found& found) {
  std::array<MapEntry, 2 * (kLongGap + 1)> probabilities;
  uint32_t gap = 1, gap_before = 0;
  found(first);
  for (uint32_t v = first + 1; v < last; ++v, ++gap) {
    MapEntry& probability = probabilities[2 * std::min(gap, kLongGap) + (gap == gap_before)];
    const int bit = coder.code(occurs(v), std::clamp(probability.p16(), 16u, 65520u));
    probability.update(bit, kLimit);
    if (!bit) continue;
    found(v);
    gap_before = gap;
    gap = 0;
  }
  if (last > first) found(last);
}

}  // namespace

UsedValues::UsedValues(const std::vector<uint32_t>& counts) {
  for (size_t v = 0; v < counts.size(); ++v)
    if (counts[v] > 0) values_.push_back(uint16_t(v));
}

std::vector<uint16_t> UsedValues::ranks() const {
  std::vector<uint16_t> out(values_.empty() ? 0 : size_t(values_.back()) + 1);
  for (size_t rank = 0; rank < values_.size(); ++rank) out[values_[rank]] = uint16_t(rank);
  return out;
}

bool UsedValues::worth_it(const std::vector<uint32_t>& counts) const {
  if (values_.size() < 2) return false;
  uint64_t half_bits = 0, samples = 0;
  for (size_t rank = 0; rank < values_.size(); ++rank) {
    const uint32_t before = rank > 0 ? values_[rank - 1] : values_[0],
                   after = values_[std::min(rank + 1, values_.size() - 1)];
    const uint32_t density = (after - before + 1) / 2;  // values to one that occurs
    samples += counts[values_[rank]];
    half_bits += uint64_t(counts[values_[rank]]) * 2 * uint64_t(std::bit_width(density) - (density > 0));
  }
  return half_bits > samples;
}

void UsedValues::append_to(Bytes& out) const {
  append_le(out, values_.front());
  append_le(out, values_.back());
  Bytes coded;
  ArithmeticEncoder coder(coded);
  size_t next = 0;
  const auto occurs = [&](uint32_t v) { return int(values_[next] == v); };
  code_list(coder, values_.front(), values_.back(), occurs, [&](uint32_t) { ++next; });
  coder.finish();
  append_varint(out, coded.size());
  append_bytes(out, coded);
}

Result<UsedValues> UsedValues::read(ByteReader& reader, int bits) {
  LMC_ASSIGN(const auto first, reader.read_le<uint16_t>("used values: first"));
  LMC_ASSIGN(const auto last, reader.read_le<uint16_t>("used values: last"));
  LMC_ASSIGN(const auto bytes, reader.read_varint("used values: size"));
  LMC_ASSIGN(const auto coded, reader.read_bytes(size_t(bytes), "used values"));
  if (first >= last || last >> bits != 0)
    return bad_input("image tile: used values from " + std::to_string(first) + " to " + std::to_string(last) +
                     "; the file is damaged");
  UsedValues out;
  ArithmeticDecoder coder(coded);
  code_list(
      coder, first, last, [](uint32_t) { return 0; }, [&](uint32_t v) { out.values_.push_back(uint16_t(v)); });
  return out;
}

}  // namespace lmc
