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

void append_name(Bytes& out, std::string_view name, bool is_riff = false) {
  using namespace std::string_view_literals;
  append_text(out, name);
  append_text(out, is_riff ? "\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"sv
                           : "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"sv);
}

Bytes make_w64(ByteSpan data, uint16_t tag, int bytes, Bytes tail = {}) {
  Bytes body;
  append_name(body, "wave");
  append_name(body, "junk");
  append_le<uint64_t>(body, 24 + 3);
  body.resize(body.size() + 8);
  append_name(body, "fmt ");
  append_le<uint64_t>(body, 24 + 16);
  append_le<uint16_t>(body, tag);
  append_le<uint16_t>(body, 2);
  append_le<uint32_t>(body, 48000);
  append_le<uint32_t>(body, uint32_t(96000 * bytes));
  append_le<uint16_t>(body, uint16_t(2 * bytes));
  append_le<uint16_t>(body, uint16_t(8 * bytes));
  append_name(body, "data");
  append_le<uint64_t>(body, 24 + data.size());
  append_bytes(body, data);
  append_bytes(body, tail);
  Bytes out;
  append_name(out, "riff", true);
  append_le<uint64_t>(out, 24 + body.size());
  append_bytes(out, body);
  return out;
}

Bytes make_caf(ByteSpan data, int flags, int bytes, bool is_open, Bytes tail = {}) {
  Bytes out;
  append_text(out, "caff");
  append_be(out, 1, 2), append_be(out, 0, 2);
  append_text(out, "desc");
  append_be(out, 0, 4), append_be(out, 32, 4);
  append_be(out, 0x40e58880, 4), append_be(out, 0, 4);  // 44100.0
  append_text(out, "lpcm");
  for (int value : {flags, 2 * bytes, 1, 2, 8 * bytes}) append_be(out, uint32_t(value), 4);
  append_text(out, "free");
  append_be(out, 0, 4), append_be(out, 5, 4);
  out.resize(out.size() + 5);
  append_text(out, "data");
  const uint64_t size = is_open ? UINT64_MAX : 4 + data.size();
  append_be(out, uint32_t(size >> 32), 4), append_be(out, uint32_t(size), 4);
  append_be(out, 0, 4);  // edits
  append_bytes(out, data);
  append_bytes(out, tail);
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

TEST(SoundFile, FloatingPointWav) {
  Bytes file = make_wav({.bits = 32, .bytes = 4}, noise(400));
  file[20] = 3;
  const auto layout = read_sound_layout(file);
  ASSERT_TRUE(layout.ok());
  EXPECT_TRUE(layout->form.is_float);
  expect_same_file(file, *layout);
}

TEST(SoundFile, Wave64) {
  for (int bytes : {2, 3, 4}) {
    const Bytes data = noise(600), tail = {1, 2, 3};
    const Bytes file = make_w64(data, bytes == 4 ? 3 : 1, bytes, tail);
    const auto layout = read_sound_layout(file);
    ASSERT_TRUE(layout.ok()) << layout.error().message;
    EXPECT_EQ(sound_format_name(layout->format), std::string("Wave64"));
    EXPECT_EQ(layout->rate, 48000u);
    EXPECT_EQ(layout->form.is_float, bytes == 4);
    EXPECT_EQ(layout->frames, 600 / size_t(2 * bytes));
    EXPECT_EQ(layout->end(), file.size() - 3);
    expect_same_file(file, *layout);
    Bytes more = file;
    more.resize(more.size() + 100);
    EXPECT_EQ(sound_length(more).bytes, file.size());
  }
}

TEST(SoundFile, Caf) {
  for (int flags : {0, 1, 2, 3})
    for (bool is_open : {false, true}) {
      const int bytes = flags & 1 ? 4 : 3;
      const Bytes file = make_caf(noise(600), flags, bytes, is_open);
      const auto layout = read_sound_layout(file);
      ASSERT_TRUE(layout.ok()) << layout.error().message;
      EXPECT_EQ(layout->rate, 44100u);
      EXPECT_EQ(layout->form.big_endian, flags < 2);
      EXPECT_EQ(layout->form.is_float, (flags & 1) != 0);
      EXPECT_EQ(layout->end(), file.size());
      expect_same_file(file, *layout);
      Bytes more = file;
      more.resize(more.size() + 100);
      EXPECT_EQ(sound_length(more).end, is_open ? FileLength::End::kNoFile : FileLength::End::kThere);
      if (!is_open) EXPECT_EQ(sound_length(more).bytes, file.size());
    }
  EXPECT_FALSE(read_sound_layout(make_caf(noise(600), 1, 2, false)).ok());
}

TEST(SoundFile, RefusesWhatIsNoPcm) {
  Bytes file = make_wav({}, noise(400));
  file[20] = 2;
  EXPECT_NE(read_sound_layout(file).error().message.find("format 2"), std::string::npos);
  file[20] = 3;  // floating-point numbers of 16 bits
  EXPECT_FALSE(read_sound_layout(file).ok());
  EXPECT_FALSE(read_sound_layout(make_wav({.channels = 9}, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(make_wav({.channels = 0}, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(make_wav({.bits = 64, .bytes = 8}, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(make_aiff(2, 16, "ima4", false, noise(400))).ok());
  EXPECT_FALSE(read_sound_layout(as_bytes("RIFFxxxxWEBP")).ok());
}

TEST(SoundFile, CutOffAnywhere) {
  for (const Bytes& file : {make_wav({.has_list = true}, noise(40)), make_aiff(2, 16, "NONE", true, noise(40)),
                            make_w64(noise(40), 1, 2), make_caf(noise(40), 0, 2, false)})
    for (size_t size = 0; size <= file.size(); ++size) {
      const Bytes part(file.begin(), file.begin() + ptrdiff_t(size));
      sound_length(part);
      most_sound_file_bytes(part);
      const auto layout = read_sound_layout(part);
      if (layout.ok()) expect_same_file(part, *layout);
    }
}

TEST(SoundFile, AnyBitMayBeFlipped) {
  for (const Bytes& file :
       {make_wav({.is_extensible = true, .has_list = true}, noise(40)), make_wav({.is_long = true}, noise(40)),
        make_aiff(2, 16, "NONE", true, noise(40)), make_w64(noise(40), 1, 2), make_caf(noise(40), 0, 2, false)})
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
