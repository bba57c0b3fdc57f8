#include "lmc/samples/audio/segment.h"

#include <gtest/gtest.h>

#include <random>

#include "lmc/numerics/isa_test_support.h"

namespace lmc {
namespace {

using Samples = std::vector<int32_t>;

// A slow wave with a little noise, one phase a channel.
Samples wave(const SoundShape& shape, size_t frames, double loudness = 0.4) {
  std::mt19937 random(7);
  const double peak = double(int64_t(1) << (shape.bits - 1)) * loudness;
  Samples out;
  double at = 0, speed = 0.05;
  for (size_t t = 0; t < frames; ++t) {
    at += speed;
    speed += (double(random() % 1000) - 499.5) * 1e-6;
    for (int c = 0; c < shape.channels; ++c) {
      // A parabola in place of a sine: no library function that may round differently.
      double phase = at + 0.3 * c;
      phase = phase - double(int64_t(phase));
      out.push_back(int32_t(peak * (8 * phase * (1 - phase) - 1) + double(random() % 16)));
    }
  }
  return out;
}

size_t round_trip(const SoundShape& shape, const Samples& samples, Isa isa = best_isa()) {
  const Bytes coded = encode_segment(shape, samples, isa);
  Samples back(samples.size());
  const Status status = decode_segment(shape, coded, back, isa);
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(back, samples);
  return coded.size();
}

constexpr SampleEffort kEfforts[] = {SampleEffort::kFast, SampleEffort::kUsual, SampleEffort::kBest};

TEST(SoundSegment, AllShapes) {
  for (SampleEffort effort : kEfforts)
    for (int channels : {1, 2, 3, 6, 8})
      for (int bits : {8, 16, 24, 32}) {
        const SoundShape shape{channels, bits, effort};
        for (size_t frames : {0, 1, 2, 300}) round_trip(shape, wave(shape, frames));
      }
}

// What no prediction helps costs no more than its bits, also if only a channel or a time of it is such.
TEST(SoundSegment, NoiseCostsItsBits) {
  constexpr size_t kFrames = 16384;
  std::mt19937 random(11);
  const auto loud = [&] { return int32_t(random() >> 16) - 32768; };
  for (SampleEffort effort : kEfforts) {
    const SoundShape shape{2, 16, effort};
    Samples same, partly;
    for (size_t i = 0; i < kFrames; ++i) {
      const int32_t value = loud();
      same.insert(same.end(), {value, -1 - value});
      partly.insert(partly.end(), {0, i / 8192 % 2 == 0 ? loud() : 0});
    }
    EXPECT_LT(round_trip(shape, same), kFrames * 2 + kFrames / 64);
    EXPECT_LT(round_trip(shape, partly), kFrames + kFrames / 4);
  }
}

TEST(SoundSegment, Extremes) {
  std::mt19937 random(3);
  for (SampleEffort effort : kEfforts)
    for (int bits : {8, 16, 32}) {
      const SoundShape shape{2, bits, effort};
      const int32_t most = int32_t((int64_t(1) << (bits - 1)) - 1), least = -most - 1;
      Samples square, noise, silence_then_noise, alternating;
      for (int i = 0; i < 2000; ++i) {
        square.push_back(i / 100 % 2 == 0 ? most : least);
        noise.push_back(int32_t(random()) >> (32 - bits));
        silence_then_noise.push_back(i < 1500 ? 0 : noise.back());
        alternating.push_back(i / 2 % 2 == 0 ? most : least);
      }
      for (const Samples& samples : {square, noise, silence_then_noise, alternating}) round_trip(shape, samples);
    }
}

TEST(SoundSegment, NoiseHardlyGrows) {
  std::mt19937 random(5);
  Samples noise;
  for (int i = 0; i < 20000; ++i) noise.push_back(int16_t(random()));
  EXPECT_LT(round_trip({1, 16, SampleEffort::kUsual}, noise), 40000u * 102 / 100);
}

TEST(SoundSegment, FindsWhatIsSimple) {
  const SoundShape mono{1, 16, SampleEffort::kUsual}, stereo{2, 16, SampleEffort::kUsual};
  const Samples once = wave(mono, 3000);
  const size_t size = round_trip(mono, once);
  Samples twice, beside_silence, shifted;
  for (int32_t sample : once) {
    twice.insert(twice.end(), {sample, sample});
    beside_silence.insert(beside_silence.end(), {77, sample});
    shifted.push_back(sample / 16 * 16);
  }
  EXPECT_LE(round_trip(stereo, twice), size + 2);
  EXPECT_LE(round_trip(stereo, beside_silence), size + 8);
  EXPECT_LT(round_trip(mono, shifted), size * 2 / 3);
  EXPECT_LE(round_trip(stereo, Samples(60000, 0)), 8u);
}

TEST(SoundSegment, SameBytesOnAllInstructionSets) {
  for (SampleEffort effort : kEfforts)
    for (int channels : {1, 2}) {
      const SoundShape shape{channels, 16, effort};
      const Samples samples = wave(shape, 1500);
      const Bytes expected = encode_segment(shape, samples, Isa::kScalar);
      for (Isa isa : all_isas()) {
        if (!isa_available(isa)) continue;
        EXPECT_EQ(encode_segment(shape, samples, isa), expected) << isa_name(isa);
      }
    }
}

TEST(SoundSegment, DamageIsHarmless) {
  const SoundShape shape{2, 16, SampleEffort::kUsual};
  const Bytes coded = encode_segment(shape, wave(shape, 60), best_isa());
  Samples out(120);
  for (size_t size = 0; size <= coded.size(); ++size)
    (void)decode_segment(shape, ByteSpan(coded).first(size), out, best_isa()).ok();
  for (size_t bit = 0; bit < 8 * coded.size(); ++bit) {
    Bytes changed = coded;
    changed[bit / 8] ^= uint8_t(1 << (bit % 8));
    if (!decode_segment(shape, changed, out, best_isa()).ok()) continue;
    for (int32_t sample : out) ASSERT_TRUE(sample >= -32768 && sample <= 32767);
  }
}

TEST(SoundSegment, RefusesImpossibleForms) {
  const SoundShape shape{1, 16, SampleEffort::kUsual};
  Samples out(4);
  for (const Bytes& payload : {Bytes{}, Bytes{0x80}, Bytes{16, 0, 0}, Bytes{0, 0xff}, Bytes{0, 0, 0x80, 0x80, 4},
                               Bytes{0, 0x80, 0x80, 4, 0}, Bytes{15, 4, 0}}) {
    const Status status = decode_segment(shape, payload, out, best_isa());
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().family, ErrorFamily::kBadInput);
  }
}

}  // namespace
}  // namespace lmc
