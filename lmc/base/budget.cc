#include "lmc/base/budget.h"

namespace lmc {
namespace {

// As -M takes it, rounded up: "513M".
std::string in_mebibytes(uint64_t bytes) { return std::to_string((bytes >> 20) + ((bytes & 0xfffff) != 0)) + "M"; }

}  // namespace

Result<Budget::Lease> Budget::take(Budget* budget, uint64_t size_bytes, const std::string& what) {
  if (budget == nullptr) return Lease();
  LMC_TRY(budget->charge(size_bytes, what));
  return Lease(budget, size_bytes);
}

Status Budget::charge(uint64_t size_bytes, const std::string& what) {
  uint64_t used = used_bytes_;
  do {
    if (used > limit_bytes_ || size_bytes > limit_bytes_ - used) {
      if (size_bytes <= limit_bytes_) was_crowded_ = true;
      const uint64_t needed = size_bytes > UINT64_MAX - used ? UINT64_MAX : used + size_bytes;
      return environment_error(what + " needs " + in_mebibytes(needed) + " of memory, more than the limit of " +
                               in_mebibytes(limit_bytes_) + "; -M " + in_mebibytes(needed) +
                               " (memory_limit_bytes) or more allows it");
    }
  } while (!used_bytes_.compare_exchange_weak(used, used + size_bytes));
  if (whole_ == nullptr) return Ok();
  const Status of_whole = whole_->charge(size_bytes, what);
  if (of_whole.ok()) return of_whole;
  was_crowded_ = true;
  used_bytes_ -= size_bytes;
  return of_whole;
}

}  // namespace lmc
