#include "lmc/pipeline/read_sound.h"

#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/wav/wav_file.h"

namespace lmc {
namespace {

constexpr uint64_t kMostDataBytes = 0xffffff00;

// (frames, channels)
Result<std::vector<int32_t>> samples_of(ByteSpan content, const SoundLayout& sound) {
  if (sound.is_coded()) return read_flac_samples(content, sound);
  std::vector<int32_t> samples(sound.frames * size_t(sound.channels));
  read_samples(sound.form, content.subspan(sound.begin, sound.end() - sound.begin), samples);
  return samples;
}

}  // namespace

Result<Bytes> read_sound_as_wav(ByteSpan file, const DecompressOptions& options) {
  MemorySource source(file);
  MemorySink content;
  LMC_TRY(decompress(source, content, options));
  LMC_ASSIGN(auto sound, read_sound_layout(content.bytes));
  if (sound.is_coded() && sound.frames < sound.declared_frames)
    return bad_input("the FLAC file inside is damaged: " + why_flac_ends(content.bytes, sound), sound.end());
  const uint64_t data_bytes = uint64_t(sound.frames) * sound.frame_bytes();
  if (data_bytes > kMostDataBytes) return bad_input("a sound of 4 GiB or more, which no WAV file holds");
  Budget budget(memory_limit_of(options));
  LMC_ASSIGN(const auto memory,
             Budget::take(&budget, content.bytes.size() + data_bytes + 4 * sound.frames * uint64_t(sound.channels),
                          "a sound as WAV"));
  LMC_ASSIGN(auto samples, samples_of(content.bytes, sound));
  for (int32_t& sample : samples) sample = int32_t(uint32_t(sample) << sound.form.unused_bits);
  const SampleForm form{.bytes = sound.form.bytes, .is_unsigned = sound.form.bytes == 1};
  Bytes out = make_wav_header(sound, uint32_t(data_bytes));
  const size_t begin = out.size();
  out.resize(begin + size_t(data_bytes) + data_bytes % 2);
  write_samples(form, samples, std::span(out).subspan(begin, size_t(data_bytes)));
  return out;
}

}  // namespace lmc
