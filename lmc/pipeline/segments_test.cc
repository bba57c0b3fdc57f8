#include "lmc/pipeline/segments.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace lmc {
namespace {

void add_text(Bytes& out, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out.push_back(uint8_t(' ' + i * 7 % 90));
}
void add_noise(Bytes& out, size_t bytes) {
  std::mt19937 random(9);
  for (size_t i = 0; i < bytes; ++i) out.push_back(uint8_t(random()));
}

TEST(Segments, CutsWhereTextBecomesData) {
  Bytes raw;
  add_text(raw, 100000);
  add_noise(raw, 100000);
  add_text(raw, 200000);
  const auto sizes = segment_sizes(raw);
  ASSERT_EQ(sizes.size(), 3u);
  EXPECT_NEAR(double(sizes[0]), 100000, 1024);
  EXPECT_NEAR(double(sizes[1]), 100000, 2048);
  EXPECT_EQ(sizes[0] % 1024 + sizes[1] % 1024, 0u);
}

TEST(Segments, ShortStretchesAreNotCutOff) {
  Bytes raw;
  add_noise(raw, 20000);
  add_text(raw, 100000);
  add_noise(raw, 40000);
  add_text(raw, 100000);
  EXPECT_EQ(segment_sizes(raw), (std::vector<size_t>{260000}));
}

TEST(Segments, CoverEverythingWhateverComes) {
  std::mt19937 random(4);
  EXPECT_TRUE(segment_sizes({}).empty());
  for (int round = 0; round < 50; ++round) {
    Bytes raw;
    for (uint32_t parts = 1 + random() % 9; parts > 0; --parts)
      random() % 2 ? add_text(raw, random() % 200000) : add_noise(raw, random() % 200000);
    const auto sizes = segment_sizes(raw);
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), size_t(0)), raw.size());
    for (size_t size : sizes) EXPECT_TRUE(size >= kSmallestSegment / 2 || sizes.size() == 1) << size;
  }
}

}  // namespace
}  // namespace lmc
