// Sound files through the whole pipeline: alone, in a tar archive, damaged.
#include <gtest/gtest.h>

#include <bit>
#include <fstream>

#include "lmc/base/bytes_test_support.h"
#include "lmc/codecs/audio.h"
#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/flac/flac_frame.h"
#include "lmc/pipeline/read_sound.h"
#include "lmc/pipeline/round_trip_test_support.h"
#include "lmc/pipeline/tar_test_support.h"

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

Bytes sound_file(const std::string& name) {
  std::ifstream in(std::string(LMC_AUDIO_TESTDATA) + "/" + name, std::ios::binary);
  return Bytes{std::istreambuf_iterator<char>(in), {}};
}
Bytes flac_file(const std::string& name) { return sound_file(name + ".flac"); }

// A WAV file of binary32: those of 16 bits, each times a factor.
Bytes float_wav(float factor) {
  const Bytes integers = wav(3000, 1);
  Bytes out(integers.begin(), integers.begin() + 44);
  out[20] = 3, out[32] = out[34] = 4, out[34] = 32;
  for (size_t i = 44; i < integers.size(); i += 2) {
    const auto value = float(int16_t(integers[i] | integers[i + 1] << 8)) * factor;
    append_le(out, std::bit_cast<uint32_t>(value));
  }
  const auto size = uint32_t(out.size() - 44);
  for (size_t i = 0; i < 4; ++i) out[40 + i] = uint8_t(size >> (8 * i));
  return out;
}

TEST(Sounds, OfFloatingPointNumbers) {
  const Bytes integers = wav(3000, 1);
  const size_t bytes = packed(integers, 5).size();
  expect_round_trip(float_wav(1.0f / 32768), 5, bytes + 30);
  expect_round_trip(float_wav(1.0f / 30011), 5, bytes + 3000 * 2);
  Bytes odd = float_wav(1.0f);
  append_le<uint32_t>(odd, 0x7fc00000);  // not a number
  odd[40] = uint8_t(odd[40] + 4);
  expect_round_trip(odd, 1, odd.size());
}

Bytes as_wav(const Bytes& raw) {
  auto out = read_sound_as_wav(packed(raw, 1), {}, {});
  EXPECT_TRUE(out.ok()) << out.error().message;
  return out.ok() ? *out : Bytes();
}

TEST(Sounds, AsWav) {
  const Bytes raw = wav(3000);
  EXPECT_EQ(as_wav(raw), raw);
  const Bytes numbers = float_wav(1.0f / 30011);
  const Bytes again = as_wav(numbers);
  const auto layout = read_sound_layout(again);
  ASSERT_TRUE(layout.ok() && layout->form.is_float);
  EXPECT_TRUE(std::equal(numbers.begin() + 44, numbers.end(), again.begin() + ptrdiff_t(layout->begin)));
  for (const char* name : {"8-bits", "24-bits", "six-channels", "thirds"}) {
    const Bytes file = flac_file(name);
    const auto flac = read_sound_layout(file);
    const Bytes plain = as_wav(file);
    const auto sound = read_sound_layout(plain);
    ASSERT_TRUE(flac.ok() && sound.ok());
    EXPECT_EQ(sound->frames, flac->frames);
    EXPECT_EQ(sound->rate, flac->rate);
    std::vector<int32_t> samples(sound->frames * size_t(sound->channels));
    read_samples(sound->form, ByteSpan(plain).subspan(sound->begin, sound->end() - sound->begin), samples);
    EXPECT_EQ(samples, read_flac_samples(file, *flac).value()) << name;
  }
  EXPECT_FALSE(read_sound_as_wav(packed(Bytes(100, 'a'), 1), {}, {}).ok());
}

// Samples of a WAV file with the usual header.
Bytes samples_in(const Result<Bytes>& file) {
  EXPECT_TRUE(file.ok()) << file.error().message;
  return file.ok() ? Bytes(file->begin() + 44, file->end()) : Bytes();
}

TEST(Sounds, APartAsWav) {
  const Bytes raw = wav(1400000, 1);  // a frame has 2 bytes, a second 8000 frames
  Bytes file = packed(raw, 1, 2);
  const auto wanted = [&](size_t first, size_t count) {
    return Bytes(raw.begin() + ptrdiff_t(44 + 2 * first), raw.begin() + ptrdiff_t(44 + 2 * (first + count)));
  };
  const auto half = raw.size() / 4;  // in frames: the border of two blocks
  EXPECT_EQ(samples_in(read_sound_as_wav(file, SoundPart{5, 3}, {})), wanted(5, 3));
  EXPECT_EQ(samples_in(read_sound_as_wav(file, SoundPart{half - 100, 200}, {})), wanted(half - 100, 200));
  EXPECT_EQ(samples_in(read_sound_as_wav(file, SoundPart{1399990, 1000}, {})), wanted(1399990, 10));
  EXPECT_EQ(samples_in(read_sound_as_wav(file, SoundPart{1500, 250, 1000}, {})), wanted(12000, 2000));
  EXPECT_FALSE(read_sound_as_wav(file, SoundPart{1400000, 1}, {}).ok());
  const auto far = read_sound_as_wav(file, SoundPart{UINT64_MAX, UINT64_MAX, 1}, {});
  EXPECT_FALSE(far.ok());
  const Bytes flac = flac_file("thirds");
  const auto all = read_sound_as_wav(packed(flac, 1), {}, {});
  const Bytes part = samples_in(read_sound_as_wav(packed(flac, 1), SoundPart{100, 50}, {}));
  const Bytes whole = samples_in(all);
  const auto layout = read_sound_layout(flac);
  ASSERT_TRUE(layout.ok());
  ASSERT_EQ(part.size(), 50 * layout->frame_bytes());
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + ptrdiff_t(100 * layout->frame_bytes())));
  // Damage elsewhere does not matter: only one block is decoded.
  file[file.size() * 3 / 4] ^= 1;
  EXPECT_EQ(samples_in(read_sound_as_wav(file, SoundPart{1000, 40}, {})), wanted(1000, 40));
  EXPECT_FALSE(read_sound_as_wav(file, SoundPart{half + 1000, 40}, {}).ok());
}

// Each chunk of a long file is a block: what is damaged becomes silence, all else comes back.
TEST(Sounds, DamageOfALongFileCostsOneChunk) {
  const Bytes raw = wav(1400000, 1);
  const Bytes file = packed(raw, 1, 2);
  EXPECT_LT(file.size(), raw.size() / 2);
  ASSERT_EQ(unpacked(file, {.threads = 2}).value(), raw);
  Bytes changed = file;
  changed[file.size() / 4] ^= 1;
  EXPECT_FALSE(unpacked(changed).ok());
  MemorySink sink;
  const auto report = salvage(changed, sink, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->damage.size(), 1u);
  const size_t half = 44 + 1400000;
  ASSERT_EQ(sink.bytes.size(), raw.size());
  EXPECT_TRUE(std::equal(raw.begin() + half, raw.end(), sink.bytes.begin() + half));
  EXPECT_EQ(std::ranges::count(std::span(sink.bytes).first(half), 0), ptrdiff_t(half));
  const auto part = read_range(file, half - 10, 20, {});
  ASSERT_TRUE(part.ok());
  EXPECT_TRUE(std::ranges::equal(*part, std::span(raw).subspan(half - 10, 20)));
}

// In 8 bits of a WAV file silence is 128.
TEST(Sounds, LostChunksOf8BitsAreSilence) {
  constexpr size_t kFrames = 1300000;
  Bytes raw = wav(kFrames / 2, 1);
  raw[32] = 1, raw[34] = 8;
  for (size_t i = 44; i < raw.size(); ++i) raw[i] = uint8_t(128 + i / 16 % 16 - i / 256 % 16);
  const Bytes file = packed(raw, 1);
  const size_t half = 44 + kFrames / 2;
  for (size_t place : {size_t(60), file.size() * 3 / 4}) {
    Bytes changed = file;
    changed[place] ^= 1;
    MemorySink sink;
    const auto report = salvage(changed, sink, {});
    ASSERT_TRUE(report.ok());
    ASSERT_EQ(sink.bytes.size(), raw.size());
    const auto [lost, kept] = place == 60 ? std::pair{size_t(0), half} : std::pair{half, size_t(0)};
    EXPECT_TRUE(std::equal(raw.begin() + ptrdiff_t(kept), raw.begin() + ptrdiff_t(kept + half - 44),
                           sink.bytes.begin() + ptrdiff_t(kept)));
    EXPECT_EQ(std::ranges::count(std::span(sink.bytes).subspan(lost, half - 44), 0x80), ptrdiff_t(half - 44));
  }
}

TEST(Sounds, FlacFilesAtAllLevels) {
  for (const char* name : {"8-bits", "24-bits", "six-channels", "thirds", "ffmpeg"})
    for (int level : {1, 5, 9}) {
      const Bytes raw = flac_file(name);
      ASSERT_GT(raw.size(), 500u);
      expect_round_trip(raw, level, raw.size());
    }
}

TEST(Sounds, FlacInOggAtAllLevels) {
  for (const char* name : {"libogg.oga", "ffmpeg.oga"})
    for (int level : {1, 5, 9}) {
      const Bytes raw = sound_file(name);
      ASSERT_GT(raw.size(), 10000u);
      expect_round_trip(raw, level, raw.size() * 19 / 20);
    }
  Bytes inside(5000, 'a');
  const Bytes sound = sound_file("libogg.oga");
  append_bytes(inside, sound);
  append_bytes(inside, Bytes(3000, 'b'));
  expect_round_trip(inside, 5, sound.size());
}

TEST(Sounds, FlacFilesInsideOtherData) {
  const Bytes sound = flac_file("thirds");
  Bytes raw(5000, 'a');
  append_bytes(raw, sound);
  append_bytes(raw, Bytes(3000, 'b'));
  expect_round_trip(raw, 5, sound.size());
}

TEST(Sounds, FlacFilesInsideArchives) {
  Bytes raw;
  size_t bytes = 0;
  for (const char* name : {"thirds", "ffmpeg", "unused-bits"}) {
    const Bytes file = flac_file(name);
    bytes += file.size();
    add_tar_file(raw, name, file);
  }
  raw.resize(raw.size() + 1024);
  expect_round_trip(raw, 5, bytes);
}

TEST(Sounds, PicturesInFlacFiles) {
  std::ifstream in(std::string(LMC_JPEG_TESTDATA) + "/baseline_420.jpg", std::ios::binary);
  const Bytes picture{std::istreambuf_iterator<char>(in), {}};
  ASSERT_GT(picture.size(), 900u);
  const Bytes plain = flac_file("thirds");
  Bytes raw(plain.begin(), plain.begin() + 42);
  append_bytes(raw, Bytes{6, 0, uint8_t(picture.size() >> 8), uint8_t(picture.size())});  // not all that belongs there
  append_bytes(raw, picture);
  raw.insert(raw.end(), plain.begin() + 42, plain.end());
  const size_t more = packed(raw, 5).size() - packed(plain, 5).size();
  EXPECT_LT(more, picture.size() * 95 / 100);
  expect_round_trip(raw, 5, raw.size());
}

TEST(Sounds, FlacFilesWithBytesBehind) {
  Bytes raw = flac_file("thirds");
  append_bytes(raw, as_bytes("TAG of somebody"));
  const auto block = encode_audio(raw, level_row(5), {});
  ASSERT_TRUE(block.ok()) << block.error().message;
  EXPECT_EQ(describe_audio(block->payload), "FLAC 44100 Hz, 2 channels of 16 bits, 0.0 s");
  const auto back = decode_audio(block->payload, raw.size(), {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, raw);
}

TEST(Sounds, WhyAFlacFileIsKeptIsTold) {
  Bytes raw = flac_file("thirds");
  raw[raw.size() - 100] ^= 1;
  std::string told;
  BlockResources resources;
  resources.note = [&](const std::string& why) { told = why; };
  const auto block = encode_audio(raw, level_row(1), resources);
  ASSERT_TRUE(block.ok()) << block.error().message;
  EXPECT_NE(told.find("kept as they are"), std::string::npos) << told;
  EXPECT_NE(told.find("wrong checksum"), std::string::npos) << told;
  EXPECT_EQ(decode_audio(block->payload, raw.size(), {}).value(), raw);
}

TEST(Sounds, NothingIsTakenOnTheWordOfAFile) {
  const Bytes raw = wav(40000);
  const auto refused = unpacked(packed(raw, 1), {.memory_limit_bytes = 100000});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().family, ErrorFamily::kEnvironment);
}

void expect_damage_is_harmless(const Bytes& raw) {
  const auto block = encode_audio(raw, level_row(5), {});
  ASSERT_TRUE(block.ok()) << block.error().message;
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
  for (size_t raw_bytes : {size_t(0), raw.size() - 1, raw.size() + 1})
    EXPECT_FALSE(decode_audio(payload, raw_bytes, {}).ok());
}

TEST(Sounds, DamageIsHarmless) {
  const Bytes raw = wav(40);
  expect_damage_is_harmless(raw);
  EXPECT_FALSE(decode_audio(encode_audio(raw, level_row(5), {}).value().payload, size_t(1) << 30, {}).ok());
}

TEST(Sounds, DamageOfFlacFilesIsHarmless) {
  // A frame of few samples, as each bit costs a decoding.
  const FlacShape shape{1, 16};
  Bytes raw = {'f', 'L', 'a', 'C', 0x80, 0, 0, 34};
  raw.resize(42);
  raw[18] = 0x0a, raw[19] = 0xc4, raw[20] = 0x40, raw[21] = 0xf0;
  for (uint64_t number = 0; number < 2; ++number) {
    FlacFrame frame;
    frame.header = {.block_code = usual_block_code(40), .rate_code = 9, .size_code = 4, .number = number, .block = 40};
    FlacSubframe& subframe = frame.subframes[0];
    subframe.kind = FlacKind::kLinear;
    subframe.order = 2, subframe.precision = 12, subframe.shift = 10;
    subframe.coefficients[0] = 2000, subframe.coefficients[1] = -1000;
    subframe.parameters = {14};
    FlacSignals signals, residuals;
    for (int t = 0; t < 40; ++t) signals[0].push_back((t * (40 - t) - 200) * 10 + t * t % 7);
    flac_residual(subframe, signals[0], residuals[0]);
    ASSERT_TRUE(write_flac_frame(frame, shape, signals, residuals, 10000, raw).ok());
  }
  expect_damage_is_harmless(raw);
}

}  // namespace
}  // namespace lmc
