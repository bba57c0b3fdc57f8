#include "lmc/media/audio/float_samples.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace lmc {
namespace {

std::vector<int32_t> bits_of(const std::vector<float>& numbers) {
  std::vector<int32_t> out;
  for (float number : numbers) out.push_back(std::bit_cast<int32_t>(number));
  return out;
}

// Gives the integers; what is kept beside them has at most so many bytes.
std::vector<int32_t> expect_same(const std::vector<float>& numbers, size_t most_bytes) {
  const std::vector<int32_t> bits = bits_of(numbers);
  std::vector<int32_t> integers = bits;
  const Bytes rest = split_floats(integers);
  EXPECT_LE(rest.size(), most_bytes);
  std::vector<int32_t> again = integers;
  const Status joined = join_floats(again, rest);
  EXPECT_TRUE(joined.ok());
  EXPECT_EQ(again, bits);
  return integers;
}

TEST(FloatSamples, IntegersTimesAPowerOfTwo) {
  EXPECT_EQ(expect_same({0.5f, -1.0f, 0.0f, 0.25f}, 1), (std::vector<int32_t>{2, -4, 0, 1}));
  std::vector<float> numbers;
  for (int i = -32768; i < 32768; i += 17) numbers.push_back(float(i) / 32768.0f);
  const auto integers = expect_same(numbers, 1);
  EXPECT_EQ(integers[0], -32768);
  for (float& number : numbers) number *= 0x1p-130f;  // some are below 2^-126
  expect_same(numbers, 1);
  expect_same({0.0f, 0.0f}, 1);
  expect_same({}, 1);
}

TEST(FloatSamples, NumbersOfAllSizes) {
  std::mt19937 random(1);
  std::vector<float> sound;
  for (int i = 0; i < 5000; ++i) sound.push_back(float(std::sin(i * 0.01) * 0.7 + double(random() % 1000) * 1e-7));
  const auto integers = expect_same(sound, 5000);
  for (size_t i = 0; i < sound.size(); ++i) ASSERT_EQ(integers[i], int32_t(sound[i] * 0x1p24f));
  std::vector<float> all = {0.0f, -0.0f, 1.0f, 0x1p-149f, -0x1p-127f, 0x1p127f, std::numeric_limits<float>::max()};
  expect_same(all, 100);
  for (int i = 0; i < 2000; ++i) {
    const auto number = std::bit_cast<float>(uint32_t(random()));
    if (std::isfinite(number)) all.push_back(number);
  }
  expect_same(all, 4 * all.size() + 100);
  all.push_back(std::numeric_limits<float>::infinity());
  all.push_back(-std::numeric_limits<float>::quiet_NaN());
  expect_same(all, 1);
}

TEST(FloatSamples, NothingIsTrusted) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int32_t> integers;
    for (int i = 0; i < 20; ++i) integers.push_back(int32_t(random()) >> random() % 32);
    Bytes rest;
    for (int i = int(random() % 12); i-- > 0;) rest.push_back(uint8_t(random()));
    if (!rest.empty() && round % 2) rest[0] = 254;
    const Status joined = join_floats(integers, rest);
    if (!joined.ok()) EXPECT_EQ(joined.error().family, ErrorFamily::kBadInput);
  }
}

}  // namespace
}  // namespace lmc
