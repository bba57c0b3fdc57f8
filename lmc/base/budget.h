// One limit for the memory that a call may take on the word of a file.
//
// Sizes that a file declares are charged before the memory for them is taken: take() hands out a lease, or an error
// that says what would be needed. A lease gives its bytes back when it ends. What is charged is what the bytes will
// lead to, working memory included, rounded up; programs, models and the input itself are not. Any number of threads
// may use one budget.
#ifndef LMC_BASE_BUDGET_H_
#define LMC_BASE_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "lmc/base/result.h"

namespace lmc {

class Budget {
 public:
  // Nobody has said how much: 4 GiB, or 512 MiB for each thread if that is more, so that a limit meant for hostile
  // files does not keep a large machine from its work.
  static constexpr uint64_t default_limit_bytes(int threads) {
    const uint64_t for_threads = uint64_t(threads > 0 ? threads : 1) << 29;
    return for_threads > uint64_t(1) << 32 ? for_threads : uint64_t(1) << 32;
  }

  // whole, if given, is charged too, and outlives this one: a part of a call, beside others.
  explicit Budget(uint64_t limit_bytes, Budget* whole = nullptr) : limit_bytes_(limit_bytes), whole_(whole) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // Bytes of a budget, given back at the end of its life. Movable; must not outlive the budget.
  class Lease {
   public:
    using MustBeKept = void;  // LMC_TRY would give the bytes back at once

    Lease() = default;  // of nothing
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(size_bytes_, other.size_bytes_);
      return *this;
    }
    ~Lease() {
      if (budget_ != nullptr) budget_->give_back(size_bytes_);
    }
    // Gives back what is more than this.
    void shrink_to(uint64_t size_bytes) {
      if (budget_ == nullptr || size_bytes >= size_bytes_) return;
      budget_->give_back(size_bytes_ - size_bytes);
      size_bytes_ = size_bytes;
    }

   private:
    friend class Budget;
    Lease(Budget* budget, uint64_t size_bytes) : budget_(budget), size_bytes_(size_bytes) {}
    Budget* budget_ = nullptr;
    uint64_t size_bytes_ = 0;
  };

  // what: words for the error, "a picture of 9 x 9 pixels". budget null: there is no limit.
  // Errors: environment, with what is needed, the limit and how to raise it; then nothing is charged.
  static Result<Lease> take(Budget* budget, uint64_t size_bytes, const std::string& what);

  uint64_t limit_bytes() const { return limit_bytes_; }
  uint64_t used_bytes() const { return used_bytes_; }
  // Whether something was refused that this budget alone could hold: with less going on beside it, it might not be.
  bool was_crowded() const { return was_crowded_; }

 private:
  Status charge(uint64_t size_bytes, const std::string& what);
  void give_back(uint64_t size_bytes) {
    for (Budget* each = this; each != nullptr; each = each->whole_) each->used_bytes_ -= size_bytes;
  }

  const uint64_t limit_bytes_;
  Budget* const whole_;
  std::atomic<uint64_t> used_bytes_ = 0;
  std::atomic<bool> was_crowded_ = false;
};

}  // namespace lmc

#endif  // LMC_BASE_BUDGET_H_
