#include "lmc/coding/gap_list.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

TEST(GapList, SaysWhichItemsDiffer) {
  for (const std::vector<int>& items : {std::vector<int>{}, {-1}, {7}, {-1, -1, 3, 4, -1}, {5, -1, -1, 6}}) {
    GapListWriter writer;
    for (int item : items) {
      if (item < 0)
        writer.right();
      else
        writer.wrong().push_back(uint8_t(item));
    }
    Bytes out;
    writer.append_to(out);
    out.push_back(99);
    ByteReader side(out);
    auto list = GapByteReader::create(side);
    ASSERT_TRUE(list.ok());
    EXPECT_EQ(side.remaining(), 1u);
    for (int item : items) {
      const auto found = list->next();
      EXPECT_EQ(found ? int(*found) : -1, item);
    }
    EXPECT_TRUE(list->is_done());
  }
}

TEST(GapList, RefusesToBeCutShort) {
  GapListWriter writer;
  for (int i = 0; i < 300; ++i) writer.right();
  writer.wrong().push_back(1);
  writer.wrong().push_back(2);
  Bytes out;
  writer.append_to(out);
  for (size_t size = 0; size < out.size(); ++size) {
    ByteReader side(ByteSpan(out).first(size));
    EXPECT_FALSE(GapByteReader::create(side).ok());
  }
}

}  // namespace
}  // namespace lmc
