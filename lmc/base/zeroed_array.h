// A large array of zero bytes from the system: pages are touched only when used, in huge pages where there are any, so
// a hash table costs what it holds and its misses stay cheap.
#ifndef LMC_BASE_ZEROED_ARRAY_H_
#define LMC_BASE_ZEROED_ARRAY_H_

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace lmc {

// Which pages an array is in: huge ones where it is large or most of it will be used, ordinary ones where little will.
enum class Pages { kHugeIfLarge, kHuge, kOrdinary };

// T must be valid as all zero bytes. Throws std::bad_alloc like new.
template <typename T>
class ZeroedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit ZeroedArray(size_t count, Pages pages = Pages::kHugeIfLarge) : size_bytes_(count * sizeof(T)) {
    void* data = ::mmap(nullptr, size_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    // Small tables stay in ordinary pages: a huge one would be cleared for a few lines.
    if (pages == Pages::kHuge || (pages == Pages::kHugeIfLarge && size_bytes_ >= kHugeFromBytes))
      (void)::madvise(data, size_bytes_, MADV_HUGEPAGE);
    data_ = static_cast<T*>(data);
  }
  ZeroedArray(ZeroedArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}
  ZeroedArray& operator=(ZeroedArray&&) = delete;
  ~ZeroedArray() {
    if (data_ != nullptr) ::munmap(data_, size_bytes_);
  }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  static constexpr size_t kHugeFromBytes = size_t(4) << 20;
  T* data_ = nullptr;
  size_t size_bytes_ = 0;
};

}  // namespace lmc

#endif  // LMC_BASE_ZEROED_ARRAY_H_
