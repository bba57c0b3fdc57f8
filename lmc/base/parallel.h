// Blocks of one file side by side: results in order, progress added up.
#ifndef LMC_BASE_PARALLEL_H_
#define LMC_BASE_PARALLEL_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <system_error>

namespace lmc {

// Runs jobs side by side and hands their results over in the order they were submitted.
template <typename T>
class InOrder {
 public:
  // Jobs of together at most `threads` threads at a time; with 1, a job runs inside take(), in the calling thread.
  // While take() waits for a job in another thread, it calls tick now and then.
  InOrder(int threads, std::function<void()> tick) : threads_(threads), tick_(std::move(tick)) {}

  size_t size() const { return jobs_.size(); }
  bool empty() const { return jobs_.empty(); }
  // Whether a job that works with so many threads may be submitted now.
  bool has_room(int threads) const { return jobs_.empty() || busy_ + threads <= threads_; }

  void submit(int threads, std::function<T()> job) {
    jobs_.push_back({threads, start(std::move(job))});
    busy_ += threads;
  }

  // The result of the oldest job, or the exception that it threw. Must not be called when empty.
  T take() {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    while (threads_ > 1 && job.result.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) tick_();
    busy_ -= job.threads;
    return job.result.get();
  }

 private:
  std::future<T> start(std::function<T()> job) const {
    if (threads_ > 1) {
      try {
        return std::async(std::launch::async, job);
      } catch (const std::system_error&) {  // no more threads to be had: in the calling thread, then
      }
    }
    return std::async(std::launch::deferred, std::move(job));
  }

  struct Job {
    int threads;
    std::future<T> result;
  };
  int threads_;
  int busy_ = 0;
  std::function<void()> tick_;
  std::deque<Job> jobs_;
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

#endif  // LMC_BASE_PARALLEL_H_
