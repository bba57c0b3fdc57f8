// Every instruction set's kernels give the bits of the base ones, and these what their comments say.
#include "lmc/samples/pixel_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "lmc/mixing/logistic.h"
#include "lmc/numerics/isa_test_support.h"
#include "lmc/samples/logistic_mixture.h"

namespace lmc {
namespace {

template <typename T>
void expect_same(const std::vector<T>& a, const std::vector<T>& b, Isa isa) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(T)), 0) << isa_name(isa);
}

std::vector<int16_t> integers(std::mt19937& random, size_t count, int least, int most, int zeros_of = 1) {
  std::vector<int16_t> out(count);
  for (int16_t& x : out)
    x = random() % unsigned(zeros_of) != 0 ? int16_t(0) : int16_t(least + int(random() % unsigned(most - least + 1)));
  return out;
}

std::vector<float> floats(std::mt19937& random, size_t count, float size) {
  std::vector<float> out(count);
  for (float& x : out) x = std::uniform_real_distribution<float>(-size, size)(random);
  return out;
}

TEST(PixelKernels, ProductsAreExact) {
  std::mt19937 random(1);
  for (const auto [count, rows, columns, peak, zeros_of] : {std::array{1, 16, 16, 127, 1},
                                                            {5, 16, 48, 2047, 1},
                                                            {31, 128, 48, 2047, 1},
                                                            {70, 128, 128, 127, 4},
                                                            {33, 144, 144, 127, 9},
                                                            {2, 80, 272, 127, 30},
                                                            {3, 16, 4096, 127, 2},
                                                            {4, 128, 128, 0, 1}}) {
    const auto a = integers(random, size_t(count) * size_t(columns), -peak, peak, zeros_of);
    const auto weights = integers(random, size_t(rows) * size_t(columns), -128, 127);
    const auto place_of = [columns = size_t(columns), all = size_t(rows)](size_t row, size_t column) {
      const size_t first = row / PixelKernels::kRowsTogether * PixelKernels::kRowsTogether;
      const size_t together = std::min(size_t(PixelKernels::kRowsTogether), all - first);
      return first * columns + 2 * (column / 2 * together + row - first) + column % 2;
    };
    std::vector<int32_t> right(size_t(count) * size_t(rows), 0);
    for (size_t i = 0; i < right.size(); ++i)
      for (size_t k = 0; k < size_t(columns); ++k)
        right[i] += a[i / size_t(rows) * size_t(columns) + k] * weights[place_of(i % size_t(rows), k)];
    for (Isa isa : isas()) {
      std::vector<int32_t> sums(right.size(), -1);
      pixel_kernels(isa).product(a.data(), count, columns, weights.data(), rows, sums.data());
      expect_same(sums, right, isa);
    }
  }
}

// As docs/pixels.md, section 4, has it.
float plain_exp2(float x) {
  const float bounded = std::clamp(x, -100.0f, 100.0f), whole = std::nearbyint(bounded), f = bounded - whole;
  float sum = 1.5403530e-4f;
  for (float term : {1.3333558e-3f, 9.6181291e-3f, 5.5504109e-2f, 2.4022651e-1f, 6.9314718e-1f, 1.0f})
    sum = sum * f + term;
  return std::ldexp(sum, int(whole));
}

TEST(PixelKernels, ExponentialsAreTheSameEverywhere) {
  std::mt19937 random(3);
  auto x = floats(random, 1024, 110.0f);
  for (size_t k = 0; k < x.size(); k += 3) x[k] *= 0.01f;
  x[0] = -0.0f, x[1] = 0.5f, x[2] = -0.5f, x[3] = 1e30f, x[4] = -1e30f, x[5] = 100.0f, x[6] = -100.0f;
  std::vector<float> right;
  for (float each : x) right.push_back(plain_exp2(each));
  EXPECT_NEAR(plain_exp2(3.25f), std::exp2(3.25f), 1e-5);
  for (Isa isa : isas()) {
    auto out = x;
    pixel_kernels(isa).exp2s(out.data(), int(out.size()));
    expect_same(out, right, isa);
  }
}

TEST(PixelKernels, HiddenUnitsAreTheSameEverywhere) {
  std::mt19937 random(2);
  constexpr int kUnits = 144;
  std::vector<int32_t> sums(kUnits);
  for (int32_t& sum : sums) sum = int32_t(random() % 20001) - 10000;
  const auto factors = floats(random, kUnits, 0.02f), bias = floats(random, kUnits, 20.0f);
  std::vector<int16_t> right_first(kUnits), right_next = integers(random, kUnits, 0, 127);
  const std::vector<int16_t> before = right_next;
  const PixelKernels base = pixel_kernels(Isa::kScalar);
  base.first(sums.data(), factors.data(), bias.data(), right_first.data(), kUnits);
  base.next(sums.data(), factors.data(), bias.data(), right_next.data(), kUnits);
  for (Isa isa : isas()) {
    std::vector<int16_t> first(kUnits), next = before;
    pixel_kernels(isa).first(sums.data(), factors.data(), bias.data(), first.data(), kUnits);
    pixel_kernels(isa).next(sums.data(), factors.data(), bias.data(), next.data(), kUnits);
    expect_same(first, right_first, isa);
    expect_same(next, right_next, isa);
  }
}

TEST(PixelKernels, NeighboursAreTheSameEverywhere) {
  std::mt19937 random(3);
  for (int bits : {1, 8, 16}) {
    std::vector<uint16_t> samples(48);
    for (uint16_t& sample : samples) sample = uint16_t(random() >> (32 - bits));
    int32_t masks[3][48] = {};
    for (size_t k = 0; k < 42; ++k) masks[k < 16 ? 0 : k < 29 ? 1 : 2][k] = -1;
    const int32_t centres[3] = {int32_t(samples[0]) * 16, int32_t(samples[1]) * 16, 5};
    std::vector<int32_t> right(48), right_sums(2);
    std::vector<int16_t> right_inputs(48);
    const float factor = 16.0f / float(1 << bits);
    const PixelKernels base = pixel_kernels(Isa::kScalar);
    base.differences(samples.data(), masks, centres, right.data(), right_sums.data());
    base.scale(right.data(), factor, 2047.0f, right_inputs.data());
    int32_t own = 0, all = 0;
    for (size_t k = 0; k < 48; ++k) {
      const int32_t d = k < 42 ? 16 * samples[k] - centres[k < 16 ? 0 : k < 29 ? 1 : 2] : 0;
      EXPECT_EQ(right[k], d);
      (k < 16 ? own : all) += std::abs(d);
    }
    EXPECT_EQ(right_sums[0], own);
    EXPECT_EQ(right_sums[1], own + all);
    for (Isa isa : isas()) {
      std::vector<int32_t> out(48), sums(2);
      std::vector<int16_t> inputs(48);
      pixel_kernels(isa).differences(samples.data(), masks, centres, out.data(), sums.data());
      pixel_kernels(isa).scale(out.data(), factor, 2047.0f, inputs.data());
      expect_same(out, right, isa);
      expect_same(sums, right_sums, isa);
      expect_same(inputs, right_inputs, isa);
    }
  }
}

TEST(PixelKernels, MassesAreThoseOfTheMixture) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    LogisticMixture mixture;
    const auto centres = floats(random, kMixtureComponents, 300.0f);
    const auto inverses = floats(random, kMixtureComponents, round % 2 == 0 ? 4.0f : 0.1f);
    int32_t rest = 1 << 15;
    for (size_t k = 0; k < size_t(kMixtureComponents); ++k) {
      mixture.centres[k] = centres[k];
      mixture.inverses[k] = std::abs(inverses[k]) + 0.0001f;
      mixture.weights[k] = k + 1 < size_t(kMixtureComponents) ? int32_t(random() % unsigned(rest + 1)) : rest;
      rest -= mixture.weights[k];
    }
    std::vector<float> edges(PixelKernels::kThresholds);
    std::vector<int64_t> right(PixelKernels::kThresholds);
    for (size_t i = 0; i < edges.size(); ++i) {
      const auto value = int32_t(random() % 256);
      edges[i] = float(value) - 0.5f;
      right[i] = mixture.below(value, logistic_curve());
    }
    for (Isa isa : isas()) {
      std::vector<int64_t> masses(PixelKernels::kThresholds);
      pixel_kernels(isa).masses(mixture.weights.data(), mixture.centres.data(), mixture.inverses.data(),
                                kMixtureComponents, logistic_curve().pieces(), edges.data(), masses.data());
      expect_same(masses, right, isa);
    }
  }
}

TEST(PixelKernels, SystemsAreSolvedTheSameEverywhere) {
  std::mt19937 random(6);
  constexpr int kLanes = PixelKernels::kFitLanes;
  for (int n : {2, 5, 14, 15, 16, 41, 46, 48}) {
    const size_t size = size_t(n);
    std::vector<double> first(size * size * kLanes, 1.0);
    std::vector<std::vector<double>> solutions(kLanes, std::vector<double>(size - 1));
    for (size_t lane = 0; lane < kLanes; ++lane) {
      // Equations that a solution solves exactly, but for the ridge.
      std::vector<std::vector<double>> rows(4 * size, std::vector<double>(size));
      for (double& w : solutions[lane]) w = double(random() % 201) / 100 - 1;
      for (auto& row : rows) {
        row[size - 1] = 0;
        for (size_t i = 0; i + 1 < size; ++i) {
          row[i] = double(random() % 201) - 100;
          row[size - 1] += row[i] * solutions[lane][i];
        }
      }
      for (size_t i = 0; i < size; ++i)
        for (size_t j = 0; j <= i; ++j) {
          double sum = i == j ? 1e-6 : 0.0;
          for (const auto& row : rows) sum += row[i] * row[j];
          first[(i * size + j) * kLanes + lane] = sum;
        }
    }
    std::vector<double> right = first;
    pixel_kernels(Isa::kScalar).solve(right.data(), n, 0.0);
    for (size_t lane = 0; lane < kLanes; ++lane)
      for (size_t i = 0; i + 1 < size; ++i)
        EXPECT_NEAR(right[((size - 1) * size + i) * kLanes + lane], solutions[lane][i], 1e-6);
    for (Isa isa : isas()) {
      std::vector<double> a = first;
      pixel_kernels(isa).solve(a.data(), n, 0.0);
      expect_same(a, right, isa);
      // A least pivot above all of them: the solution is nearly nothing.
      std::vector<double> held = first, base_held = first;
      pixel_kernels(isa).solve(held.data(), n, 1e12);
      pixel_kernels(Isa::kScalar).solve(base_held.data(), n, 1e12);
      expect_same(held, base_held, isa);
      for (size_t i = 0; i + 1 < size; ++i) EXPECT_LT(std::abs(held[((size - 1) * size + i) * kLanes]), 1e-2);
    }
  }
}

TEST(PixelKernels, CovariancesDecayTheSameEverywhere) {
  std::mt19937 random(7);
  constexpr size_t kWide = PixelKernels::kWideColumns, kLine = PixelKernels::kLineColumns;
  for (Isa isa : isas()) {
    std::vector<int32_t> wide(PixelKernels::kWideCell), line(PixelKernels::kLineCell), right = wide, right_line = line;
    for (int round = 0; round < 40; ++round) {
      const auto columns = integers(random, PixelKernels::kWideSamples * kWide, -255, 255);
      auto sample = integers(random, 2 * kLine, -255, 255);
      for (size_t i = 0; i < kLine; ++i) sample[2 * i + 1] = 0;
      size_t place = 0;
      for (size_t i = 0; i < kWide; ++i)
        for (size_t j = 0; j < 8 * (i / 8 + 1); ++j, ++place) {
          int32_t sum = 0;
          for (size_t s = 0; s < size_t(PixelKernels::kWideSamples); ++s) {
            const int16_t* pair = columns.data() + s / 2 * 2 * kWide + s % 2;
            sum += pair[2 * i] * pair[2 * j];
          }
          right[place] += 64 * sum - (right[place] >> 3);
        }
      for (size_t i = 0; i < kLine; ++i)
        for (size_t j = 0; j < 8 * (i / 8 + 1); ++j)
          right_line[i * kLine + j] += 256 * sample[2 * i] * sample[2 * j] - (right_line[i * kLine + j] >> 6);
      pixel_kernels(isa).learn_block(columns.data(), wide.data());
      pixel_kernels(isa).learn_sample(sample.data(), line.data());
    }
    expect_same(wide, right, isa);
    expect_same(line, right_line, isa);
    const std::vector<int32_t> other(wide.rbegin(), wide.rend());
    const int32_t* cells[] = {wide.data(), other.data(), wide.data()};
    std::vector<int32_t> out(wide.size());
    pixel_kernels(isa).add_cells(cells, 3, out.data());
    for (size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], 2 * wide[i] + other[i]);
  }
}

TEST(PixelKernels, HistogramsGiveTheirOdds) {
  std::mt19937 random(8);
  constexpr size_t kCount = 16, kSize = PixelKernels::kHistogram;
  for (Isa isa : isas()) {
    const PixelKernels kernels = pixel_kernels(isa);
    std::vector<uint16_t> sums((kCount + 1) * kSize);
    std::vector<std::vector<int>> bins(kCount, std::vector<int>(256));
    std::vector<int32_t> histograms(kCount), firsts(kCount), totals(kCount);
    for (size_t h = 0; h < kCount; ++h) {
      histograms[h] = int32_t(h * kSize);
      firsts[h] = int32_t(random() % 256);
      totals[h] = int32_t(100 * h);
      for (size_t k = 0; k < 100 * h; ++k) {
        const auto bin = size_t(random() % (h % 2 == 0 ? 256 : 9));
        ++bins[h][bin];
        kernels.count_up(sums.data() + h * kSize, int(bin));
      }
      EXPECT_EQ(sums[h * kSize + 256], totals[h]);
    }
    for (const auto [low, middle, high] : {std::array{0, 128, 256}, {192, 224, 256}, {6, 7, 8}, {64, 96, 128}}) {
      std::vector<int32_t> below[3];
      for (size_t i = 0; i < 3; ++i) {
        below[i].resize(kCount);
        kernels.counts_below(sums.data(), histograms.data(), firsts.data(), totals.data(), int(kCount),
                             std::array{low, middle, high}[i], below[i].data());
      }
      std::vector<float> logits(kCount);
      kernels.log_odds(below[0].data(), below[1].data(), below[2].data(), int(kCount), logistic().stretch_table(),
                       logits.data());
      for (size_t h = 0; h < kCount; ++h) {
        int lower = 0, upper = 0;
        for (int v = low; v < high; ++v) (v < middle ? lower : upper) += bins[h][size_t((v + firsts[h]) & 255)];
        EXPECT_EQ(below[1][h] - below[0][h], lower);
        EXPECT_EQ(below[2][h] - below[1][h], upper);
        const float probability = (float(upper) + 0.4f) / (float(lower + upper) + 0.8f);
        EXPECT_EQ(logits[h], logistic().stretch(uint32_t(probability * 65535.0f))) << isa_name(isa) << " " << h;
      }
    }
  }
}

}  // namespace
}  // namespace lmc
