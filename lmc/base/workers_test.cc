#include "lmc/base/workers.h"

#include <gtest/gtest.h>

#include <new>

namespace lmc {
namespace {

TEST(Workers, EveryJobRunsOnceInEveryPhase) {
  for (int threads : {1, 2, 3, 4}) {
    Workers workers(threads);
    EXPECT_EQ(workers.threads(), threads);
    for (uint32_t count : {0u, 1u, 2u, 5u, 33u}) {
      for (int phase = 0; phase < 200; ++phase) {
        std::vector<int> ran(count, 0);  // each job writes its own element only
        workers.run(count, [&](uint32_t job) { ++ran[job]; });
        for (int times : ran) ASSERT_EQ(times, 1);
      }
    }
  }
}

TEST(Workers, MoreJobsThanOnePhaseHolds) {
  Workers workers(3);
  std::vector<uint8_t> ran(200000, 0);
  workers.run(uint32_t(ran.size()), [&](uint32_t job) { ++ran[job]; });
  for (const uint8_t times : ran) ASSERT_EQ(times, 1);
}

TEST(Workers, AnExceptionComesOutOfRunAndTheNextPhaseWorks) {
  for (int threads : {1, 2, 5}) {
    Workers workers(threads);
    for (uint32_t bad : {0u, 3u, 19u})
      EXPECT_THROW(workers.run(20,
                               [&](uint32_t i) {
                                 if (i == bad) throw std::bad_alloc();
                               }),
                   std::bad_alloc);
    std::atomic<int> done = 0;
    workers.run(20, [&](uint32_t) { ++done; });
    EXPECT_EQ(done, 20);
  }
}

}  // namespace
}  // namespace lmc
