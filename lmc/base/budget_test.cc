#include "lmc/base/budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace lmc {
namespace {

TEST(Budget, GivesAndTakesBackUpToItsLimit) {
  Budget budget(100);
  {
    const auto first = Budget::take(&budget, 99, "one");
    ASSERT_TRUE(first.ok());
    EXPECT_TRUE(Budget::take(&budget, 1, "the last byte").ok());
    EXPECT_FALSE(Budget::take(&budget, 2, "a byte more").ok());
    EXPECT_EQ(budget.used_bytes(), 99u);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_TRUE(Budget::take(&budget, 100, "all").ok());
  EXPECT_FALSE(Budget::take(&budget, 101, "more than all").ok());
}

TEST(Budget, LeasesMove) {
  Budget budget(10);
  Budget::Lease kept;
  {
    auto lease = Budget::take(&budget, 4, "a part");
    ASSERT_TRUE(lease.ok());
    kept = std::move(*lease);
  }
  EXPECT_EQ(budget.used_bytes(), 4u);
  { const Budget::Lease ended = std::move(kept); }
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(Budget, WithoutOneThereIsNoLimit) { EXPECT_TRUE(Budget::take(nullptr, UINT64_MAX, "everything").ok()); }

TEST(Budget, SumsDoNotOverflow) {
  Budget budget(UINT64_MAX - 1);
  const auto most = Budget::take(&budget, UINT64_MAX - 1, "most");
  ASSERT_TRUE(most.ok());
  EXPECT_FALSE(Budget::take(&budget, UINT64_MAX, "more than there is").ok());
}

TEST(Budget, SaysWhatIsNeededAndHowToGetIt) {
  Budget budget(uint64_t(3) << 20);
  const auto lease = Budget::take(&budget, (uint64_t(5) << 20) + 1, "a picture");
  ASSERT_FALSE(lease.ok());
  EXPECT_EQ(lease.error().family, ErrorFamily::kEnvironment);
  EXPECT_EQ(lease.error().message,
            "a picture needs 6M of memory, more than the limit of 3M; -M 6M (memory_limit_bytes) or more allows it");
}

TEST(Budget, LeasesShrink) {
  Budget budget(10);
  auto lease = Budget::take(&budget, 8, "a part");
  ASSERT_TRUE(lease.ok());
  lease->shrink_to(9);
  EXPECT_EQ(budget.used_bytes(), 8u);
  lease->shrink_to(3);
  EXPECT_EQ(budget.used_bytes(), 3u);
}

TEST(Budget, APartIsChargedToTheWhole) {
  Budget whole(10);
  Budget one(8, &whole), other(8, &whole);
  {
    const auto first = Budget::take(&one, 6, "one");
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(whole.used_bytes(), 6u);
    EXPECT_FALSE(Budget::take(&other, 9, "more than there ever is").ok());
    EXPECT_FALSE(other.was_crowded());
    EXPECT_FALSE(Budget::take(&other, 5, "the other").ok());
    EXPECT_TRUE(other.was_crowded());
    EXPECT_EQ(other.used_bytes(), 0u);
    EXPECT_FALSE(one.was_crowded());
  }
  EXPECT_EQ(whole.used_bytes(), 0u);
  EXPECT_TRUE(Budget::take(&other, 8, "alone").ok());
}

TEST(Budget, DefaultGrowsWithManyThreads) {
  EXPECT_EQ(Budget::default_limit_bytes(0), uint64_t(4) << 30);
  EXPECT_EQ(Budget::default_limit_bytes(8), uint64_t(4) << 30);
  EXPECT_EQ(Budget::default_limit_bytes(9), uint64_t(9) << 29);
}

TEST(Budget, ThreadsNeverHoldMoreThanTheLimit) {
  Budget budget(3);
  std::atomic<int> holders = 0, most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        const auto lease = Budget::take(&budget, 1, "a part");
        if (!lease.ok()) continue;
        const int now = ++holders;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --holders;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_EQ(budget.used_bytes(), 0u);
}

}  // namespace
}  // namespace lmc
