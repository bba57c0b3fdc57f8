// The values that occur in a plane, when they leave gaps: 12 bits in the upper part of 16, a stretched contrast, a
// table behind the picture. Samples are then coded as ranks among them.
#ifndef LMC_SAMPLES_IMAGE_USED_VALUES_H_
#define LMC_SAMPLES_IMAGE_USED_VALUES_H_

#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

class UsedValues {
 public:
  // counts[v]: how often v occurs.
  explicit UsedValues(const std::vector<uint32_t>& counts);

  size_t size() const { return values_.size(); }
  uint16_t value(size_t rank) const { return values_[rank]; }
  std::vector<uint16_t> ranks() const;  // of each value up to the largest
  // Whether the gaps around the values that occur are worth the list: half a bit a sample.
  bool worth_it(const std::vector<uint32_t>& counts) const;

  // At most 2^bits values. The list by arithmetic coding: value by value whether it occurs, in the context of how long
  // ago the last one did.
  void append_to(Bytes& out) const;
  static Result<UsedValues> read(ByteReader& reader, int bits);

 private:
  UsedValues() = default;

  std::vector<uint16_t> values_;  // ascending
};

}  // namespace lmc

#endif  // LMC_SAMPLES_IMAGE_USED_VALUES_H_
