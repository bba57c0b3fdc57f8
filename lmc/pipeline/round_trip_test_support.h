// Whole inputs to files and back, in memory: for the tests of kinds of data.
#ifndef LMC_PIPELINE_ROUND_TRIP_TEST_SUPPORT_H_
#define LMC_PIPELINE_ROUND_TRIP_TEST_SUPPORT_H_

#include <gtest/gtest.h>

#include "lmc/pipeline/compress.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {

inline Bytes packed(ByteSpan raw, const CompressOptions& options) {
  MemorySource source(raw);
  MemorySink sink;
  EXPECT_TRUE(compress(source, sink, options).ok());
  return sink.bytes;
}
inline Bytes packed(ByteSpan raw, int level, int threads = 1) {
  CompressOptions options;
  options.level = level;
  options.threads = threads;
  return packed(raw, options);
}

inline Result<Bytes> unpacked(ByteSpan file, const DecompressOptions& options = {}) {
  MemorySource source(file);
  MemorySink sink;
  const auto stats = decompress(source, sink, options);
  if (!stats.ok()) return stats.error();
  return sink.bytes;
}

// It becomes less than most_bytes, the same with three threads, and comes back with one and with two.
inline void expect_round_trip(const Bytes& raw, int level, size_t most_bytes) {
  const Bytes file = packed(raw, level);
  EXPECT_LT(file.size(), most_bytes);
  for (const int threads : {1, 2}) {
    const auto back = unpacked(file, {.threads = threads});
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, raw);
  }
  EXPECT_EQ(packed(raw, level, 3), file);
}

}  // namespace lmc

#endif  // LMC_PIPELINE_ROUND_TRIP_TEST_SUPPORT_H_
