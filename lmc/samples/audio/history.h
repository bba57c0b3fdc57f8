// The latest values of a series side by side, the newest first.
#ifndef LMC_SAMPLES_AUDIO_HISTORY_H_
#define LMC_SAMPLES_AUDIO_HISTORY_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lmc {

template <typename T>
class History {
 public:
  explicit History(size_t length) : length_(length), values_(16 * length + 512), at_(values_.size() - length) {}

  // (length)
  const T* data() const { return values_.data() + at_; }
  void push(T value) {
    if (at_ == 0) {
      const size_t end = values_.size() - (length_ - 1);
      std::copy_n(values_.begin(), length_ - 1, values_.begin() + ptrdiff_t(end));
      at_ = end;
    }
    values_[--at_] = value;
  }

 private:
  size_t length_;
  std::vector<T> values_;
  size_t at_;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_HISTORY_H_
