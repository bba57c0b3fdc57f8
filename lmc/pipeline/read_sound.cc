#include "lmc/pipeline/read_sound.h"

#include <algorithm>

#include "lmc/codecs/audio.h"
#include "lmc/container/layout.h"
#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/ogg/ogg_flac.h"
#include "lmc/media/audio/wav/wav_file.h"

namespace lmc {
namespace {

constexpr uint64_t kMostDataBytes = 0xffffff00, kMostSeconds = 0xffffffff;

struct Frames {
  uint64_t begin = 0, size = 0;
};

Result<uint64_t> in_frames(uint64_t value, const SoundPart& part, const SoundLayout& sound) {
  if (part.per_second == 0) return value;
  if (sound.rate == 0) return bad_input("the sound does not say how many frames a second it has; use --range");
  // Rates are below 2^32, and parts of a second few: what is too large for this is behind every sound.
  const uint64_t seconds = value / part.per_second, rest = value % part.per_second;
  if (seconds > kMostSeconds) return UINT64_MAX;
  return seconds * sound.rate + rest * sound.rate / part.per_second;
}

// Within the sound, which has `frames`, and no more than a WAV file holds.
Result<Frames> frames_of(const std::optional<SoundPart>& part, const SoundLayout& sound, uint64_t frames) {
  uint64_t begin = 0, size = frames;
  if (part) {
    LMC_ASSIGN(begin, in_frames(part->begin, *part, sound));
    LMC_ASSIGN(size, in_frames(part->size, *part, sound));
  }
  if (part && begin >= frames)
    return usage_error("the part begins at frame " + std::to_string(begin) + ", but the sound has " +
                       std::to_string(frames));
  size = std::min(size, frames - begin);
  if (size * sound.frame_bytes() > kMostDataBytes)
    return bad_input("a sound of 4 GiB or more, which no WAV file holds");
  return Frames{begin, size};
}

// Samples as they stand in the content, and their layout with nothing before them.
struct Samples {
  SoundLayout sound;
  std::vector<int32_t> values;  // (frames, channels)
};

Result<Samples> samples_of(SoundLayout sound, uint64_t frames, ByteSpan bytes, Budget& budget) {
  sound.frames = size_t(frames);
  LMC_ASSIGN(const auto memory,
             Budget::take(&budget, bytes.size() + frames * (sound.frame_bytes() + 4 * uint64_t(sound.channels)),
                          "a sound as WAV"));
  Samples out{sound, std::vector<int32_t>(size_t(frames) * size_t(sound.channels))};
  read_samples(sound.form, bytes.first(out.values.size() * size_t(sound.form.bytes)), out.values);
  return out;
}

// The whole content decoded.
Result<Samples> read_whole(ByteSpan file, const std::optional<SoundPart>& part, Budget& budget,
                           const DecompressOptions& options) {
  MemorySource source(file);
  MemorySink content;
  LMC_TRY(decompress(source, content, options));
  if (begins_like_ogg_flac(content.bytes)) {
    LMC_ASSIGN(const auto twice, Budget::take(&budget, 3 * content.bytes.size(), "FLAC in Ogg"));
    LMC_ASSIGN(OggFlac parts, take_ogg_apart(content.bytes));
    content.bytes = std::move(parts.flac);
  }
  LMC_ASSIGN(auto sound, read_sound_layout(content.bytes));
  LMC_ASSIGN(const Frames frames, frames_of(part, sound, sound.frames));
  if (!sound.is_coded())
    return samples_of(sound, frames.size,
                      ByteSpan(content.bytes).subspan(sound.begin + size_t(frames.begin) * sound.frame_bytes()),
                      budget);
  if (sound.frames < sound.declared_frames)
    return bad_input("the FLAC file inside is damaged: " + why_flac_ends(content.bytes, sound), sound.end());
  LMC_ASSIGN(const auto memory, Budget::take(&budget, 4 * sound.frames * uint64_t(sound.channels), "a sound as WAV"));
  LMC_ASSIGN(auto values, read_flac_samples(content.bytes, sound));
  const auto channels = size_t(sound.channels);
  values.erase(values.begin() + ptrdiff_t(size_t(frames.begin + frames.size) * channels), values.end());
  values.erase(values.begin(), values.begin() + ptrdiff_t(size_t(frames.begin) * channels));
  sound.frames = size_t(frames.size);
  return Samples{sound, std::move(values)};
}

// What the blocks say of a sound whose samples stand in the content as they are, and begins with the first block.
struct PlainSound {
  SoundLayout first;
  uint64_t frames = 0;  // of all blocks
};
Result<std::optional<PlainSound>> plain_sound(ByteSpan file) {
  LMC_ASSIGN(const auto layout, read_layout(file));
  std::optional<PlainSound> out;
  for (const FrameLayout& frame : layout)
    for (const BlockLayout& block : frame.blocks) {
      const auto sound = block.header.codec == kAudio ? coded_sound(payload_of(file, block)) : std::nullopt;
      if (!sound || sound->is_coded() || frame.tiny) return out;
      if (!out) out.emplace().first = *sound;
      out->frames += sound->frames;
    }
  return out;
}

Result<Samples> read_part(ByteSpan file, const std::optional<SoundPart>& part, Budget& budget,
                          const DecompressOptions& options) {
  if (!part) return read_whole(file, part, budget, options);
  LMC_ASSIGN(const auto plain, plain_sound(file));
  if (!plain) return read_whole(file, part, budget, options);
  const SoundLayout& sound = plain->first;
  LMC_ASSIGN(const Frames frames, frames_of(part, sound, plain->frames));
  LMC_ASSIGN(const Bytes bytes, read_range(file, sound.begin + frames.begin * sound.frame_bytes(),
                                           frames.size * sound.frame_bytes(), options));
  if (bytes.size() < frames.size * sound.frame_bytes()) return bad_input("the sound ends early; the file is damaged");
  return samples_of(sound, frames.size, bytes, budget);
}

}  // namespace

Result<Bytes> read_sound_as_wav(ByteSpan file, const std::optional<SoundPart>& part, const DecompressOptions& options) {
  Budget budget(memory_limit_of(options));
  LMC_ASSIGN(auto samples, read_part(file, part, budget, options));
  const SoundLayout& sound = samples.sound;
  const uint64_t data_bytes = uint64_t(sound.frames) * sound.frame_bytes();
  for (int32_t& sample : samples.values) sample = int32_t(uint32_t(sample) << sound.form.unused_bits);
  const SampleForm form{.bytes = sound.form.bytes, .is_unsigned = sound.form.bytes == 1};
  Bytes out = make_wav_header(sound, uint32_t(data_bytes));
  const size_t begin = out.size();
  out.resize(begin + size_t(data_bytes) + data_bytes % 2);
  write_samples(form, samples.values, std::span(out).subspan(begin, size_t(data_bytes)));
  return out;
}

}  // namespace lmc
