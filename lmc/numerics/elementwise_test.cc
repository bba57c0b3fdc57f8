#include "lmc/numerics/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace lmc {
namespace {

template <typename T>
void expect_same(const std::vector<T>& a, const std::vector<T>& b, const char* what) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(T)), 0) << what;
}

std::vector<float> random_floats(std::mt19937& random, size_t n, float spread) {
  std::normal_distribution<float> normal(0.0f, spread);
  std::vector<float> x(n);
  for (float& value : x) value = random() % 50 == 0 ? 0.0f : normal(random) * (random() % 20 == 0 ? 30.0f : 1.0f);
  return x;
}

std::vector<int32_t> random_ints(std::mt19937& random, size_t n) {
  std::vector<int32_t> x(n);
  for (int32_t& value : x) value = int32_t(random()) >> (random() % 24);
  return x;
}

class ElementwiseIsa : public testing::TestWithParam<Isa> {
  void SetUp() override {
    if (!isa_available(GetParam())) GTEST_SKIP() << isa_name(GetParam()) << " is not on this machine";
  }

 protected:
  const Elementwise& one = elementwise(Isa::kScalar);
  const Elementwise& two = elementwise(GetParam());
};

constexpr int kSizes[] = {1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 100, 256, 1000, 1024};

TEST_P(ElementwiseIsa, RowsAreTheSame) {
  std::mt19937 random(5);
  for (int n : kSizes) {
    const size_t size = size_t(n);
    for (float spread : {1e-20f, 1e-3f, 1.0f, 1e15f}) {
      const auto x = random_floats(random, size, spread);
      const float peak = one.peak(x.data(), n);
      ASSERT_EQ(peak, two.peak(x.data(), n));
      if (peak == 0) continue;
      std::vector<float> a(size), b(size);
      std::vector<int8_t> a8(size), b8(size), c8(size), d8(size);
      one.quantise8(x.data(), n, kPeak8 / peak, a8.data());
      two.quantise8(x.data(), n, kPeak8 / peak, b8.data());
      expect_same(a8, b8, "quantise8");
      std::vector<int16_t> a16(size), b16(size);
      one.quantise16(x.data(), n, kPeak16 / peak, a16.data());
      two.quantise16(x.data(), n, kPeak16 / peak, b16.data());
      expect_same(a16, b16, "quantise16");
      for (int i = 0; i < n; ++i) EXPECT_LE(std::abs(a16[size_t(i)]), 32512);
      EXPECT_EQ(one.sum(x.data(), n, kPeak16 / peak), two.sum(x.data(), n, kPeak16 / peak));
      EXPECT_EQ(one.sum_squares(x.data(), n, kPeak16 / peak), two.sum_squares(x.data(), n, kPeak16 / peak));
      one.split(a16.data(), n, a8.data(), c8.data());
      two.split(a16.data(), n, b8.data(), d8.data());
      expect_same(a8, b8, "split high");
      expect_same(c8, d8, "split low");
      for (size_t i = 0; i < size; ++i) ASSERT_EQ(a8[i] * 256 + c8[i], a16[i]);
      auto r = x, s = x;
      if (spread < 1e10f) {
        one.relu2(r.data(), n), two.relu2(s.data(), n);
        expect_same(r, s, "relu2");
      }
      r = s = x;
      const auto gate = random_floats(random, size, 3.0f);
      one.swiglu(r.data(), gate.data(), n), two.swiglu(s.data(), gate.data(), n);
      expect_same(r, s, "swiglu");
      r = s = x;
      one.geglu(r.data(), gate.data(), n), two.geglu(s.data(), gate.data(), n);
      expect_same(r, s, "geglu");
      r = s = x;
      one.gelu(r.data(), n), two.gelu(s.data(), n);
      expect_same(r, s, "gelu");
      r = s = x;
      one.quick_gelu(r.data(), n), two.quick_gelu(s.data(), n);
      expect_same(r, s, "quick_gelu");
      r = s = x;
      one.gain(r.data(), gate.data(), n), two.gain(s.data(), gate.data(), n);
      expect_same(r, s, "gain");
      one.add(r.data(), gate.data(), n), two.add(s.data(), gate.data(), n);
      expect_same(r, s, "add");
      one.add_gained(r.data(), x.data(), gate.data(), 0.3f, n);
      two.add_gained(s.data(), x.data(), gate.data(), 0.3f, n);
      expect_same(r, s, "add_gained");
      one.subtract(x.data(), 0.7f, n, r.data()), two.subtract(x.data(), 0.7f, n, s.data());
      expect_same(r, s, "subtract");
      one.affine(x.data(), gate.data(), 0.3f, r.data(), n, a.data());
      two.affine(x.data(), gate.data(), 0.3f, s.data(), n, b.data());
      expect_same(a, b, "affine");
      one.multiply(x.data(), gate.data(), n, r.data()), two.multiply(x.data(), gate.data(), n, s.data());
      expect_same(r, s, "multiply");
      one.widen(a8.data(), n, peak, r.data()), two.widen(a8.data(), n, peak, s.data());
      expect_same(r, s, "widen");
    }
    const auto sums = random_ints(random, size), low = random_ints(random, size);
    const auto scales = random_floats(random, size, 0.01f);
    for (const int32_t* l : {static_cast<const int32_t*>(nullptr), low.data()}) {
      auto r = random_floats(random, size, 1.0f), s = r;
      one.scale_add(sums.data(), l, n, 0.37f, scales.data(), r.data());
      two.scale_add(sums.data(), l, n, 0.37f, scales.data(), s.data());
      expect_same(r, s, "scale_add");
      one.scale(sums.data(), l, n, 0.37f, scales.data(), r.data());
      two.scale(sums.data(), l, n, 0.37f, scales.data(), s.data());
      expect_same(r, s, "scale");
    }
    std::vector<float> r(size), s(size);
    one.attention_output(sums.data(), low.data(), n, 0.1f, r.data());
    two.attention_output(sums.data(), low.data(), n, 0.1f, s.data());
    expect_same(r, s, "attention_output");
  }
}

TEST(Elementwise, GeluIsTheFormWithTanh) {
  for (float x = -20.0f; x < 20.0f; x += 0.01f) {
    const double z = std::sqrt(2.0 / M_PI) * (double(x) + 0.044715 * std::pow(double(x), 3));
    const double wanted = 0.5 * double(x) * (1.0 + std::tanh(z));
    float one = x, other = 2.0f;
    elementwise(Isa::kScalar).gelu(&one, 1);
    elementwise(Isa::kScalar).geglu(&other, &x, 1);
    EXPECT_NEAR(double(one), wanted, 2e-6 * std::max(1.0, std::fabs(double(x)))) << x;
    EXPECT_EQ(other, 2.0f * one);
  }
  float huge[2] = {0x1p60f, -0x1p60f};
  elementwise(Isa::kScalar).gelu(huge, 2);
  EXPECT_EQ(huge[0], 0x1p60f);
  EXPECT_LE(std::fabs(huge[1]), 0x1p-39f);
}

TEST(Elementwise, QuickGeluIsTheFormWithTheLogisticFunction) {
  for (float x = -20.0f; x < 20.0f; x += 0.01f) {
    float one = x;
    elementwise(Isa::kScalar).quick_gelu(&one, 1);
    const double wanted = double(x) / (1.0 + std::exp(-1.702 * double(x)));
    EXPECT_NEAR(double(one), wanted, 2e-6 * std::max(1.0, std::fabs(double(x)))) << x;
  }
}

TEST_P(ElementwiseIsa, RotationsAreTheSameAndRight) {
  for (int dim : {8, 64, 80, 128}) {
    const int half = dim / 2;
    std::vector<uint64_t> frequencies(static_cast<size_t>(half));
    rotary_frequencies(10000.0, dim, frequencies.data());
    for (uint64_t position : {0ull, 1ull, 7ull, 1000ull, 123456ull, 4194304ull, 1ull << 40}) {
      std::vector<float> c1(static_cast<size_t>(half)), s1(c1), c2(c1), s2(c1);
      one.rotations(position, frequencies.data(), half, c1.data(), s1.data());
      two.rotations(position, frequencies.data(), half, c2.data(), s2.data());
      expect_same(c1, c2, "cosines");
      expect_same(s1, s2, "sines");
      if (position > 4194304) continue;
      for (int i = 0; i < half; ++i) {
        const long double angle = (long double)(position)*std::pow(10000.0L, -2.0L * i / dim);
        EXPECT_NEAR(c1[size_t(i)], double(std::cos(angle)), 3e-7 + 2e-15 * double(position)) << position << " " << i;
        EXPECT_NEAR(s1[size_t(i)], double(std::sin(angle)), 3e-7 + 2e-15 * double(position)) << position << " " << i;
      }
    }
    std::mt19937 random(6);
    std::vector<float> c(static_cast<size_t>(half)), s(c);
    one.rotations(12345, frequencies.data(), half, c.data(), s.data());
    auto x = random_floats(random, size_t(dim), 1.0f), y = x;
    one.rotate(x.data(), half, c.data(), s.data());
    two.rotate(y.data(), half, c.data(), s.data());
    expect_same(x, y, "rotate");
  }
}

TEST_P(ElementwiseIsa, AttentionWeightsAreTheSameAndRight) {
  std::mt19937 random(7);
  for (int n : {1, 2, 15, 16, 17, 128, 300, 512}) {
    const size_t n16 = size_t(n + 15) / 16 * 16;
    std::vector<int32_t> dots(n16);
    for (int32_t& dot : dots) dot = int32_t(random() % 400000) - 200000;
    auto k_scales = random_floats(random, n16, 0.01f), v_scales = random_floats(random, n16, 0.01f);
    for (float& v : k_scales) v = std::fabs(v);
    for (float& v : v_scales) v = std::fabs(v) + 1e-4f;
    AttentionScores scores{dots.data(), k_scales.data(), v_scales.data(), 0.003f, n, 20};
    std::vector<float> work(n16);
    std::vector<int8_t> h1(n16), l1(n16), h2(n16), l2(n16);
    const float f1 = one.attention_weights(scores, work.data(), h1.data(), l1.data());
    const float f2 = two.attention_weights(scores, work.data(), h2.data(), l2.data());
    EXPECT_EQ(f1, f2);
    expect_same(h1, h2, "weights, high");
    expect_same(l1, l2, "weights, low");
    double top = -1e300, sum = 0;
    std::vector<double> logits(static_cast<size_t>(n));
    for (size_t j = 0; j < size_t(n); ++j) {
      logits[j] = double(dots[j]) * 0.003 * k_scales[j];
      top = std::max(top, logits[j]);
    }
    for (double logit : logits) sum += std::exp(logit - top);
    double peak = 0;
    for (size_t j = 0; j < size_t(n); ++j) peak = std::max(peak, std::exp(logits[j] - top) / sum * v_scales[j]);
    for (size_t j = 0; j < size_t(n); ++j)
      EXPECT_NEAR((h1[j] * 256 + l1[j]) * double(f1), std::exp(logits[j] - top) / sum * v_scales[j], peak * 5e-5);
    for (size_t j = size_t(n); j < n16; ++j) EXPECT_EQ(h1[j] * 256 + l1[j], 0);
    std::fill(v_scales.begin(), v_scales.end(), 0.0f);
    EXPECT_EQ(two.attention_weights(scores, work.data(), h2.data(), l2.data()), 0.0f);
  }
}

TEST_P(ElementwiseIsa, CumulativesAreTheSameAndRight) {
  std::mt19937 random(8);
  for (int n : {1, 15, 16, 17, 129, 1000, 8191, 50000, 262144}) {
    for (float spread : {0.0f, 0.01f, 3.0f, 200.0f}) {
      const size_t n16 = size_t(n + 15) / 16 * 16;
      auto logits = random_floats(random, n16, spread);
      for (size_t v = size_t(n); v < n16; ++v) logits[v] = -1e30f;
      std::vector<uint32_t> work(n16), a(size_t(n) + 1), b(size_t(n) + 1);
      one.cumulative(logits.data(), n, work.data(), a.data());
      two.cumulative(logits.data(), n, work.data(), b.data());
      expect_same(a, b, "cumulative");
      double sum = 0;
      float top = -1e30f;
      for (float logit : logits) top = std::max(top, logit);
      for (float logit : logits) sum += std::exp(double(logit) - double(top));
      EXPECT_EQ(a[0], 0u);
      for (size_t v = 0; v < size_t(n); ++v) {
        ASSERT_GT(a[v + 1], a[v]);
        const double probability = double(a[v + 1] - a[v]) / double(a[size_t(n)]);
        EXPECT_NEAR(probability, std::exp(double(logits[v]) - top) / sum,
                    (3 + n * probability) / 0x1p28 + 1e-6 * probability);
      }
      std::vector<uint32_t> list1(size_t(n) + 1), list2(list1);
      const int found = one.above(a.data(), n, a[size_t(n)] / 1000, list1.data());
      EXPECT_EQ(found, two.above(a.data(), n, a[size_t(n)] / 1000, list2.data()));
      list1.resize(size_t(found)), list2.resize(size_t(found));
      expect_same(list1, list2, "above");
    }
  }
}

TEST_P(ElementwiseIsa, LearningIsTheSame) {
  std::mt19937 random(9);
  for (int n : kSizes) {
    auto a = random_floats(random, size_t(n), 40.0f), b = a;
    std::vector<int16_t> values(static_cast<size_t>(n));
    std::vector<int8_t> q1(values.size()), q2(values.size());
    for (int round = 0; round < 20; ++round) {
      for (int16_t& value : values) value = int16_t(random() % 255 - 127);
      one.learn(a.data(), values.data(), n, 0.01f * float(round), q1.data());
      two.learn(b.data(), values.data(), n, 0.01f * float(round), q2.data());
      expect_same(a, b, "master");
      expect_same(q1, q2, "row");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, ElementwiseIsa, testing::ValuesIn(std::vector(all_isas().begin(), all_isas().end())),
                         [](const auto& info) { return isa_name(info.param); });

}  // namespace
}  // namespace lmc
