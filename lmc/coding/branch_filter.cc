#include "lmc/coding/branch_filter.h"

namespace lmc {
namespace {

uint32_t load_le(const uint8_t* p) {
  return uint32_t(p[0]) | uint32_t(p[1]) << 8 | uint32_t(p[2]) << 16 | uint32_t(p[3]) << 24;
}
void store_le(uint8_t* p, uint32_t value) {
  for (int i = 0; i < 4; ++i) p[i] = uint8_t(value >> (8 * i));
}

// Calls visit(offset of the operand) for every operand within range. Operands are skipped, changed or not, so that none
// overlaps another: both directions find the same places, as an operand within range stays so.
template <typename Visitor>
void for_x86_operands(const uint8_t* bytes, size_t size, Visitor&& visit) {
  uint8_t before = 0;
  for (size_t i = 0; i + 5 <= size;) {
    const uint8_t c = bytes[i];
    const bool branch = c == 0xE8 || c == 0xE9 || (before == 0x0F && (c & 0xF0) == 0x80);
    if (branch && (bytes[i + 4] == 0 || bytes[i + 4] == 0xFF)) visit(i + 1);
    before = branch ? uint8_t(0) : c;
    i += branch ? 5 : 1;
  }
}

template <typename Visitor>
void for_arm64_branches(const uint8_t* bytes, size_t size, Visitor&& visit) {
  for (size_t i = 0; i + 4 <= size; i += 4) {
    const uint32_t instruction = load_le(bytes + i);
    if ((instruction & 0xFC000000u) == 0x94000000u || (instruction & 0x9F000000u) == 0x90000000u) visit(i);
  }
}

// Sums are modulo 2^25, as numbers with a sign.
uint32_t moved_x86(uint32_t operand, uint32_t by) {
  const uint32_t sum = (operand + by) & 0x1FFFFFFu;
  return sum & 0x1000000u ? sum | 0xFE000000u : sum;
}

// BL counts instructions, ADRP pages of 4096 bytes; ADRP's two low bits stand apart.
uint32_t moved_arm64(uint32_t instruction, uint32_t offset, bool forwards) {
  if ((instruction & 0xFC000000u) == 0x94000000u) {
    const uint32_t by = forwards ? offset / 4 : 0u - offset / 4;
    return (instruction & 0xFC000000u) | ((instruction + by) & 0x03FFFFFFu);
  }
  const uint32_t page = (instruction >> 29 & 3) | (instruction >> 3 & 0x1FFFFCu);
  const uint32_t moved = page + (forwards ? offset >> 12 : 0u - (offset >> 12));
  return (instruction & 0x9F00001Fu) | (moved & 3) << 29 | (moved & 0x1FFFFCu) << 3;
}

}  // namespace

void apply_branch_filter(BranchFilter filter, FilterDirection direction, std::span<uint8_t> bytes) {
  const bool forwards = direction == FilterDirection::kToAbsolute;
  uint8_t* data = bytes.data();
  if (filter == BranchFilter::kX86)
    for_x86_operands(data, bytes.size(), [&](size_t at) {
      const auto next = uint32_t(at + 4);  // where the operand counts from
      store_le(data + at, moved_x86(load_le(data + at), forwards ? next : 0u - next));
    });
  if (filter == BranchFilter::kArm64)
    for_arm64_branches(data, bytes.size(), [&](size_t at) {
      store_le(data + at, moved_arm64(load_le(data + at), uint32_t(at), forwards));
    });
}

size_t count_branches(BranchFilter filter, std::span<const uint8_t> bytes) {
  size_t count = 0;
  const auto add = [&](size_t) { ++count; };
  if (filter == BranchFilter::kX86) for_x86_operands(bytes.data(), bytes.size(), add);
  if (filter == BranchFilter::kArm64) for_arm64_branches(bytes.data(), bytes.size(), add);
  return count;
}

}  // namespace lmc
