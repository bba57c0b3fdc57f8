#include "lmc/base/stream.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace lmc {
namespace {

TEST(Stream, ReadUpToStopsAtTheLimitAndAtTheEnd) {
  Bytes data((size_t(1) << 20) + 1);
  for (size_t i = 0; i < data.size(); ++i) data[i] = uint8_t(i * 31);
  for (size_t limit : {size_t(0), size_t(1), size_t(1) << 20, data.size(), data.size() + 1}) {
    MemorySource source(data);
    const auto out = read_up_to(source, limit);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(*out, Bytes(data.begin(), data.begin() + long(std::min(limit, data.size()))));
  }
}

TEST(Stream, DescriptorsCarryBytesThroughAPipeAndNameTheirErrors) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  DescriptorSink sink(ends[1], "pipe");
  ASSERT_TRUE(sink.write(as_bytes("surprise")).ok());
  ::close(ends[1]);
  DescriptorSource source(ends[0], "pipe");
  Bytes out(100);
  EXPECT_EQ(*source.read(out), 8u);
  ::close(ends[0]);
  const auto closed = source.read(out);
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().message.rfind("pipe: cannot read", 0), 0u);
}

}  // namespace
}  // namespace lmc
