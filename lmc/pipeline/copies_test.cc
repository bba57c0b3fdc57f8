#include "lmc/pipeline/copies.h"

#include <gtest/gtest.h>

#include "lmc/base/bytes_test_support.h"
#include "lmc/codecs/grouped.h"
#include "lmc/pipeline/encode_block.h"

namespace lmc {
namespace {

using Copies = std::vector<Copy>;

TEST(Copies, NoneInLittleOrInNoise) {
  for (size_t size : {size_t(0), size_t(1), kShortestCopy, kShortestCopy + 1, size_t(300000)})
    EXPECT_EQ(find_copies(noise(size, 1)), Copies{}) << size;
}

TEST(Copies, RunsFromTheShortestOn) {
  const Bytes before = noise(5001, 1), after = noise(5000, 2);
  const auto with_run = [&](size_t run) { return find_copies(joined({before, Bytes(run, before.back()), after})); };
  EXPECT_EQ(with_run(kShortestRun - 1), Copies{});
  for (size_t run : {kShortestRun, kShortestRun + 1, size_t(1000000)})
    EXPECT_EQ(with_run(run), (Copies{{5001, run, 1}})) << run;
  EXPECT_EQ(find_copies(Bytes(1 << 20, 0)), (Copies{{1, (1 << 20) - 1, 1}}));
}

TEST(Copies, RepeatsFromTheShortestOnWhereverTheyStand) {
  for (size_t shift : {0, 1, 2047, 2048, 3000}) {
    const Bytes first = noise(shift, 3), repeated = noise(kShortestCopy, 4), between = noise(7777, 5);
    const Bytes raw = joined({first, repeated, between, repeated, noise(100, 6)});
    EXPECT_EQ(find_copies(raw), (Copies{{shift + kShortestCopy + 7777, kShortestCopy, kShortestCopy + 7777}})) << shift;
  }
}

TEST(Copies, PatternsOverlapTheirSource) {
  Bytes raw;
  for (size_t i = 0; i < 100000; ++i) raw.push_back(uint8_t(i % 300 % 251));
  const Copies copies = find_copies(raw);
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].distance % 300, 0u);
  EXPECT_GT(copies[0].bytes, 90000u);
}

TEST(Copies, ManyRunsThatAreTooShortTakeNoLongTime) {
  Bytes raw;
  for (size_t i = 0; raw.size() < 3000000; ++i) {
    append_bytes(raw, Bytes(kShortestCopy - 1, 0));
    append_bytes(raw, noise(3, unsigned(i)));
  }
  for (const Copy& copy : find_copies(raw)) EXPECT_GE(copy.bytes, kShortestCopy);
}

TEST(Copies, FilesAreNotCut) {
  const Copies copies = {{1000, 50000, 7}, {60000, 9000, 900}};
  EXPECT_EQ(copies_outside(copies, {}), copies);
  EXPECT_EQ(copies_outside(copies, {{0, 2000}, {20000, 100}, {22000, 1000}, {50000, 15000}}),
            (Copies{{2000, 18000, 7}, {23000, 27000, 7}}));  // what is left of the second is too short
  EXPECT_EQ(copies_outside(copies, {{0, 100000}}), Copies{});
  EXPECT_TRUE(is_copied(copies, {1000, 50000}));
  EXPECT_FALSE(is_copied(copies, {999, 100}));
  EXPECT_FALSE(is_copied(copies, {60000, 9001}));
}

// A block of parts comes back, with one copy at least, and in few bytes.
void expect_copied(const Bytes& raw, size_t most_bytes) {
  const EncodedBlock block = *encode_block(raw, level_row(1), {});
  ASSERT_EQ(block.codec, kGrouped);
  EXPECT_EQ(block.payload[0], 1);
  EXPECT_LT(block.payload.size(), most_bytes);
  const auto back = decode_block(block.codec, block.payload, raw.size(), {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, raw);
}

TEST(Copies, BlocksComeBack) {
  expect_copied(Bytes(1 << 20, 0), 20);
  expect_copied(Bytes(40000, 'a'), 20);
  const Bytes some = noise(100000, 7), little = noise(5000, 8);
  expect_copied(joined({some, some}), 100100);
  expect_copied(joined({little, little}), 5100);
  expect_copied(joined({little, Bytes(4 << 20, 0), some, Bytes(30000, 0), little, some}), 105200);
}

// Cut, changed in any byte of the layout, of another size: an error, or bytes of the right number.
TEST(Copies, DamageIsFoundOrHarmless) {
  const Bytes raw = joined({noise(20, 1), Bytes(40, 0), noise(5, 2)});
  const Bytes content = joined({noise(20, 1), Bytes(1, 0), noise(5, 2)});
  const EncodedBlock block = encode_grouped({{kStored, content}}, {{0, 21}, {0, 39, 1}, {0, 5}});
  EXPECT_EQ(*decode_grouped(block.payload, raw.size(), {}), raw);
  EXPECT_FALSE(decode_grouped(block.payload, raw.size() + 1, {}).ok());
  EXPECT_FALSE(decode_grouped(block.payload, raw.size() - 1, {}).ok());
  for (size_t cut = 0; cut < block.payload.size(); ++cut)
    EXPECT_FALSE(decode_grouped(ByteSpan(block.payload).first(cut), raw.size(), {}).ok()) << cut;
  for (size_t byte = 0; byte < block.payload.size() - content.size(); ++byte)
    for (int value = 0; value < 256; ++value) {
      Bytes damaged = block.payload;
      damaged[byte] = uint8_t(value);
      const auto back = decode_grouped(damaged, raw.size(), {});
      if (back.ok()) EXPECT_EQ(back->size(), raw.size());
    }
  const EncodedBlock too_far = encode_grouped({{kStored, content}}, {{0, 21}, {0, 39, 22}, {0, 5}});
  EXPECT_FALSE(decode_grouped(too_far.payload, raw.size(), {}).ok());
}

}  // namespace
}  // namespace lmc
