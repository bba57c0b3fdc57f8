// Integer matrix products: Y[b][o] = sum over k of A[b][k] * W[o][k], int8 x int8 into int32, exact in every order of
// summation and therefore the same on every instruction set.
//
// W is kept packed in the layout its kernel reads: panels of neighbouring rows, within a panel groups of neighbouring
// columns. Rows and columns can be replaced one at a time (an adapting output layer; attention caches).
#ifndef LMC_NUMERICS_MATMUL_H_
#define LMC_NUMERICS_MATMUL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lmc/numerics/isa.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {

class Workers;

// Storage aligned to 64 bytes, zero-filled where `fill` is 0, copyable.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  AlignedBytes(size_t size_bytes, uint8_t fill);
  AlignedBytes(const AlignedBytes& other);
  AlignedBytes& operator=(const AlignedBytes& other);
  AlignedBytes(AlignedBytes&&) noexcept = default;
  AlignedBytes& operator=(AlignedBytes&&) noexcept = default;

  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_bytes_; }

 private:
  struct Free {
    void operator()(uint8_t* p) const;
  };
  std::unique_ptr<uint8_t[], Free> data_;
  size_t size_bytes_ = 0;
};

class PackedMatrix {
 public:
  static constexpr int kRowPadding = 16;       // y has this granularity
  static constexpr int kColumnPadding = 4;     // and a this one
  static constexpr int kMaxColumns = 1 << 16;  // |sum| <= 2^16 * 2^14 < 2^31

  PackedMatrix() = default;
  PackedMatrix(Isa isa, int rows, int columns);                                   // zeros
  PackedMatrix(Isa isa, int rows, int columns, std::span<const int8_t> weights);  // weights (rows, columns)

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  int padded_rows() const { return padded_rows_; }
  int padded_columns() const { return padded_columns_; }

  void set_row(int row, const int8_t* values);  // values (columns)
  void get_row(int row, int8_t* values) const;
  void set_column(int column, const int8_t* values);  // values (rows)
  // set_row(row, after) where the row holds `before`: writes only what differs.
  void update_row(int row, const int8_t* before, const int8_t* after);
  void clear();  // all zeros again

  // y[b][o] for b < count and o < rows_used rounded up to kRowPadding (rows beyond the matrix count as zeros).
  // columns_used counts from the left; a (count, a_stride) must be readable, and zero, up to the next multiple of
  // kColumnPadding; y_stride >= rows_used rounded up to kRowPadding.
  // workers: share out the rows of a large matrix; null: this thread does it all.
  void multiply(const int8_t* a, size_t a_stride, int count, int32_t* y, size_t y_stride, int rows_used,
                int columns_used, Workers* workers = nullptr) const;
  void multiply(const int8_t* a, size_t a_stride, int count, int32_t* y, size_t y_stride,
                Workers* workers = nullptr) const {
    multiply(a, a_stride, count, y, y_stride, rows_, columns_, workers);
  }

 private:
  size_t offset(int row, int column) const;

  PanelLayout layout_;
  void (*kernel_)(const MatmulTask& task) = nullptr;
  int rows_ = 0, columns_ = 0;
  int padded_rows_ = 0, padded_columns_ = 0;
  AlignedBytes panels_;
};

}  // namespace lmc

#endif  // LMC_NUMERICS_MATMUL_H_
