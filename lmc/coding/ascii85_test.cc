#include "lmc/coding/ascii85.h"

#include <gtest/gtest.h>

#include "lmc/base/bytes_test_support.h"

namespace lmc {
namespace {

std::string text_of(ByteSpan bytes, size_t line_bytes = 0) {
  const Bytes text = encode_ascii85(bytes, line_bytes);
  return {text.begin(), text.end()};
}

TEST(Ascii85, KnownTexts) {
  EXPECT_EQ(text_of(as_bytes("Man is distinguished")), "9jqo^BlbD-BleB1DJ+*+F(f,q");
  EXPECT_EQ(text_of(as_bytes("Man is distinguished"), 10), "9jqo^BlbD-\nBleB1DJ+*+\nF(f,q");
  EXPECT_EQ(text_of(as_bytes("Man i")), "9jqo^B`");
  EXPECT_EQ(text_of(Bytes{0, 0, 0, 0, 255, 255, 255, 255, 0, 0}), "zs8W-!!!!");
  EXPECT_EQ(text_of({}), "");
}

TEST(Ascii85, EveryLengthComesBack) {
  for (size_t size = 0; size < 40; ++size) {
    for (const size_t line_bytes : {0, 1, 7, 1000}) {
      const Bytes bytes = noise(size, uint32_t(size));
      Bytes text = encode_ascii85(bytes, line_bytes);
      const size_t text_bytes = text.size();
      append_bytes(text, as_bytes("~>more"));
      const auto back = decode_ascii85(text, 100);
      ASSERT_TRUE(back) << size << " " << line_bytes;
      EXPECT_EQ(back->bytes, bytes);
      EXPECT_EQ(back->size_bytes, text_bytes);
    }
  }
}

TEST(Ascii85, WhatIsNotWrittenSoIsNone) {
  const auto is_some = [](std::string_view text) { return decode_ascii85(as_bytes(text), 20).has_value(); };
  EXPECT_TRUE(is_some("9jqo^~>"));
  EXPECT_FALSE(is_some("9jqo^"));
  EXPECT_FALSE(is_some("9jqo^~"));
  EXPECT_FALSE(is_some("9jqo^~~"));
  EXPECT_FALSE(is_some("9jq o^~>"));          // a blank
  EXPECT_FALSE(is_some("9jqo^B~>"));          // one character left
  EXPECT_FALSE(is_some("uuuuu~>"));           // more than four bytes hold
  EXPECT_FALSE(is_some("!!!!!~>"));           // zeros the long way
  EXPECT_FALSE(is_some("9jqo\n^9j\nqo^~>"));  // lines of several lengths
  EXPECT_FALSE(is_some("9jqo^\n~>"));         // an end of line at the end
  EXPECT_FALSE(is_some("zzzzzzzzzz~>"));      // more than 20 bytes
}

}  // namespace
}  // namespace lmc
