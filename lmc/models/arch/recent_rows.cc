#include "lmc/models/arch/recent_rows.h"

#include <algorithm>

namespace lmc {

void RecentRows::put(uint32_t row, const int8_t* values) {
  int32_t& place = places_[row];
  if (place < 0) {
    place = int32_t(rows_.size());
    rows_.push_back(row);
    if (blocks_used() > blocks_.size()) blocks_.emplace_back(isa_, int(kBlockRows), columns_);
  }
  blocks_[size_t(place) / kBlockRows].set_row(int(size_t(place) % kBlockRows), values);
}

void RecentRows::clear() {
  for (uint32_t row : rows_) places_[row] = -1;
  rows_.clear();
}

void RecentRows::multiply(const int8_t* a, int count, int32_t* sums) const {
  for (size_t first = 0; first < rows_.size(); first += kBlockRows) {
    const size_t used = std::min(kBlockRows, rows_.size() - first);
    blocks_[first / kBlockRows].multiply(a, size_t(columns_), count, sums + first, padded(), int(used), columns_);
  }
}

}  // namespace lmc
