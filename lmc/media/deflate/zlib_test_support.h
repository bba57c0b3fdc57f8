// zlib itself, for tests only: streams with any settings, and data of several kinds to put into them.
#ifndef LMC_MEDIA_DEFLATE_ZLIB_TEST_SUPPORT_H_
#define LMC_MEDIA_DEFLATE_ZLIB_TEST_SUPPORT_H_

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>

#include "lmc/media/image/media_test_support.h"

namespace lmc {

struct ZlibSettings {
  int level = 6, window_bits = 15, memory = 8, strategy = Z_DEFAULT_STRATEGY;
  size_t feed_bytes = SIZE_MAX;  // input of one call
  int flush = Z_NO_FLUSH;        // after each but the last
};

inline Bytes zlib_stream(ByteSpan data, const ZlibSettings& settings = {}) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, settings.level, Z_DEFLATED, settings.window_bits, settings.memory, settings.strategy),
            Z_OK);
  Bytes out(compressBound(uLong(data.size())) + 64 + data.size() / 4);
  z.next_out = out.data();
  z.avail_out = uInt(out.size());
  for (size_t done = 0;;) {
    const size_t part = std::min(settings.feed_bytes, data.size() - done);
    z.next_in = const_cast<uint8_t*>(data.data()) + done;
    z.avail_in = uInt(part);
    done += part;
    const int result = deflate(&z, done == data.size() ? Z_FINISH : settings.flush);
    if (done == data.size()) {
      EXPECT_EQ(result, Z_STREAM_END);
      break;
    }
  }
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

// zlib-ng and others under zlib's name make other choices: what they write is kept, but at a cost.
inline bool zlib_is_the_original() { return std::strchr(zlibVersion(), '-') == nullptr; }

// Text of a kind, with matches of all lengths and distances.
inline Bytes wordy_bytes(size_t size, uint32_t seed) {
  std::minstd_rand random(seed);
  std::vector<Bytes> words;
  for (uint32_t i = 0; i < 400; ++i) words.push_back(random_bytes(1 + random() % 12, i + 1));
  Bytes bytes;
  while (bytes.size() < size) append_bytes(bytes, words[random() % (1 + random() % words.size())]);
  bytes.resize(size);
  return bytes;
}

// Waves with a little noise, as filtered rows are.
inline Bytes wavy_bytes(size_t size, uint32_t seed) {
  std::minstd_rand random(seed);
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = uint8_t(i / 7 % 11 + random() % 3);
  return bytes;
}

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_ZLIB_TEST_SUPPORT_H_
