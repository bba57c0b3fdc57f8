#include "lmc/coding/branch_filter.h"

#include <gtest/gtest.h>

#include <random>

#include "lmc/base/bytes.h"

namespace lmc {
namespace {

TEST(BranchFilter, CallsOfOneFunctionBecomeAlike) {
  Bytes code(64, 0x90);
  const auto call = [&](size_t at, uint32_t target) {
    code[at] = 0xE8;
    for (int i = 0; i < 4; ++i) code[at + 1 + size_t(i)] = uint8_t((target - uint32_t(at) - 5) >> (8 * i));
  };
  call(3, 50);
  call(30, 50);  // backwards and forwards of it
  call(55, 50);
  apply_branch_filter(BranchFilter::kX86, FilterDirection::kToAbsolute, code);
  for (const size_t at : {3u, 30u, 55u})
    EXPECT_EQ(Bytes(code.begin() + at + 1, code.begin() + at + 5), (Bytes{50, 0, 0, 0}));
}

TEST(BranchFilter, Arm64CountsInstructionsAndPages) {
  Bytes code(8192, 0);
  const Bytes bl = {0x02, 0x00, 0x00, 0x94};    // BL .+8
  const Bytes adrp = {0x00, 0x00, 0x00, 0xB0};  // ADRP X0, next page
  std::copy(bl.begin(), bl.end(), code.begin() + 16);
  std::copy(adrp.begin(), adrp.end(), code.begin() + 4096);
  apply_branch_filter(BranchFilter::kArm64, FilterDirection::kToAbsolute, code);
  EXPECT_EQ(Bytes(code.begin() + 16, code.begin() + 20), (Bytes{0x06, 0x00, 0x00, 0x94}));
  EXPECT_EQ(Bytes(code.begin() + 4096, code.begin() + 4100), (Bytes{0x00, 0x00, 0x00, 0xD0}));  // page 2
}

TEST(BranchFilter, IsReversibleForAnyBytes) {
  std::mt19937 random(5);
  constexpr uint8_t kLikely[] = {0xE8, 0xE9, 0x0F, 0x80, 0x8F, 0x00, 0xFF, 0x94, 0x90, 0xB0, 0x01};
  for (int round = 0; round < 300; ++round) {
    Bytes raw(random() % 3000);
    for (uint8_t& c : raw) c = random() % 3 ? kLikely[random() % std::size(kLikely)] : uint8_t(random());
    for (const BranchFilter filter : {BranchFilter::kNone, BranchFilter::kX86, BranchFilter::kArm64}) {
      Bytes bytes = raw;
      apply_branch_filter(filter, FilterDirection::kToAbsolute, bytes);
      if (raw.size() > 1000) EXPECT_EQ(bytes == raw, filter == BranchFilter::kNone);
      EXPECT_EQ(count_branches(filter, bytes), count_branches(filter, raw));
      apply_branch_filter(filter, FilterDirection::kToRelative, bytes);
      ASSERT_EQ(bytes, raw);
    }
  }
}

}  // namespace
}  // namespace lmc
