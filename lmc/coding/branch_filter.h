// Branch targets in machine code, made absolute: calls of one function then look alike. In place, exactly reversible
// for any bytes. (The idea is that of the BCJ filters of 7-Zip and xz.)
#ifndef LMC_CODING_BRANCH_FILTER_H_
#define LMC_CODING_BRANCH_FILTER_H_

#include <cstdint>
#include <span>

namespace lmc {

enum class BranchFilter : uint8_t { kNone, kX86, kArm64 };
enum class FilterDirection { kToAbsolute, kToRelative };

// x86-64: the 32-bit operand of E8, E9 (call, jmp) and 0F 80..0F 8F (jcc), where it lies within +-16 MiB.
// ARM64: the 26-bit operand of BL and the 21-bit one of ADRP, at offsets that are multiples of 4.
void apply_branch_filter(BranchFilter filter, FilterDirection direction, std::span<uint8_t> bytes);

// How many operands the filter would change.
size_t count_branches(BranchFilter filter, std::span<const uint8_t> bytes);

}  // namespace lmc

#endif  // LMC_CODING_BRANCH_FILTER_H_
