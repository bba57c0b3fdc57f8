// Long sound files cut into chunks while they are read.
#include <gtest/gtest.h>

#include "lmc/codecs/audio.h"
#include "lmc/media/audio/flac/flac_frame.h"

namespace lmc {
namespace {

constexpr size_t kWavHeader = 44;

// 8 bits, mono.
Bytes wav(size_t samples, uint32_t declared, ByteSpan tail = {}) {
  Bytes out;
  append_bytes(out, as_bytes("RIFF"));
  append_le<uint32_t>(out, declared == 0 ? 0xffffffff : 36 + declared);
  append_bytes(out, as_bytes("WAVEfmt "));
  append_le<uint32_t>(out, 16);
  for (uint16_t value : {1, 1}) append_le<uint16_t>(out, value);
  for (uint32_t value : {8000, 8000}) append_le<uint32_t>(out, value);
  for (uint16_t value : {1, 8}) append_le<uint16_t>(out, value);
  append_bytes(out, as_bytes("data"));
  append_le<uint32_t>(out, declared == 0 ? 0xffffffff : declared);
  out.resize(out.size() + samples, 128);
  append_bytes(out, tail);
  return out;
}

// Frames of 65536 equal samples.
Bytes flac(int frames, uint64_t declared) {
  const FlacShape shape{1, 16};
  Bytes out = {'f', 'L', 'a', 'C', 0x80, 0, 0, 34};
  out.resize(42);
  out[18] = 0x0a, out[19] = 0xc4, out[20] = 0x40, out[21] = 0xf0;
  for (size_t i = 0; i < 5; ++i) out[21 + i] |= uint8_t(declared >> (32 - 8 * i));
  for (int number = 0; number < frames; ++number) {
    FlacFrame frame;
    frame.header = {
        .block_code = 7, .rate_code = 9, .size_code = 4, .number = uint64_t(number), .block = uint32_t(kMostFlacBlock)};
    FlacSignals signals, residuals;
    signals[0].assign(kMostFlacBlock, number);
    EXPECT_TRUE(write_flac_frame(frame, shape, signals, residuals, 1 << 20, out).ok());
  }
  return out;
}

// The sizes of the chunks of a file that is read so many bytes at a time; each comes back from its code.
std::vector<size_t> chunks_of(ByteSpan file, size_t step, std::string* why = nullptr) {
  std::vector<size_t> sizes;
  const auto chunks = cut_sound(file.first(std::min<size_t>(file.size(), 64)));
  if (chunks == nullptr) return sizes;
  for (size_t begin = 0, there = 0; begin < file.size();) {
    const ByteSpan pending = file.subspan(begin, there);
    const bool at_end = begin + there == file.size();
    const size_t size = chunks->next(pending, at_end);
    if (why != nullptr) *why = chunks->why_over();
    if (size == 0 && at_end) break;
    if (size == 0) {
      there += std::min(step, file.size() - begin - there);
      continue;
    }
    const ByteSpan raw = pending.first(size);
    const auto coded = chunks->encoder()(raw, level_row(1), {});
    EXPECT_TRUE(coded.ok()) << coded.error().message;
    if (coded.ok()) {
      const auto back = decode_audio(coded->payload, raw.size(), {});
      EXPECT_TRUE(back.ok() && std::ranges::equal(*back, raw));
    }
    sizes.push_back(size);
    begin += size;
    there -= size;
  }
  return sizes;
}

using Sizes = std::vector<size_t>;

TEST(SoundChunks, OfAPlainFile) {
  constexpr size_t kSamples = 2500000;
  for (size_t step : {70001u, 5000000u}) {
    EXPECT_EQ(chunks_of(wav(kSamples, kSamples), step), (Sizes{kWavHeader + 833333, 833333, 833334}));
    EXPECT_EQ(chunks_of(wav(kSamples, kSamples, Bytes(100, 7)), step), (Sizes{kWavHeader + 833333, 833333, 833434}));
    // What is long behind the samples is not the codec's.
    EXPECT_EQ(chunks_of(wav(kSamples, kSamples, Bytes(100000, 7)), step), (Sizes{kWavHeader + 833333, 833333, 833334}));
  }
}

TEST(SoundChunks, OfAFileWithAnotherSizeThanItSays) {
  EXPECT_EQ(chunks_of(wav(1500000, 0), 300000), (Sizes{kWavHeader + (1 << 20), 1500000 - (1 << 20)}));
  EXPECT_EQ(chunks_of(wav(1500000, 3000000), 300000), (Sizes{kWavHeader + 1000000, 500000}));
  EXPECT_EQ(chunks_of(wav(500000, 3000000), 300000), (Sizes{kWavHeader + 500000}));
}

TEST(SoundChunks, ShortFilesAreNotCut) {
  EXPECT_EQ(chunks_of(wav(1 << 20, 1 << 20), 300000), Sizes{});
  EXPECT_EQ(cut_sound(as_bytes("RIFF")), nullptr);
}

TEST(SoundChunks, OfAFlacFile) {
  constexpr int kFrames = 40;
  for (size_t step : {11u, 5000u}) {
    const Bytes file = flac(kFrames, step < 100 ? 0 : uint64_t(kFrames) << 16);
    const Sizes sizes = chunks_of(file, step);
    EXPECT_EQ(sizes.size(), 3u);
    size_t sum = 0;
    for (size_t size : sizes) sum += size;
    EXPECT_EQ(sum, file.size());
  }
}

TEST(SoundChunks, ABrokenFrameEndsThem) {
  Bytes file = flac(40, uint64_t(40) << 16);
  const Sizes whole = chunks_of(file, 100);
  ASSERT_EQ(whole.size(), 3u);
  file[whole[0] + whole[1] / 2] ^= 1;
  file.resize(file.size() + 100000);
  std::string why;
  const Sizes sizes = chunks_of(file, 100, &why);
  EXPECT_NE(why.find("checksum"), std::string::npos) << why;
  ASSERT_EQ(sizes.size(), 2u);
  EXPECT_EQ(sizes[0], whole[0]);
  EXPECT_LT(sizes[1], whole[1]);
}

}  // namespace
}  // namespace lmc
