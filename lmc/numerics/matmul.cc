#include "lmc/numerics/matmul.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

#include "lmc/base/workers.h"
#include "lmc/numerics/kernel_set.h"
#include "lmc/numerics/matmul_kernels.h"

namespace lmc {

#if defined(__aarch64__)
LMC_DECLARE_KERNELS(MatmulKernels, matmul_kernels, kNeon)
#endif
LMC_ISAS_OF_COMPILER(LMC_DECLARE_KERNELS, MatmulKernels, matmul_kernels)
#if defined(__x86_64__)
LMC_DECLARE_KERNELS(MatmulKernels, matmul_kernels, kAvxVnni)
#endif

namespace {

constexpr std::align_val_t kAlignment{64};
constexpr size_t kLargeMatrixBytes = size_t(256) << 10;  // below, sharing out a product costs more than it saves

int round_up(int value, int step) { return (value + step - 1) / step * step; }

constexpr KernelRow<MatmulKernels> kRows[] = {
#if defined(__aarch64__)
    {Isa::kNeon, &matmul_kernels_kNeon},
#endif
#if defined(__x86_64__)
    {Isa::kAvxVnni, &matmul_kernels_kAvxVnni},
#endif
    LMC_ISAS_OF_COMPILER(LMC_KERNEL_ROW, MatmulKernels, matmul_kernels)};

}  // namespace

void AlignedBytes::Free::operator()(uint8_t* p) const { ::operator delete[](p, kAlignment); }

AlignedBytes::AlignedBytes(size_t size_bytes, uint8_t fill)
    : data_(static_cast<uint8_t*>(::operator new[](size_bytes, kAlignment))), size_bytes_(size_bytes) {
  std::memset(data_.get(), fill, size_bytes);
}

AlignedBytes::AlignedBytes(const AlignedBytes& other)
    : data_(static_cast<uint8_t*>(::operator new[](other.size_bytes_, kAlignment))), size_bytes_(other.size_bytes_) {
  if (size_bytes_ > 0) std::memcpy(data_.get(), other.data_.get(), size_bytes_);
}

AlignedBytes& AlignedBytes::operator=(const AlignedBytes& other) {
  if (this != &other) *this = AlignedBytes(other);
  return *this;
}

PackedMatrix::PackedMatrix(Isa isa, int rows, int columns) : rows_(rows), columns_(columns) {
  assert(rows > 0 && columns > 0 && columns <= kMaxColumns);
  const MatmulKernels& kernels = best_kernels(kRows, isa);
  layout_ = kernels.layout;
  kernel_ = kernels.multiply;
  padded_rows_ = round_up(rows, kRowPadding);
  padded_columns_ = round_up(columns, kColumnPadding);
  panels_ = AlignedBytes(size_t(padded_rows_) * size_t(padded_columns_), layout_.flip);
}

PackedMatrix::PackedMatrix(Isa isa, int rows, int columns, std::span<const int8_t> weights)
    : PackedMatrix(isa, rows, columns) {
  assert(weights.size() == size_t(rows) * size_t(columns));
  for (int row = 0; row < rows; ++row) set_row(row, weights.data() + size_t(row) * size_t(columns));
}

size_t PackedMatrix::offset(int row, int column) const {
  const int panel = row / layout_.rows, group = column / layout_.columns;
  return size_t(panel) * size_t(layout_.rows) * size_t(padded_columns_) +
         size_t((group * layout_.rows + row % layout_.rows) * layout_.columns + column % layout_.columns);
}

void PackedMatrix::set_row(int row, const int8_t* values) {
  assert(row >= 0 && row < rows_);
  uint8_t* out = panels_.data() + offset(row, 0);
  const size_t step = size_t(layout_.rows) * size_t(layout_.columns);
  int k = 0;
  if (layout_.columns == 4) {
    const uint32_t flip = layout_.flip * 0x01010101u;
    for (; k + 4 <= columns_; k += 4, out += step) {
      uint32_t four;
      std::memcpy(&four, values + k, 4);
      four ^= flip;
      std::memcpy(out, &four, 4);
    }
  } else {
    for (; k + 2 <= columns_; k += 2, out += step) std::memcpy(out, values + k, 2);
  }
  for (int i = 0; k < columns_; ++k, ++i) out[i] = uint8_t(values[k]) ^ layout_.flip;
}

void PackedMatrix::update_row(int row, const int8_t* before, const int8_t* after) {
  assert(row >= 0 && row < rows_);
  uint8_t* out = panels_.data() + offset(row, 0);
  const int group = layout_.columns, panel_rows = layout_.rows;
  const auto put = [&](int k) {
    out[(k & ~(group - 1)) * panel_rows + (k & (group - 1))] = uint8_t(after[k]) ^ layout_.flip;
  };
  int k0 = 0;
  for (; k0 + 8 <= columns_; k0 += 8) {  // few elements change: skip eight at a time
    uint64_t old_bytes, new_bytes;
    std::memcpy(&old_bytes, before + k0, 8);
    std::memcpy(&new_bytes, after + k0, 8);
    if (old_bytes == new_bytes) continue;
    for (int k = k0; k < k0 + 8; ++k) put(k);
  }
  for (; k0 < columns_; ++k0) put(k0);
}

void PackedMatrix::get_row(int row, int8_t* values) const {
  assert(row >= 0 && row < rows_);
  const uint8_t* in = panels_.data() + offset(row, 0);
  const int group = layout_.columns, panel_rows = layout_.rows;
  for (int k = 0; k < columns_; ++k)
    values[k] = int8_t(in[(k & ~(group - 1)) * panel_rows + (k & (group - 1))] ^ layout_.flip);
}

void PackedMatrix::set_column(int column, const int8_t* values) {
  assert(column >= 0 && column < columns_);
  const size_t panel_bytes = size_t(layout_.rows) * size_t(padded_columns_);
  uint8_t* out = panels_.data() + offset(0, column);
  for (int row = 0; row < rows_; row += layout_.rows, out += panel_bytes)
    for (int i = 0; i < layout_.rows && row + i < rows_; ++i)
      out[i * layout_.columns] = uint8_t(values[row + i]) ^ layout_.flip;
}

void PackedMatrix::clear() { std::memset(panels_.data(), layout_.flip, panels_.size()); }

void PackedMatrix::multiply(const int8_t* a, size_t a_stride, int count, int32_t* y, size_t y_stride, int rows_used,
                            int columns_used, Workers* workers) const {
  assert(rows_used > 0 && rows_used <= rows_ && columns_used > 0 && columns_used <= columns_);
  const int rows = round_up(rows_used, kRowPadding);
  assert(y_stride >= size_t(rows));
  const int panels = rows / layout_.rows;
  const size_t panel_bytes = size_t(layout_.rows) * size_t(padded_columns_);
  const auto multiply_panels = [&](int first, int last) {
    kernel_({.panels = panels_.data() + size_t(first) * panel_bytes,
             .panel_bytes = panel_bytes,
             .panels_used = last - first,
             .columns = round_up(columns_used, kColumnPadding),
             .a = a,
             .a_stride = a_stride,
             .count = count,
             .y = y + size_t(first) * size_t(layout_.rows),
             .y_stride = y_stride});
  };
  // Kernels take panels by kRowPadding rows: parts begin at multiples of these.
  const int units = rows / kRowPadding, unit_panels = kRowPadding / layout_.rows;
  const bool shared = workers != nullptr && size_t(panels) * panel_bytes > kLargeMatrixBytes;
  const int parts = shared ? std::min(workers->threads(), units) : 1;
  if (parts == 1) return multiply_panels(0, panels);
  workers->run(uint32_t(parts), [&](uint32_t part) {
    multiply_panels(units * int(part) / parts * unit_panels, units * (int(part) + 1) / parts * unit_panels);
  });
}

}  // namespace lmc
