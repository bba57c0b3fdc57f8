#include "lmc/base/budget.h"

namespace lmc {
namespace {

// As -M takes it, rounded up: "513M".
std::string in_mebibytes(uint64_t bytes) { return std::to_string((bytes >> 20) + ((bytes & 0xfffff) != 0)) + "M"; }

}  // namespace

Result<Budget::Lease> Budget::take(Budget* budget, uint64_t size_bytes, const std::string& what) {
  if (budget == nullptr) return Lease();
  uint64_t used = budget->used_bytes_;
  do {
    if (used > budget->limit_bytes_ || size_bytes > budget->limit_bytes_ - used) {
      const uint64_t needed = size_bytes > UINT64_MAX - used ? UINT64_MAX : used + size_bytes;
      return environment_error(what + " needs " + in_mebibytes(needed) + " of memory, more than the limit of " +
                               in_mebibytes(budget->limit_bytes_) + "; -M " + in_mebibytes(needed) +
                               " (memory_limit_bytes) or more allows it");
    }
  } while (!budget->used_bytes_.compare_exchange_weak(used, used + size_bytes));
  return Lease(budget, size_bytes);
}

}  // namespace lmc
