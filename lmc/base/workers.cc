#include "lmc/base/workers.h"

#include <system_error>
#include <utility>

namespace lmc {
namespace {

// A phase lasts some hundred microseconds: wait about that long before sleeping, first by spinning, then by giving the
// processor to whoever else wants it.
constexpr int kSpins = 2000;
constexpr int kPauses = 300;

void pause(int spins) {
  if (spins >= kPauses) {
    std::this_thread::yield();
    return;
  }
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

Workers::Workers(int threads) {
  if (threads > 1) threads_.reserve(size_t(threads) - 1);
  try {
    for (int i = 1; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {  // no more threads to be had: the results do not depend on how many there are
  }
}

Workers::~Workers() {
  stop_ = true;
  phase_.fetch_add(1);
  phase_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run(uint32_t count, const std::function<void(uint32_t)>& job) {
  if (threads_.empty() || count <= 1) {
    for (uint32_t i = 0; i < count; ++i) job(i);
    return;
  }
  job_ = &job;
  count_ = count;
  next_ = 0;
  busy_ = uint32_t(threads_.size());
  phase_.fetch_add(1);
  phase_.notify_all();
  drain();
  for (int spins = 0; busy_ != 0; ++spins) {
    if (spins < kSpins) {
      pause(spins);
    } else if (const uint32_t busy = busy_; busy != 0) {
      busy_.wait(busy);
    }
  }
  if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Workers::drain() noexcept {
  for (uint32_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) {
    try {
      (*job_)(i);
    } catch (...) {
      const std::lock_guard lock(failure_mutex_);
      if (failure_ == nullptr) failure_ = std::current_exception();
      next_ = count_;
    }
  }
}

void Workers::work() {
  uint32_t seen = 0;
  for (;;) {
    for (int spins = 0; phase_ == seen; ++spins) {
      if (spins < kSpins) {
        pause(spins);
      } else {
        phase_.wait(seen);
      }
    }
    ++seen;
    if (stop_) return;
    drain();
    if (busy_.fetch_sub(1) == 1) busy_.notify_all();
  }
}

}  // namespace lmc
