#include "lmc/mixing/deep_mixing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "lmc/mixing/byte_structure.h"
#include "lmc/mixing/mixing.h"

namespace lmc {
namespace {

Bytes log_lines(int count) {
  std::mt19937 random(6);
  std::string out;
  for (int i = 0; i < count; ++i)
    out += "2026-11-24 09:" + std::to_string(10 + i / 60) + ":" + std::to_string(10 + i % 50) + " INFO worker-" +
           std::to_string(random() % 4) + " request id=" + std::to_string(40960 + i) + " took " +
           std::to_string(random() % 900) + " ms\n";
  return Bytes(out.begin(), out.end());
}

Bytes any_bytes(size_t size) {
  std::mt19937 random(8);
  Bytes out(size);
  for (uint8_t& c : out) c = random() % 4 ? uint8_t(",\"{<0 \nE9"[random() % 9]) : uint8_t(random());
  return out;
}

// Every probability that was coded, and the bits that the bytes cost.
struct Outcome {
  std::vector<uint32_t> probabilities;
  double bits = 0;
};

Outcome code_by(auto&& mixing, const Bytes& raw) {
  Outcome out;
  for (uint8_t byte : raw) {
    for (uint32_t known = 1, shift = 8; shift-- > 0;) {
      const int bit = byte >> shift & 1;
      const uint32_t p = mixing.predict_bit(known);
      out.probabilities.push_back(p);
      out.bits -= std::log2((bit ? p : 65536 - p) / 65536.0);
      mixing.update_bit(bit);
      known = known << 1 | uint32_t(bit);
    }
    mixing.append_byte(byte);
  }
  EXPECT_EQ(mixing.history(), raw);
  return out;
}
Outcome code(const Bytes& raw, Isa isa) { return code_by(DeepMixing(raw.size(), isa), raw); }

TEST(DeepMixing, GivesTheSameProbabilitiesOnEveryInstructionSet) {
  for (const Bytes& raw : {log_lines(60), any_bytes(3000)}) {
    const Outcome scalar = code(raw, Isa::kScalar);
    for (Isa isa : all_isas())
      if (isa_available(isa)) EXPECT_EQ(code(raw, isa).probabilities, scalar.probabilities) << isa_name(isa);
    for (uint32_t p : scalar.probabilities) ASSERT_TRUE(p >= 1 && p <= 65535);
  }
}

TEST(DeepMixing, MakesLogsSmallerThanFastMixing) {
  const Bytes raw = log_lines(800);
  MixingModel fast({.size_bytes = raw.size()}, best_isa());
  double fast_bits = 0;
  for (uint8_t byte : raw) {
    for (uint32_t known = 1, shift = 8; shift-- > 0;) {
      const int bit = byte >> shift & 1;
      const uint32_t p = fast.predict_bit(0, known, 0.0f);
      fast_bits -= std::log2((bit ? p : 65536 - p) / 65536.0);
      fast.update_bit(bit);
      known = known << 1 | uint32_t(bit);
    }
    fast.append_byte(0, byte);
  }
  EXPECT_LT(code(raw, best_isa()).bits, fast_bits * 0.92);
}

TEST(DeepMixing, EveryPartChangesWhatIsCoded) {
  Bytes raw = log_lines(100);
  for (int i = 0; i < 500; ++i) append_bytes(raw, Bytes{1, 2, 3, uint8_t(i), uint8_t(i >> 8), 9, uint8_t(i * i)});
  const Outcome everything = code(raw, best_isa());
  for (uint32_t part = 1; part <= kDeepRecords; part *= 2)
    EXPECT_NE(code_by(AblatedDeepMixing(raw.size(), best_isa(), part), raw).probabilities, everything.probabilities)
        << part;
}

void append(auto& to, const std::string& text) {
  for (char c : text) to.append(uint8_t(c));
}

TEST(ByteStructure, ExpectsTheNextNumberOfALineWithItsZeros) {
  Numbers numbers;
  append(numbers, "id 007 x\nid 008 x\nid 009 x\nid ");
  std::string expected;
  for (const char c : std::string("010")) {
    expected += char(numbers.expected());
    numbers.append(uint8_t(c));
  }
  EXPECT_EQ(expected, "010");
  EXPECT_EQ(numbers.expected(), -1);
}

TEST(ByteStructure, FindsTheFieldAbove) {
  Fields fields;
  uint32_t size = 0;
  for (char c : std::string("ab,cde,f\nab,cde,f\ngh,i")) fields.append(uint8_t(c), ++size, -1);
  EXPECT_EQ(fields.delimiter, ',');
  EXPECT_EQ(fields.index, 1u);
  EXPECT_EQ(fields.begin, 21u);
  EXPECT_EQ(fields.above(), 12u);
}

TEST(ByteStructure, FindsTheLengthOfRecordsAndForgetsIt) {
  Records records;
  uint32_t last_two = 0, size = 0;
  const auto append_byte = [&](uint8_t byte) {
    last_two = (last_two << 8 | byte) & 0xffff;
    records.append(last_two, ++size);
  };
  for (uint32_t i = 0; i < 300; ++i)
    for (uint32_t value : {7u, 8u, i, i >> 8, 0u, i * i, 5u, 6u, 4u, i * 3, 1u, 2u, 3u}) append_byte(uint8_t(value));
  EXPECT_EQ(records.length, 13u);
  for (uint32_t i = 0; i < 20000; ++i) append_byte(uint8_t(i * i * 2654435761u >> 13));
  EXPECT_EQ(records.length, 0u);
}

TEST(ByteStructure, KnowsTheKeyAndTheBracketAround) {
  Nesting a, b;
  append(a, "{\"name\":[1,2,{\"x\":");
  append(b, "{\"name\":[7,{\"y\":0},{\"x\":");
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.innermost(), b.innermost());
  append(b, "1}");
  EXPECT_NE(a.innermost(), b.innermost());
}

}  // namespace
}  // namespace lmc
