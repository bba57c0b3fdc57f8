#include "lmc/coding/arithmetic_coder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace lmc {
namespace {

struct Decision {
  int bit;
  uint32_t p1;
};

std::vector<Decision> decisions(size_t count, uint32_t seed, bool honest) {
  std::mt19937 random(seed);
  std::vector<Decision> out(count);
  for (Decision& d : out) {
    const uint32_t shape = random() % 4;
    d.p1 = shape == 0 ? 1 : shape == 1 ? 65535 : 1 + random() % 65535;
    d.bit = honest ? (random() & 65535) < d.p1 : int(random() & 1);
  }
  return out;
}

TEST(ArithmeticCoder, EveryLengthComesBack) {
  for (size_t count = 0; count < 300; ++count) {
    for (bool honest : {true, false}) {
      const auto sent = decisions(count, uint32_t(count), honest);
      Bytes out{0xAA};  // what stood there before stays
      ArithmeticEncoder encoder(out);
      for (const Decision& d : sent) encoder.code(d.bit, d.p1);
      encoder.finish();
      ASSERT_EQ(out[0], 0xAA);
      ArithmeticDecoder decoder(ByteSpan(out).subspan(1));
      for (const Decision& d : sent) ASSERT_EQ(decoder.code(0, d.p1), d.bit);
    }
  }
}

TEST(ArithmeticCoder, CostIsTheEntropyPlusAFewBytes) {
  const auto sent = decisions(200000, 7, true);
  double ideal_bits = 0;
  Bytes out;
  ArithmeticEncoder encoder(out);
  for (const Decision& d : sent) {
    ideal_bits -= std::log2((d.bit ? d.p1 : 65536 - d.p1) / 65536.0);
    encoder.code(d.bit, d.p1);
  }
  encoder.finish();
  EXPECT_LT(double(out.size()), ideal_bits / 8 * 1.0005 + 8);
}

TEST(ArithmeticCoder, DecoderOfRandomBytesNeverReadsPastTheEnd) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    Bytes noise(static_cast<size_t>(round));
    for (uint8_t& byte : noise) byte = uint8_t(random());
    ArithmeticDecoder decoder(noise);
    for (int i = 0; i < 2000; ++i) decoder.code(0, 1 + random() % 65535);
  }
}

}  // namespace
}  // namespace lmc
