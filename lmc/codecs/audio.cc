#include "lmc/codecs/audio.h"

#include <algorithm>

#include "lmc/base/parallel.h"
#include "lmc/codecs/file_search.h"
#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/float_samples.h"
#include "lmc/media/audio/ogg/ogg_flac.h"
#include "lmc/media/audio/wav/wav_file.h"
#include "lmc/samples/audio/segment.h"

namespace lmc {
namespace {

// The byte that holds the form of the samples.
constexpr int kBytesMask = 7, kUnusedShift = 5;
enum : uint8_t { kBigEndian = 8, kUnsigned = 16, kFloat = 32 };
constexpr uint8_t kPlainMetadata = 8;  // of FLAC, which has none of the three above

constexpr uint8_t kInside = 255;  // in place of the codec of the reconstruction data: they are a .lmc file of their own
constexpr uint64_t kMostSideBytes = uint64_t(1) << 24;  // around the samples

Error damaged(const std::string& what) { return bad_input("audio block: " + what + "; the file is damaged"); }

// Where segments begin, in frames.
struct Segments {
  size_t frames, count;

  explicit Segments(const SoundLayout& sound)
      : frames(sound.frames),
        count(size_t((uint64_t(frames) * uint64_t(sound.channels) + kSoundSegmentSamples - 1) / kSoundSegmentSamples)) {
  }
  size_t begin(size_t i) const { return size_t(uint64_t(frames) * i / count); }
};

struct Layout {
  SoundLayout sound;  // begin: bytes before the samples
  SampleEffort effort = SampleEffort::kUsual;
  size_t side_bytes = 0;
  uint8_t side_codec = kStored;
  ByteSpan side, choices;
  std::vector<ByteSpan> segments;

  SoundShape shape() const { return {sound.channels, sound.form.bits(), effort}; }
};

uint8_t form_byte(const SoundLayout& sound) {
  const SampleForm& form = sound.form;
  if (sound.is_coded())
    return uint8_t(form.bytes | (sound.is_chunk ? kPlainMetadata : 0) | form.unused_bits << kUnusedShift);
  return uint8_t(form.bytes | (form.big_endian ? kBigEndian : 0) | (form.is_unsigned ? kUnsigned : 0) |
                 (form.is_float ? kFloat : 0));
}
void read_form_byte(uint8_t byte, SoundLayout& sound) {
  sound.form.bytes = byte & kBytesMask;
  if (sound.is_coded()) {
    sound.is_chunk = (byte & kPlainMetadata) != 0;
    sound.form.unused_bits = byte >> kUnusedShift;
    return;
  }
  sound.form.big_endian = (byte & kBigEndian) != 0;
  sound.form.is_unsigned = (byte & kUnsigned) != 0;
  sound.form.is_float = (byte & kFloat) != 0;
}

void write_shape(const Layout& layout, Bytes& out) {
  const SoundLayout& sound = layout.sound;
  out.push_back(uint8_t(layout.effort));
  out.push_back(uint8_t(sound.format));
  out.push_back(form_byte(sound));
  out.push_back(uint8_t(sound.channels));
  append_varint(out, sound.rate);
  append_varint(out, sound.frames);
}

Status read_shape(ByteReader& reader, Layout& layout) {
  LMC_ASSIGN(const auto effort, reader.read_le<uint8_t>("audio block: profile"));
  LMC_ASSIGN(const auto format, reader.read_le<uint8_t>("audio block: format"));
  const bool is_ogg = SoundFormat(format) == SoundFormat::kOggFlac;  // whose payload has another shape
  if (effort >= kSampleEfforts || *sound_format_name(SoundFormat(format)) == 0 || is_ogg)
    return bad_input("audio block: unknown profile or format; the file was written by a newer lmc or is damaged", 0);
  LMC_ASSIGN(const auto form, reader.read_le<uint8_t>("audio block: form of the samples"));
  LMC_ASSIGN(const auto channels, reader.read_le<uint8_t>("audio block: channels"));
  LMC_ASSIGN(const auto rate, reader.read_varint("audio block: rate"));
  LMC_ASSIGN(const auto frames, reader.read_varint("audio block: length"));
  LMC_ASSIGN(const auto before, reader.read_varint("audio block: bytes before the samples"));
  layout.effort = SampleEffort(effort);
  layout.sound.format = SoundFormat(format);
  read_form_byte(form, layout.sound);
  layout.sound.channels = channels;
  if (!check_sound(layout.sound).ok() || form_byte(layout.sound) != form) return damaged("no such samples");
  if (rate > UINT32_MAX || frames > kMaxFileBytes) return damaged("too many samples");
  layout.sound.rate = uint32_t(rate);
  layout.sound.frames = size_t(frames);
  if (before > kMostSideBytes) return damaged("too much reconstruction data");
  layout.sound.begin = size_t(before);
  return Ok();
}

Result<Layout> read_layout(ByteSpan payload) {
  ByteReader reader(payload);
  Layout layout;
  LMC_TRY(read_shape(reader, layout));
  LMC_ASSIGN(const auto side_bytes, reader.read_varint("audio block: reconstruction data"));
  LMC_ASSIGN(const auto side_codec, reader.read_le<uint8_t>("audio block: codec of the reconstruction data"));
  LMC_ASSIGN(const auto side_payload, reader.read_varint("audio block: size of the reconstruction data"));
  if (side_bytes > kMostSideBytes || layout.sound.begin > side_bytes) return damaged("too much reconstruction data");
  layout.side_bytes = size_t(side_bytes);
  layout.side_codec = side_codec;
  uint64_t choices_bytes = 0;
  if (layout.sound.is_coded()) {
    LMC_ASSIGN(choices_bytes, reader.read_varint("audio block: size of the choices"));
  }
  const Segments segments(layout.sound);
  if (segments.count > reader.remaining()) return damaged("more segments than bytes");
  std::vector<uint64_t> sizes;
  for (size_t i = 0; i < segments.count; ++i) {
    LMC_ASSIGN(const auto bytes, reader.read_varint("audio block: size of a segment"));
    sizes.push_back(bytes);
  }
  if (side_payload > reader.remaining()) return damaged("more reconstruction data than bytes");
  LMC_ASSIGN(const auto side, reader.read_bytes(size_t(side_payload), "audio block: reconstruction data"));
  layout.side = side;
  if (choices_bytes > reader.remaining()) return damaged("more choices than bytes");
  LMC_ASSIGN(layout.choices, reader.read_bytes(size_t(choices_bytes), "audio block: choices"));
  for (uint64_t size : sizes) {
    if (size > reader.remaining()) return damaged("a segment of more bytes than there are");
    LMC_ASSIGN(const auto segment, reader.read_bytes(size_t(size), "audio block: segment"));
    layout.segments.push_back(segment);
  }
  if (reader.remaining() > 0) return damaged("bytes behind the last segment");
  return layout;
}

std::string describe(const SoundLayout& sound) {
  return "sound of " + std::to_string(sound.frames) + " x " + std::to_string(sound.channels) + " samples";
}

// For so many segments side by side, with their samples.
Result<Budget::Lease> take_for_segments(const SoundLayout& sound, size_t together, Budget* budget) {
  const uint64_t samples =
      std::min(kSoundSegmentSamples + kMostSoundChannels, uint64_t(sound.frames) * uint64_t(sound.channels));
  const uint64_t each =
      segment_memory_bytes(sound.channels) + samples * (sizeof(int32_t) + 5 + (sound.form.is_float ? 9 : 0));
  return Budget::take(budget, uint64_t(together) * each, describe(sound));
}

// As many threads as there is memory for.
Result<int> share(const SoundLayout& sound, int threads, Budget* budget, Budget::Lease& lease) {
  const size_t together = std::clamp<size_t>(Segments(sound).count, 1, size_t(std::max(threads, 1)));
  if (auto taken = take_for_segments(sound, together, budget); taken.ok()) {
    lease = std::move(*taken);
    return int(together);
  }
  LMC_ASSIGN(auto taken, take_for_segments(sound, 1, budget));
  lease = std::move(taken);
  return 1;
}

// Pictures that are found in it go to their codecs.
EncodedBlock encode_around(ByteSpan around, const BlockResources& resources) {
  EncodedBlock side = encode_reconstruction_data(around, resources);
  if (!resources.compress_inside || find_files(around).files.empty()) return side;
  auto inside = resources.compress_inside(around, 1);
  return inside.ok() && inside->size() < side.payload.size() ? EncodedBlock{kInside, std::move(*inside)} : side;
}
Result<Bytes> decode_around(const Layout& layout, const BlockResources& resources) {
  if (layout.side_codec != kInside)
    return decode_reconstruction_data(layout.side_codec, layout.side, layout.side_bytes, "audio block", resources);
  if (!resources.decompress_inside) return damaged("containers that nest too deep");
  LMC_ASSIGN(auto side, resources.decompress_inside(layout.side, layout.side_bytes, 1));
  if (side.size() != layout.side_bytes) return damaged("reconstruction data of another size");
  return side;
}

// What stands before the samples of a WAV file is kept as its difference from the usual header; twice is back.
void flip_by_usual_header(const SoundLayout& sound, std::span<uint8_t> before) {
  constexpr size_t kLastChunkBytes = 8;
  if (sound.format != SoundFormat::kWav) return;
  const auto data_bytes = uint32_t(sound.frames * sound.frame_bytes());
  Bytes usual = make_wav_header(sound, data_bytes);
  if (before.size() < usual.size()) usual = make_plain_wav_header(sound, data_bytes);
  if (before.size() < usual.size()) return;
  const size_t first = usual.size() - kLastChunkBytes;
  for (size_t i = 0; i < first; ++i) before[i] ^= usual[i];
  const auto last = before.last(kLastChunkBytes);
  for (size_t i = 0; i < kLastChunkBytes; ++i) last[i] ^= usual[first + i];
}

// Of FLAC in Ogg: the pages, and the payload of the FLAC file inside. It begins with a profile and a format, as others.
struct OggLayout {
  size_t flac_bytes = 0, pages_bytes = 0;
  uint8_t pages_codec = kStored;
  ByteSpan pages, flac;
};
bool is_ogg(ByteSpan payload) { return payload.size() > 1 && SoundFormat(payload[1]) == SoundFormat::kOggFlac; }

Result<OggLayout> read_ogg_layout(ByteSpan payload) {
  ByteReader reader(payload);
  LMC_ASSIGN(const auto profile, reader.read_le<uint8_t>("audio block: profile"));
  LMC_ASSIGN(const auto format, reader.read_le<uint8_t>("audio block: format"));
  LMC_ASSIGN(const auto flac_bytes, reader.read_varint("audio block: FLAC file in Ogg"));
  LMC_ASSIGN(const auto pages_bytes, reader.read_varint("audio block: pages of Ogg"));
  LMC_ASSIGN(const auto pages_codec, reader.read_le<uint8_t>("audio block: codec of the pages"));
  LMC_ASSIGN(const auto pages_payload, reader.read_varint("audio block: size of the pages"));
  if (profile != 0 || SoundFormat(format) != SoundFormat::kOggFlac) return damaged("no FLAC in Ogg");
  if (pages_bytes > kMostSideBytes || flac_bytes > kMaxFileBytes) return damaged("too much of a FLAC file in Ogg");
  if (pages_payload > reader.remaining()) return damaged("more pages of Ogg than bytes");
  OggLayout out{size_t(flac_bytes), size_t(pages_bytes), pages_codec, {}, {}};
  LMC_ASSIGN(out.pages, reader.read_bytes(size_t(pages_payload), "audio block: pages of Ogg"));
  out.flac = reader.rest();
  if (out.flac.size() < 2 || SoundFormat(out.flac[1]) != SoundFormat::kFlac) return damaged("no FLAC file in Ogg");
  return out;
}

// The FLAC file, and what putting the pages around it takes.
Result<Budget::Lease> take_for_ogg(uint64_t file_bytes, Budget* budget) {
  return Budget::take(budget, 3 * file_bytes, "FLAC in Ogg");
}

Result<EncodedBlock> encode_ogg(ByteSpan file, const LevelRow& level, const BlockResources& resources) {
  LMC_ASSIGN(const auto memory, take_for_ogg(file.size(), resources.budget));
  LMC_ASSIGN(const OggFlac parts, take_ogg_apart(file));
  if (parts.pages.size() > kMostSideBytes) return bad_input("FLAC in Ogg with more than 16 MiB beside its frames");
  LMC_ASSIGN(const auto flac, encode_audio(parts.flac, level, resources));
  const EncodedBlock pages = encode_reconstruction_data(parts.pages, resources);
  Bytes out = {0, uint8_t(SoundFormat::kOggFlac)};
  append_varint(out, parts.flac.size());
  append_varint(out, parts.pages.size());
  out.push_back(pages.codec);
  append_varint(out, pages.payload.size());
  append_bytes(out, pages.payload);
  append_bytes(out, flac.payload);
  if (out.size() >= file.size()) return bad_input("a sound file that would not become smaller");
  return EncodedBlock{kAudio, std::move(out)};
}

Result<Bytes> decode_ogg(ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  LMC_ASSIGN(const auto layout, read_ogg_layout(payload));
  if (layout.flac_bytes > raw_bytes || layout.pages_bytes > raw_bytes)
    return damaged("a FLAC file larger than its Ogg");
  LMC_ASSIGN(const auto memory, take_for_ogg(raw_bytes, resources.budget));
  OggFlac parts;
  LMC_ASSIGN(parts.flac, decode_audio(layout.flac, layout.flac_bytes, resources));
  LMC_ASSIGN(parts.pages, decode_reconstruction_data(layout.pages_codec, layout.pages, layout.pages_bytes,
                                                     "audio block", resources));
  LMC_ASSIGN(auto file, put_ogg_together(parts, raw_bytes));
  if (file.size() != raw_bytes)
    return damaged("the file comes to " + std::to_string(file.size()) + " bytes instead of " +
                   std::to_string(raw_bytes));
  return file;
}

// (frames, channels) of these frames.
std::vector<int32_t> samples_of(const SoundLayout& sound, ByteSpan file, const FlacParts& flac, size_t begin,
                                size_t end) {
  const auto channels = size_t(sound.channels);
  if (sound.is_coded())
    return {flac.samples.begin() + ptrdiff_t(begin * channels), flac.samples.begin() + ptrdiff_t(end * channels)};
  std::vector<int32_t> samples((end - begin) * channels);
  const size_t bytes = sound.frame_bytes();
  read_samples(sound.form, file.subspan(sound.begin + begin * bytes, (end - begin) * bytes), samples);
  return samples;
}

// For all samples of a format that codes them, and what takes it apart or puts it together.
Result<Budget::Lease> take_for_coded(const SoundLayout& sound, Budget* budget) {
  const uint64_t samples = uint64_t(sound.frames) * uint64_t(sound.channels);
  return Budget::take(budget, sound.is_coded() ? samples * sizeof(int32_t) + flac_memory_bytes(sound) : 0,
                      describe(sound));
}

// put(first frame, samples) is called for each segment, by several threads at a time.
template <typename Put>
Status decode_segments(const Layout& layout, size_t raw_bytes, int together, const BlockResources& resources,
                       const Put& put) {
  const Segments segments(layout.sound);
  InOrder<Status> jobs(together, [] {});
  size_t done = 0;
  const auto take = [&]() -> Status {
    LMC_TRY(jobs.take());
    if (resources.progress) resources.progress(raw_bytes * ++done / segments.count);
    return Ok();
  };
  for (size_t i = 0; i < segments.count; ++i) {
    while (!jobs.has_room(1)) LMC_TRY(take());
    jobs.submit(1, [&, i, shape = layout.shape(), isa = resources.isa]() -> Status {
      const size_t begin = segments.begin(i), frames = segments.begin(i + 1) - begin;
      std::vector<int32_t> samples(frames * size_t(shape.channels));
      ByteReader reader(layout.segments[i]);
      ByteSpan rest;
      if (layout.sound.form.is_float) {
        LMC_ASSIGN(const auto bytes, reader.read_varint("audio block: size of the places"));
        if (bytes > reader.remaining()) return damaged("a segment that is cut short");
        LMC_ASSIGN(rest, reader.read_bytes(size_t(bytes), "audio block: places"));
      }
      LMC_TRY(decode_segment(shape, reader.rest(), samples, isa));
      if (layout.sound.form.is_float) LMC_TRY(join_floats(samples, rest));
      put(begin, samples);
      return Ok();
    });
  }
  while (!jobs.empty()) LMC_TRY(take());
  return Ok();
}

}  // namespace

Status check_audio(ByteSpan file) {
  LMC_TRY(read_sound_layout(file));
  return Ok();
}

Result<EncodedBlock> encode_audio(ByteSpan file, const LevelRow& level, const BlockResources& resources) {
  if (begins_like_ogg_flac(file)) return encode_ogg(file, level, resources);
  LMC_ASSIGN(const auto sound, read_sound_layout(file));
  return encode_sound(file, sound, level, resources);
}

Result<EncodedBlock> encode_sound(ByteSpan file, const SoundLayout& sound, const LevelRow& level,
                                  const BlockResources& resources) {
  Layout layout;
  layout.sound = sound;
  layout.effort = level.sound;
  const Segments segments(sound);
  if (segments.count == 0) return bad_input("a sound file without samples");
  if (file.size() - (sound.end() - sound.begin) > kMostSideBytes)
    return bad_input("a sound file with more than 16 MiB beside its samples");
  Budget::Lease lease;
  LMC_ASSIGN(const int together, share(sound, resources.threads, resources.budget, lease));
  LMC_ASSIGN(const auto memory, take_for_coded(sound, resources.budget));
  FlacParts flac;
  if (sound.is_coded()) {
    LMC_ASSIGN(flac, take_flac_apart(file, sound));
    if (const std::string why = why_flac_ends(file, sound); resources.note && !why.empty())
      resources.note("kept as they are: " + std::to_string(file.size() - sound.end()) + " bytes from byte " +
                     std::to_string(sound.end()) + " on; " + why);
  }
  InOrder<Bytes> jobs(together, [] {});
  std::vector<Bytes> coded;
  const auto take = [&] {
    coded.push_back(jobs.take());
    if (resources.progress) resources.progress(file.size() * coded.size() / segments.count);
  };
  for (size_t i = 0; i < segments.count; ++i) {
    while (!jobs.has_room(1)) take();
    jobs.submit(1, [&, i, shape = layout.shape(), isa = resources.isa] {
      std::vector<int32_t> samples = samples_of(sound, file, flac, segments.begin(i), segments.begin(i + 1));
      Bytes out;
      if (sound.form.is_float) {
        const Bytes rest = split_floats(samples);
        append_varint(out, rest.size());
        append_bytes(out, rest);
      }
      append_bytes(out, encode_segment(shape, samples, isa));
      return out;
    });
  }
  while (!jobs.empty()) take();
  Bytes around =
      sound.is_coded() ? std::move(flac.metadata) : Bytes(file.begin(), file.begin() + ptrdiff_t(sound.begin));
  flip_by_usual_header(sound, around);
  append_bytes(around, file.subspan(sound.end()));
  const EncodedBlock side = encode_around(around, resources);
  Bytes out;
  write_shape(layout, out);
  append_varint(out, sound.begin);
  append_varint(out, around.size());
  out.push_back(side.codec);
  append_varint(out, side.payload.size());
  if (sound.is_coded()) append_varint(out, flac.choices.size());
  for (const Bytes& segment : coded) append_varint(out, segment.size());
  append_bytes(out, side.payload);
  append_bytes(out, flac.choices);
  for (const Bytes& segment : coded) append_bytes(out, segment);
  if (out.size() >= file.size()) return bad_input("a sound file that would not become smaller");
  return EncodedBlock{kAudio, std::move(out)};
}

Result<Bytes> decode_audio(ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  if (is_ogg(payload)) return decode_ogg(payload, raw_bytes, resources);
  LMC_ASSIGN(const auto layout, read_layout(payload));
  const SoundLayout& sound = layout.sound;
  const uint64_t sample_bytes = sound.is_coded() ? 0 : uint64_t(sound.frames) * sound.frame_bytes();
  if (sound.is_coded() ? layout.side_bytes > raw_bytes : layout.side_bytes + sample_bytes != raw_bytes)
    return damaged("the file comes to " + std::to_string(layout.side_bytes + sample_bytes) + " bytes instead of " +
                   std::to_string(raw_bytes));
  Budget::Lease lease;
  LMC_ASSIGN(const int together, share(sound, resources.threads, resources.budget, lease));
  LMC_ASSIGN(const auto memory, Budget::take(resources.budget, raw_bytes + layout.side_bytes, describe(sound)));
  LMC_ASSIGN(const auto coded_memory, take_for_coded(sound, resources.budget));
  LMC_ASSIGN(auto side, decode_around(layout, resources));
  flip_by_usual_header(sound, std::span(side).first(sound.begin));
  const ByteSpan before = ByteSpan(side).first(sound.begin), behind = ByteSpan(side).subspan(sound.begin);
  Bytes file;
  if (sound.is_coded()) {
    std::vector<int32_t> samples(sound.frames * size_t(sound.channels));
    const auto put = [&](size_t first, std::span<const int32_t> values) {
      std::ranges::copy(values, samples.begin() + ptrdiff_t(first * size_t(sound.channels)));
    };
    LMC_TRY(decode_segments(layout, raw_bytes, together, resources, put));
    LMC_ASSIGN(file, put_flac_together(sound, samples, layout.choices, Bytes(before.begin(), before.end()),
                                       raw_bytes - behind.size()));
  } else {
    file.resize(raw_bytes - behind.size());
    std::ranges::copy(before, file.begin());
    const auto put = [&](size_t first, std::span<const int32_t> values) {
      const size_t begin = sound.begin + first * sound.frame_bytes();
      write_samples(sound.form, values, std::span(file).subspan(begin, values.size() * size_t(sound.form.bytes)));
    };
    LMC_TRY(decode_segments(layout, raw_bytes, together, resources, put));
  }
  append_bytes(file, behind);
  if (file.size() != raw_bytes)
    return damaged("the file comes to " + std::to_string(file.size()) + " bytes instead of " +
                   std::to_string(raw_bytes));
  return file;
}

std::optional<SoundLayout> coded_sound(ByteSpan payload) {
  const bool in_ogg = is_ogg(payload);
  if (in_ogg) {
    const auto ogg = read_ogg_layout(payload);
    if (!ogg.ok()) return std::nullopt;
    payload = ogg->flac;
  }
  ByteReader reader(payload);
  Layout layout;
  if (!read_shape(reader, layout).ok()) return std::nullopt;
  if (in_ogg) layout.sound.format = SoundFormat::kOggFlac;
  return layout.sound;
}

std::optional<uint8_t> silence_of(ByteSpan payload) {
  const auto sound = coded_sound(payload);
  if (!sound) return std::nullopt;
  return sound->form.is_unsigned && sound->form.bytes == 1 ? 0x80 : 0;
}

std::string describe_audio(ByteSpan payload) {
  const auto coded = coded_sound(payload);
  if (!coded) return {};
  const SoundLayout& sound = *coded;
  std::string out = std::string(sound_format_name(sound.format)) + " " + std::to_string(sound.rate) + " Hz, " +
                    std::to_string(sound.channels) + " channel" + (sound.channels > 1 ? "s" : "") + " of " +
                    std::to_string(sound.form.bits()) + " bits" + (sound.form.is_float ? " (floating point)" : "");
  if (sound.rate == 0) return out;
  const uint64_t tenths = (uint64_t(sound.frames) * 10 + sound.rate / 2) / sound.rate;
  return out + ", " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace lmc
