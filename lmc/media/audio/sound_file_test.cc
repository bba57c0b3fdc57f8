#include "lmc/media/audio/sound_file.h"

#include <gtest/gtest.h>

#include <random>

namespace lmc {
namespace {

void append_text(Bytes& out, std::string_view text) { append_bytes(out, as_bytes(text)); }

void append_be(Bytes& out, uint32_t value, int count) {
  for (int i = count; i-- > 0;) out.push_back(uint8_t(value >> (8 * i)));
}

Bytes noise(size_t size) {
  std::mt19937 random(unsigned(size) + 1);
  Bytes out(size);
  for (uint8_t& byte : out) byte = uint8_t(random());
  return out;
}

struct WavForm {
  int channels = 2, bits = 16, bytes = 2;
  bool is_extensible = false, has_list = false, is_long = false;
  std::optional<uint32_t> declared = std::nullopt;  // size of the data chunk; else the right one
  Bytes tail = {};
};

Bytes make_wav(const WavForm& form, ByteSpan data) {
  Bytes format;
  append_le<uint16_t>(format, form.is_extensible ? 0xfffe : 1);
  append_le<uint16_t>(format, uint16_t(form.channels));
  append_le<uint32_t>(format, 44100);
  append_le<uint32_t>(format, uint32_t(44100 * form.channels * form.bytes));
  append_le<uint16_t>(format, uint16_t(form.channels * form.bytes));
  append_le<uint16_t>(format, uint16_t(form.bits));
  if (form.is_extensible) {
    append_le<uint16_t>(format, 22);
    append_le<uint16_t>(format, uint16_t(form.bits));
    append_le<uint32_t>(format, 3);
    append_text(format, std::string_view("\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71", 16));
  }
  Bytes body;
  append_text(body, "WAVE");
  if (form.is_long) {
    append_text(body, "ds64");
    append_le<uint32_t>(body, 28);
    append_le<uint64_t>(body, 0);
    append_le<uint64_t>(body, data.size());
    body.resize(body.size() + 12);
  }
  if (form.has_list) {
    append_text(body, "LIST");
    append_le<uint32_t>(body, 5);
    append_text(body, std::string_view("INFOx\0", 6));  // padded
  }
  append_text(body, "fmt ");
  append_le<uint32_t>(body, uint32_t(format.size()));
  append_bytes(body, format);
  append_text(body, "data");
  append_le<uint32_t>(body, form.declared.value_or(form.is_long ? 0xffffffff : uint32_t(data.size())));
  append_bytes(body, data);
  append_bytes(body, form.tail);
  Bytes out;
  append_text(out, form.is_long ? "RF64" : "RIFF");
  append_le<uint32_t>(out, form.is_long ? 0xffffffff : uint32_t(body.size()));
  append_bytes(out, body);
  return out;
}

Bytes make_aiff(int channels, int bits, const char* type, bool samples_first, ByteSpan data) {
  Bytes common, sound;
  append_be(common, uint32_t(channels), 2);
  append_be(common, uint32_t(data.size()), 4);
  append_be(common, uint32_t(bits), 2);
  append_be(common, 0x400e, 2);
  append_be(common, 0xac440000, 4);
  append_be(common, 0, 4);
  if (type) append_text(common, std::string(type) + std::string("\0\0", 2));
  append_be(sound, 0, 4), append_be(sound, 0, 4);
  append_bytes(sound, data);
  Bytes body;
  append_text(body, type ? "AIFC" : "AIFF");
  for (bool is_sound : {samples_first, !samples_first}) {
    append_text(body, is_sound ? "SSND" : "COMM");
    append_be(body, uint32_t(is_sound ? sound.size() : common.size()), 4);
    append_bytes(body, is_sound ? sound : common);
    if (body.size() % 2 != 0) body.push_back(0);
  }
  Bytes out;
  append_text(out, "FORM");
  append_be(out, uint32_t(body.size()), 4);
  append_bytes(out, body);
  return out;
}

// Samples and the bytes around them make the file again.
void expect_same_file(const Bytes& file, const SoundLayout& layout) {
  ASSERT_LE(layout.begin, file.size());
  ASSERT_LE(layout.end(), file.size());
  const ByteSpan bytes = ByteSpan(file).subspan(layout.begin, layout.end() - layout.begin);
  std::vector<int32_t> samples(layout.frames * size_t(layout.channels));
  read_samples(layout.form, bytes, samples);
  for (int32_t sample : samples) {
    const int64_t limit = int64_t(1) << (layout.form.bits() - 1);
    ASSERT_TRUE(sample >= -limit && sample < limit);
  }
  Bytes again(bytes.size());
  write_samples(layout.form, samples, again);
  EXPECT_TRUE(std::ranges::equal(again, bytes));
}

TEST(SoundFile, WavOfAllShapes) {
  for (int channels : {1, 2, 6, 8})
    for (int bytes : {1, 2, 3, 4})
      for (bool is_extensible : {false, true})
        for (bool has_list : {false, true}) {
          const WavForm form{.channels = channels,
                             .bits = 8 * bytes - (bytes > 1 && has_list ? 4 : 0),
                             .bytes = bytes,
                             .is_extensible = is_extensible,
                             .has_list = has_list};
          const Bytes file = make_wav(form, noise(size_t(37 * channels * bytes)));
          const auto layout = read_sound_layout(file);
          ASSERT_TRUE(layout.ok()) << layout.error().message;
          EXPECT_EQ(layout->channels, channels);
          EXPECT_EQ(layout->form.bytes, bytes);
          EXPECT_EQ(layout->rate, 44100u);
          EXPECT_EQ(layout->frames, 37u);
          EXPECT_EQ(layout->end(), file.size());
          expect_same_file(file, *layout);
        }
}

TEST(SoundFile, WavWithWrongSizes) {
  const Bytes data = noise(403);  // no whole number of frames
  for (uint32_t declared : {0u, 1u, 399u, 400u, 402u, 403u, 404u, 100000u, 0x7fffffffu, 0xfffffffeu, 0xffffffffu}) {
    const Bytes file = make_wav({.declared = declared}, data);
    const auto layout = read_sound_layout(file);
    ASSERT_TRUE(layout.ok());
    EXPECT_EQ(layout->frames, declared == 0 ? 100u : std::min(declared / 4, 100u));
    expect_same_file(file, *layout);
  }
}

TEST(SoundFile, WavWithChunksBehindTheSamples) {
  const Bytes file = make_wav({.tail = noise(99)}, noise(400));
  const auto layout = read_sound_layout(file);
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout->end() + 99, file.size());
  EXPECT_EQ(sound_length(file).bytes, file.size());
}

TEST(SoundFile, LongWav) {
  const Bytes file = make_wav({.is_long = true, .tail = noise(30)}, noise(400));
  const auto layout = read_sound_layout(file);
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout->frames, 100u);
}

TEST(SoundFile, AiffOfAllShapes) {
  for (int bits : {8, 12, 16, 24, 32})
    for (const char* type : {(const char*)nullptr, "NONE", "sowt", "twos"})
      for (bool samples_first : {false, true}) {
        const Bytes file = make_aiff(2, bits, type, samples_first, noise(size_t(2 * 31 * ((bits + 7) / 8))));
        const auto layout = read_sound_layout(file);
        ASSERT_TRUE(layout.ok()) << layout.error().message;
        EXPECT_EQ(layout->format, SoundFormat::kAiff);
        EXPECT_EQ(layout->frames, 31u);
        EXPECT_EQ(layout->rate, 44100u);
        expect_same_file(file, *layout);
      }
}

TEST(SoundFile, RefusesWhatIsNoPcm) {
  Bytes file = make_wav({}, noise(400));
  file[20] = 3;
  EXPECT_NE(read_sound_layout(file).error().message.find("format 3"), std::string::npos);
  EXPECT_FALSE(read_sound_layout(make_wav({.channels = 9}, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(make_wav({.channels = 0}, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(make_wav({.bits = 64, .bytes = 8}, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(make_aiff(2, 16, "ima4", false, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(as_bytes("RIFFxxxxWEBP")).ok());
}

TEST(SoundFile, CutOffAnywhere) {
  for (const Bytes& file : {make_wav({.has_list = true}, noise(40)), make_aiff(2, 16, "NONE", true, noise(40))})
    for (size_t size = 0; size <= file.size(); ++size) {
      const Bytes part(file.begin(), file.begin() + ptrdiff_t(size));
      sound_length(part);
      most_sound_file_bytes(part);
      const auto layout = read_sound_layout(part);
      if (layout.ok()) expect_same_file(part, *layout);
    }
}

TEST(SoundFile, AnyBitMayBeFlipped) {
  for (const Bytes& file : {make_wav({.is_extensible = true, .has_list = true}, noise(40)),
                            make_wav({.is_long = true}, noise(40)), make_aiff(2, 16, "NONE", true, noise(40))})
    for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
      Bytes changed = file;
      changed[bit / 8] ^= uint8_t(1 << (bit % 8));
      sound_length(changed);
      most_sound_file_bytes(changed);
      const auto layout = read_sound_layout(changed);
      if (layout.ok()) expect_same_file(changed, *layout);
    }
}

}  // namespace
}  // namespace lmc
