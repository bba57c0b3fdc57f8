#include "lmc/base/workers.h"

#include <algorithm>
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
  for (uint32_t first = 0; first < count; first += kMostJobs) {
    if (first == 0 && count <= kMostJobs) return run_phase(count, job);
    run_phase(std::min(count - first, kMostJobs), [&](uint32_t i) { job(first + i); });
  }
}

void Workers::run_phase(uint32_t count, const std::function<void(uint32_t)>& job) {
  job_ = &job;
  done_ = 0;
  const uint32_t phase = phase_ + 1;
  ticket_ = uint64_t(phase) << 32 | uint64_t(count) << 16;
  phase_ = phase;
  phase_.notify_all();
  drain();
  uint32_t done = done_;
  for (int spins = 0; done != count; ++spins, done = done_) {
    if (spins < kSpins)
      pause(spins);
    else
      done_.wait(done);
  }
  if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
}

// Takes jobs of the phase until there are none left. A ticket that has changed meanwhile is of another job or phase.
void Workers::drain() noexcept {
  for (uint64_t ticket = ticket_;;) {
    const uint32_t next = ticket & 0xffff, count = ticket >> 16 & 0xffff;
    if (next >= count) return;
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1)) continue;
    try {
      (*job_)(next);
    } catch (...) {
      fail();
    }
    done_.fetch_add(1);
    done_.notify_all();
    ticket = ticket_;
  }
}

// Keeps the exception that is being handled if it is the first; jobs that nobody has taken count as done.
void Workers::fail() noexcept {
  const std::lock_guard lock(failure_mutex_);
  if (failure_ == nullptr) failure_ = std::current_exception();
  uint64_t ticket = ticket_;
  uint32_t left = 0;
  do {
    left = uint32_t(ticket >> 16 & 0xffff) - uint32_t(ticket & 0xffff);
  } while (!ticket_.compare_exchange_weak(ticket, ticket + left));
  done_.fetch_add(left);
}

void Workers::work() {
  uint32_t seen = 0;
  for (;;) {
    for (int spins = 0; phase_ == seen; ++spins) {
      if (spins < kSpins)
        pause(spins);
      else
        phase_.wait(seen);
    }
    seen = phase_;
    if (stop_) return;
    drain();
  }
}

}  // namespace lmc
