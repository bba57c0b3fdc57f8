// Sound files through the whole pipeline: alone, in a tar archive, damaged.
#include <gtest/gtest.h>

#include "lmc/base/bytes_test_support.h"
#include "lmc/codecs/audio.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {
namespace {

Bytes wav(size_t frames, int channels = 2, uint32_t declared_more = 0, ByteSpan tail = {}) {
  Bytes out;
  const auto data = uint32_t(frames * size_t(channels) * 2);
  append_bytes(out, as_bytes("RIFF"));
  append_le<uint32_t>(out, 36 + data + uint32_t(tail.size()));
  append_bytes(out, as_bytes("WAVEfmt "));
  append_le<uint32_t>(out, 16);
  append_le<uint16_t>(out, 1);
  append_le<uint16_t>(out, uint16_t(channels));
  append_le<uint32_t>(out, 8000);
  append_le<uint32_t>(out, uint32_t(16000 * channels));
  append_le<uint16_t>(out, uint16_t(2 * channels));
  append_le<uint16_t>(out, 16);
  append_bytes(out, as_bytes("data"));
  append_le<uint32_t>(out, data + declared_more);
  uint32_t random = 1;
  for (size_t t = 0; t < frames; ++t)
    for (int c = 0; c < channels; ++c) {
      random = random * 1664525 + 1013904223;
      const auto phase = int32_t(t * 37 % 2000) - 1000;
      append_le<uint16_t>(out, uint16_t(phase * (1000 - std::abs(phase)) / 50 + 900 * c + int32_t(random >> 27)));
    }
  append_bytes(out, tail);
  return out;
}

Bytes packed(ByteSpan raw, int level, int threads = 1) {
  CompressOptions options;
  options.level = level;
  options.threads = threads;
  MemorySource source(raw);
  MemorySink sink;
  EXPECT_TRUE(compress(source, sink, options).ok());
  return sink.bytes;
}

Result<Bytes> unpacked(ByteSpan file, const DecompressOptions& options = {}) {
  MemorySource source(file);
  MemorySink sink;
  const auto stats = decompress(source, sink, options);
  if (!stats.ok()) return stats.error();
  return sink.bytes;
}

void expect_round_trip(const Bytes& raw, int level, size_t most_bytes) {
  const Bytes file = packed(raw, level);
  EXPECT_LT(file.size(), most_bytes);
  const auto back = unpacked(file);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, raw);
  EXPECT_EQ(packed(raw, level, 3), file);
}

TEST(Sounds, AtAllLevels) {
  const Bytes raw = wav(2000);
  for (int level = 1; level <= 9; ++level) expect_round_trip(raw, level, raw.size() / 2);
}

TEST(Sounds, WithOtherSizesThanTheySay) {
  for (uint32_t more : {1u, 1000u, 0x7fff0000u}) {
    const Bytes raw = wav(2001, 2, more, Bytes{1, 2, 3});
    expect_round_trip(raw, 1, raw.size() * 2 / 3);
  }
}

TEST(Sounds, OfSeveralSegments) {
  const Bytes raw = wav(140000, 8);
  expect_round_trip(raw, 1, raw.size() / 2);
}

TEST(Sounds, InsideOtherData) {
  const Bytes sound = wav(4000);
  Bytes raw(5000, 'a');
  append_bytes(raw, sound);
  append_bytes(raw, Bytes(3000, 'b'));
  expect_round_trip(raw, 1, sound.size() / 2);
}

TEST(Sounds, AreDescribed) {
  const auto block = encode_audio(wav(12000), level_row(1), {});
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(describe_audio(block->payload), "WAV 8000 Hz, 2 channels of 16 bits, 1.5 s");
  EXPECT_EQ(describe_audio(ByteSpan(block->payload).first(3)), "");
}

TEST(Sounds, NothingIsTakenOnTheWordOfAFile) {
  const Bytes raw = wav(40000);
  const auto refused = unpacked(packed(raw, 1), {.memory_limit_bytes = 100000});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().family, ErrorFamily::kEnvironment);
}

TEST(Sounds, DamageIsHarmless) {
  const Bytes raw = wav(40);
  const auto block = encode_audio(raw, level_row(5), {});
  ASSERT_TRUE(block.ok());
  const Bytes& payload = block->payload;
  const auto expect_honest = [&](ByteSpan changed) {
    const auto out = decode_audio(changed, raw.size(), {});
    if (out.ok())
      EXPECT_EQ(out->size(), raw.size());
    else
      EXPECT_EQ(out.error().family, ErrorFamily::kBadInput) << out.error().message;
  };
  for (size_t size = 0; size < payload.size(); ++size) expect_honest(ByteSpan(payload).first(size));
  for (size_t bit = 0; bit < 8 * payload.size(); ++bit) {
    Bytes changed = payload;
    changed[bit / 8] ^= uint8_t(1 << (bit % 8));
    expect_honest(changed);
  }
  for (size_t raw_bytes : {size_t(0), raw.size() - 1, raw.size() + 1, size_t(1) << 30})
    EXPECT_FALSE(decode_audio(payload, raw_bytes, {}).ok());
}

}  // namespace
}  // namespace lmc
