// Blocks of one file side by side: how threads are shared out, results in order, progress added up.
#ifndef LMC_PIPELINE_PARALLEL_H_
#define LMC_PIPELINE_PARALLEL_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <optional>

namespace lmc {

// How many blocks are worked on at a time, with how many threads each.
struct ThreadShare {
  size_t blocks = 1;
  int threads_each = 1;
};
inline ThreadShare share_threads(int threads, std::optional<uint64_t> content_bytes, uint64_t block_bytes) {
  const uint64_t most = uint64_t(threads);
  const uint64_t expected = content_bytes ? *content_bytes / block_bytes + (*content_bytes % block_bytes != 0) : most;
  const uint64_t blocks = std::clamp<uint64_t>(expected, 1, most);
  return {size_t(blocks), int(most / blocks)};
}

// Runs jobs side by side and hands their results over in the order they were submitted.
template <typename T>
class InOrder {
 public:
  // At most limit jobs at a time; with 1, a job runs inside take(), in the calling thread. While take() waits for a
  // job in another thread, it calls tick now and then.
  InOrder(size_t limit, std::function<void()> tick) : limit_(limit), tick_(std::move(tick)) {}

  size_t size() const { return jobs_.size(); }
  bool empty() const { return jobs_.empty(); }
  bool full() const { return jobs_.size() >= limit_; }

  void submit(std::function<T()> job) {
    jobs_.push_back(std::async(limit_ == 1 ? std::launch::deferred : std::launch::async, std::move(job)));
  }

  // The result of the oldest job. Must not be called when empty.
  T take() {
    std::future<T> job = std::move(jobs_.front());
    jobs_.pop_front();
    while (limit_ > 1 && job.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) tick_();
    return job.get();
  }

 private:
  size_t limit_;
  std::function<void()> tick_;
  std::deque<std::future<T>> jobs_;
};

// Adds up what blocks report. side_by_side: they run in other threads, so they only count, and tick() reports.
class ProgressSum {
 public:
  ProgressSum(std::function<void(uint64_t)> report, bool side_by_side)
      : report_(std::move(report)), side_by_side_(side_by_side) {}

  // For BlockResources::progress of one block.
  std::function<void(size_t)> for_block() {
    if (!report_) return {};
    return [this, before = size_t(0)](size_t done_bytes) mutable {
      sum_bytes_ += done_bytes - before;
      before = done_bytes;
      if (!side_by_side_) tick();
    };
  }
  void tick() {
    if (report_) report_(sum_bytes_);
  }

 private:
  std::function<void(uint64_t)> report_;
  bool side_by_side_;
  std::atomic<uint64_t> sum_bytes_ = 0;
};

}  // namespace lmc

#endif  // LMC_PIPELINE_PARALLEL_H_
