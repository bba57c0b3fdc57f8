#include "lmc/numerics/matmul.h"

#include <gtest/gtest.h>

#include <random>

#include "lmc/base/workers.h"

namespace lmc {
namespace {

std::vector<int8_t> random_bytes(std::mt19937& random, size_t n, int kind) {
  std::vector<int8_t> out(n);
  for (int8_t& x : out) {
    const uint32_t r = random();
    x = kind == 0 ? int8_t(r) : kind == 1 ? int8_t(-128) : kind == 2 ? int8_t(127) : int8_t(r & 1 ? 127 : -128);
  }
  return out;
}

std::vector<int32_t> plain(const std::vector<int8_t>& a, const std::vector<int8_t>& w, int count, int rows,
                           int columns) {
  std::vector<int32_t> y(size_t(count * rows));
  for (int b = 0; b < count; ++b)
    for (int o = 0; o < rows; ++o)
      for (int k = 0; k < columns; ++k)
        y[size_t(b * rows + o)] += a[size_t(b * columns + k)] * w[size_t(o * columns + k)];
  return y;
}

// a with rows padded as multiply wants them
std::vector<int8_t> padded_rows(const std::vector<int8_t>& a, int count, int columns, int stride) {
  std::vector<int8_t> out(size_t(count * stride));
  for (int b = 0; b < count; ++b) std::copy_n(a.begin() + b * columns, columns, out.begin() + b * stride);
  return out;
}

void expect_product(const PackedMatrix& matrix, const std::vector<int8_t>& a, const std::vector<int8_t>& w, int count) {
  const int rows = matrix.rows(), columns = matrix.columns(), stride = matrix.padded_rows();
  const auto in = padded_rows(a, count, columns, matrix.padded_columns());
  std::vector<int32_t> y(size_t(count * stride), 12345);
  matrix.multiply(in.data(), size_t(matrix.padded_columns()), count, y.data(), size_t(stride));
  const auto expected = plain(a, w, count, rows, columns);
  for (int b = 0; b < count; ++b)
    for (int o = 0; o < rows; ++o)
      ASSERT_EQ(y[size_t(b * stride + o)], expected[size_t(b * rows + o)]) << count << " " << rows << " " << columns;
}

class Matmul : public testing::TestWithParam<Isa> {
  void SetUp() override {
    if (!isa_available(GetParam())) GTEST_SKIP() << isa_name(GetParam()) << " is not on this machine";
  }
};

TEST_P(Matmul, SharedByThreads) {
  std::mt19937 random(3);
  Workers workers(3);
  for (const int rows : {1024, 1040, 4099}) {  // large enough to be shared
    constexpr int kColumns = 260, kCount = 3;
    const auto w = random_bytes(random, size_t(rows * kColumns), 0);
    const auto a = random_bytes(random, size_t(kCount * kColumns), 0);
    const PackedMatrix matrix(GetParam(), rows, kColumns, w);
    const auto stride = size_t(matrix.padded_rows());
    std::vector<int32_t> alone(kCount * stride), shared(kCount * stride);
    matrix.multiply(a.data(), kColumns, kCount, alone.data(), stride);
    matrix.multiply(a.data(), kColumns, kCount, shared.data(), stride, &workers);
    EXPECT_EQ(shared, alone) << rows;
  }
}

TEST_P(Matmul, EveryBatchAndEdge) {
  std::mt19937 random(1);
  for (int count = 1; count <= 35; ++count) {
    for (auto [rows, columns] :
         {std::pair{1, 1}, {16, 4}, {17, 5}, {47, 63}, {64, 64}, {65, 66}, {113, 130}, {208, 24}}) {
      const auto w = random_bytes(random, size_t(rows * columns), 0);
      const auto a = random_bytes(random, size_t(count * columns), 0);
      expect_product(PackedMatrix(GetParam(), rows, columns, w), a, w, count);
    }
  }
}

TEST_P(Matmul, RandomShapesAndExtremeValues) {
  std::mt19937 random(2);
  for (int round = 0; round < 60; ++round) {
    const int rows = 1 + int(random() % 150), columns = 1 + int(random() % 1500), count = 1 + int(random() % 80);
    const auto w = random_bytes(random, size_t(rows * columns), int(random() % 4));
    const auto a = random_bytes(random, size_t(count * columns), int(random() % 4));
    expect_product(PackedMatrix(GetParam(), rows, columns, w), a, w, count);
  }
  const auto w = random_bytes(random, size_t(3) * PackedMatrix::kMaxColumns, 1);
  const auto a = random_bytes(random, size_t(2) * PackedMatrix::kMaxColumns, 1);
  expect_product(PackedMatrix(GetParam(), 3, PackedMatrix::kMaxColumns, w), a, w, 2);
}

// What a ReLU leaves: kernels skip columns that are zero in all rows.
TEST_P(Matmul, MostlyZeros) {
  std::mt19937 random(5);
  for (auto [rows, columns] : {std::pair{128, 512}, {256, 1024}, {300, 530}, {16, 256}}) {
    const auto w = random_bytes(random, size_t(rows * columns), 0);
    const PackedMatrix matrix(GetParam(), rows, columns, w);
    for (int count = 1; count <= 20; ++count)
      for (uint32_t one_in : {1u, 3u, 20u, 1000u, 100000u}) {
        auto a = random_bytes(random, size_t(count * columns), 0);
        for (int8_t& value : a)
          if (random() % one_in != 0) value = 0;
        expect_product(matrix, a, w, count);
      }
  }
}

TEST_P(Matmul, RowsAndColumnsCanBeReplaced) {
  std::mt19937 random(3);
  for (auto [rows, columns] : {std::pair{40, 36}, {64, 128}, {9, 7}}) {
    auto w = random_bytes(random, size_t(rows * columns), 0);
    PackedMatrix matrix(GetParam(), rows, columns);
    const PackedMatrix empty = matrix;
    for (int row = 0; row < rows; ++row) matrix.set_row(row, &w[size_t(row * columns)]);
    for (int round = 0; round < 50; ++round) {
      const int row = int(random() % uint32_t(rows)), column = int(random() % uint32_t(columns));
      const auto before = std::vector<int8_t>(w.begin() + row * columns, w.begin() + (row + 1) * columns);
      auto after = before;
      after[size_t(column)] = int8_t(random());
      std::copy(after.begin(), after.end(), w.begin() + row * columns);
      matrix.update_row(row, before.data(), after.data());
      std::vector<int8_t> read(after.size());
      matrix.get_row(row, read.data());
      EXPECT_EQ(read, after);
      const auto values = random_bytes(random, size_t(rows), 0);
      for (int r = 0; r < rows; ++r) w[size_t(r * columns + column)] = values[size_t(r)];
      matrix.set_column(column, values.data());
    }
    const auto a = random_bytes(random, size_t(3 * columns), 0);
    expect_product(matrix, a, w, 3);
    const PackedMatrix copy = matrix;
    matrix.clear();
    expect_product(copy, a, w, 3);
    expect_product(matrix, a, std::vector<int8_t>(w.size()), 3);
    expect_product(empty, a, std::vector<int8_t>(w.size()), 3);
  }
}

TEST_P(Matmul, APartOfTheMatrix) {
  std::mt19937 random(4);
  const int rows = 100, columns = 80;
  const auto w = random_bytes(random, size_t(rows * columns), 0);
  const PackedMatrix matrix(GetParam(), rows, columns, w);
  for (auto [rows_used, columns_used] : {std::pair{1, 1}, {16, 80}, {17, 79}, {99, 4}, {100, 80}}) {
    std::vector<int8_t> a(size_t(2 * columns));
    std::vector<int8_t> kept(a.size());
    for (int b = 0; b < 2; ++b)
      for (int k = 0; k < columns_used; ++k)
        kept[size_t(b * columns + k)] = a[size_t(b * columns + k)] = int8_t(random());
    std::vector<int32_t> y(2 * 112);
    matrix.multiply(a.data(), columns, 2, y.data(), 112, rows_used, columns_used);
    const auto expected = plain(kept, w, 2, rows, columns);
    for (int b = 0; b < 2; ++b)
      for (int o = 0; o < rows_used; ++o) ASSERT_EQ(y[size_t(b * 112 + o)], expected[size_t(b * rows + o)]);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, Matmul, testing::ValuesIn(std::vector(all_isas().begin(), all_isas().end())),
                         [](const auto& info) { return isa_name(info.param); });

TEST(Isa, NamesAreTheirInverse) {
  for (Isa isa : all_isas()) EXPECT_EQ(parse_isa(isa_name(isa)), isa);
  EXPECT_EQ(parse_isa("sse9"), std::nullopt);
  EXPECT_TRUE(isa_available(best_isa()));
}

}  // namespace
}  // namespace lmc
