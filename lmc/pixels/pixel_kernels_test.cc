// Every instruction set's kernels give the bits of the base ones, and these what their comments say.
#include "lmc/pixels/pixel_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "lmc/numerics/isa_test_support.h"
#include "lmc/pixels/logistic_mixture.h"

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
  for (const auto [rows, columns, peak, zeros_of] : {std::array{16, 16, 127, 1},
                                                     {16, 48, 2047, 1},
                                                     {128, 48, 2047, 1},
                                                     {128, 128, 127, 4},
                                                     {144, 144, 127, 9},
                                                     {80, 272, 127, 30},
                                                     {16, 4096, 127, 2},
                                                     {128, 128, 0, 1}}) {
    const auto a = integers(random, size_t(columns), -peak, peak, zeros_of);
    const auto weights = integers(random, size_t(rows) * size_t(columns), -128, 127);
    std::vector<int32_t> right(size_t(rows), 0);
    for (size_t k = 0; k < size_t(columns); ++k)
      for (size_t o = 0; o < size_t(rows); ++o) right[o] += a[k] * weights[2 * (k / 2 * size_t(rows) + o) + k % 2];
    for (Isa isa : isas()) {
      std::vector<int32_t> sums(size_t(rows), -1);
      pixel_kernels(isa).product(a.data(), columns, weights.data(), rows, sums.data());
      expect_same(sums, right, isa);
    }
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
  const PixelKernels base = pixel_kernels_base();
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
    const PixelKernels base = pixel_kernels_base();
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

}  // namespace
}  // namespace lmc
