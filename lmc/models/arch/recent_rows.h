// A few rows of a matrix in their newest form, beside one that others read meanwhile: products with these rows alone.
#ifndef LMC_MODELS_ARCH_RECENT_ROWS_H_
#define LMC_MODELS_ARCH_RECENT_ROWS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "lmc/numerics/matmul.h"

namespace lmc {

class RecentRows {
 public:
  RecentRows(Isa isa, int rows, int columns) : isa_(isa), columns_(columns), places_(size_t(rows), -1) {}

  std::span<const uint32_t> rows() const { return rows_; }  // in the order in which they were first put
  void put(uint32_t row, const int8_t* values);             // values (columns)
  void clear();

  // sums (count, padded()): products of a (count, columns), as PackedMatrix has them, with the rows in their order.
  size_t padded() const { return blocks_used() * kBlockRows; }
  void multiply(const int8_t* a, int count, int32_t* sums) const;

 private:
  static constexpr size_t kBlockRows = 256;
  size_t blocks_used() const { return (rows_.size() + kBlockRows - 1) / kBlockRows; }

  Isa isa_;
  int columns_;
  std::vector<PackedMatrix> blocks_;  // (kBlockRows, columns) each
  std::vector<int32_t> places_;       // (rows of the matrix): where in rows_, or -1
  std::vector<uint32_t> rows_;
};

}  // namespace lmc

#endif  // LMC_MODELS_ARCH_RECENT_ROWS_H_
