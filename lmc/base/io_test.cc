#include "lmc/base/io.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace lmc {
namespace {

TEST(Io, WriteReadAndMapGiveTheSameBytes) {
  const std::string path = testing::TempDir() + "/io_test.bin";
  for (size_t size : {size_t(0), size_t(1), size_t(65536), size_t(100001)}) {
    Bytes data(size);
    for (size_t i = 0; i < size; ++i) data[i] = uint8_t(i * i);
    ASSERT_TRUE(write_file(path, data).ok());
    EXPECT_EQ(*read_file(path), data);
    auto mapped = MappedFile::open(path);
    ASSERT_TRUE(mapped.ok());
    EXPECT_TRUE(std::equal(data.begin(), data.end(), mapped->bytes().begin(), mapped->bytes().end()));
  }
}

TEST(Io, FailureNamesThePathAndLeavesNothing) {
  auto missing = read_file("/nonexistent/file");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("/nonexistent/file"), std::string::npos);
  EXPECT_EQ(missing.error().family, ErrorFamily::kEnvironment);
  EXPECT_FALSE(write_file("/nonexistent/file", Bytes{1}).ok());
  EXPECT_FALSE(MappedFile::open("/tmp").ok());
}

}  // namespace
}  // namespace lmc
