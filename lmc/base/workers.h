// A few threads that run short phases together: every phase is a list of independent jobs, and run() returns when all
// are done. Jobs are taken in order, so the longest should come first. Which thread runs a job never matters to the
// result: jobs of one phase touch different data.
//
// Nobody waits for a helper that has taken no job: on a machine that is busy with other things the calling thread does
// them all.
#ifndef LMC_BASE_WORKERS_H_
#define LMC_BASE_WORKERS_H_

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lmc {

class Workers {
 public:
  // threads >= 1, the calling one included. Where the system gives fewer, fewer work.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int threads() const { return int(threads_.size()) + 1; }
  // Calls job(0) .. job(count - 1), each once, and waits for all. If one throws, those not begun are left out, and the
  // first exception comes out here, in the calling thread.
  void run(uint32_t count, const std::function<void(uint32_t)>& job);

 private:
  static constexpr uint32_t kMostJobs = 0xffff;  // of one phase; more become several

  void run_phase(uint32_t count, const std::function<void(uint32_t)>& job);
  void work();
  void drain() noexcept;
  void fail() noexcept;

  std::vector<std::thread> threads_;
  const std::function<void(uint32_t)>* job_ = nullptr;  // of the phase; read by those who have taken a job of it
  std::atomic<uint64_t> ticket_{0};                     // phase << 32 | jobs << 16 | the next job
  std::atomic<uint32_t> phase_{0};                      // a change wakes the helpers
  std::atomic<uint32_t> done_{0};                       // jobs of the phase
  std::atomic<bool> stop_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;  // of the phase
};

}  // namespace lmc

#endif  // LMC_BASE_WORKERS_H_
