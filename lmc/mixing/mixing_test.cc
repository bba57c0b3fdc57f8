#include "lmc/mixing/mixing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace lmc {
namespace {

const std::string kText =
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it "
    "was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Dark.";

double code_bits(MixingModel& mixing, ByteSpan data) {
  double bits = 0;
  for (uint8_t byte : data) {
    uint32_t known = 1;
    for (int shift = 7; shift >= 0; --shift) {
      const int bit = (byte >> shift) & 1;
      const uint32_t p1 = mixing.predict_bit(0, known, 0.0f);
      bits -= std::log2((bit ? p1 : 65536 - p1) / 65536.0);
      mixing.update_bit(bit);
      known = known << 1 | uint32_t(bit);
    }
    mixing.append_byte(0, byte);
  }
  return bits;
}

TEST(Mixing, ProbabilitiesStayInRangeWhateverComes) {
  std::mt19937 random(3);
  MixingModel mixing({.tokens = true, .streams = 3, .size_bytes = 100}, Isa::kScalar);
  for (int i = 0; i < 20000; ++i) {
    const uint32_t stream = random() % 3;
    const float lm = i % 7 == 0 ? 60.0f : i % 7 == 1 ? -60.0f : float(int(random() % 200) - 100) * 0.1f;
    if (random() % 3 == 0) {
      const uint32_t p = mixing.predict_end(stream, random() % 8192, lm);
      ASSERT_TRUE(p >= 1 && p <= 65535);
      mixing.update_end(int(random() & 1));
    } else {
      const uint32_t p = mixing.predict_bit(stream, 1 + random() % 255, lm);
      ASSERT_TRUE(p >= 1 && p <= 65535);
      mixing.update_bit(int(random() & 1));
    }
    if (random() % 4 == 0) mixing.append_byte(stream, uint8_t(random()));
    if (random() % 9 == 0) mixing.end_token(stream, random() % 8192);
  }
}

TEST(Mixing, APriorLearntOnTextMakesTextCheaperAndRoundTrips) {
  MixingModel teacher({.size_bytes = kText.size()}, best_isa());
  const double cold = code_bits(teacher, as_bytes(kText));
  const Bytes prior = teacher.save_prior();
  MixingModel pupil({.size_bytes = kText.size()}, best_isa());
  ASSERT_TRUE(pupil.load_prior(prior).ok());
  EXPECT_EQ(pupil.save_prior(), prior);
  EXPECT_LT(code_bits(pupil, as_bytes(kText)), cold * 0.98);
}

TEST(Mixing, ABadPriorIsRefused) {
  MixingModel mixing({.tokens = true, .size_bytes = 0}, Isa::kScalar);
  Bytes prior = mixing.save_prior();
  EXPECT_TRUE(mixing.load_prior(prior).ok());
  EXPECT_FALSE(mixing.load_prior(ByteSpan(prior).first(prior.size() - 2)).ok());
  prior[1] = 0x7f;  // the first weight becomes NaN
  prior[0] = 0xff;
  const Status status = mixing.load_prior(prior);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().family, ErrorFamily::kBadInput);
}

}  // namespace
}  // namespace lmc
