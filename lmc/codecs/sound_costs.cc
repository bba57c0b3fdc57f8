// What sound costs, stretch by stretch: for those who look at it.
#include <algorithm>

#include "lmc/base/parallel.h"
#include "lmc/codecs/audio.h"
#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/float_samples.h"
#include "lmc/media/audio/ogg/ogg_flac.h"
#include "lmc/samples/audio/segment.h"

namespace lmc {

Result<SoundCosts> sound_costs(ByteSpan file, SampleEffort effort, const BlockResources& resources) {
  constexpr uint64_t kMostSamples = uint64_t(5 * 60 * 48000) * 2;
  if (begins_like_ogg_flac(file)) {
    LMC_ASSIGN(const OggFlac parts, take_ogg_apart(file));
    return sound_costs(parts.flac, effort, resources);
  }
  SoundCosts out;
  LMC_ASSIGN(out.sound, read_sound_layout(file));
  const SoundLayout& sound = out.sound;
  const auto channels = size_t(sound.channels);
  if (uint64_t(sound.frames) * channels > kMostSamples)
    return bad_input("more than " + std::to_string(kMostSamples) + " samples; a shorter part can be explained");
  if (sound.is_coded()) {
    LMC_ASSIGN(out.samples, read_flac_samples(file, sound));
  } else {
    out.samples.resize(sound.frames * channels);
    read_samples(sound.form, file.subspan(sound.begin, out.samples.size() * size_t(sound.form.bytes)), out.samples);
  }
  if (sound.form.is_float) split_floats(out.samples);
  const SoundShape shape{sound.channels, sound.form.bits(), effort};
  const size_t most = size_t(kSoundSegmentSamples) / channels / kStretchFrames * kStretchFrames;
  InOrder<std::vector<float>> jobs(std::max(resources.threads, 1), [] {});
  const auto take = [&] {
    const std::vector<float> bits = jobs.take();
    out.bits.insert(out.bits.end(), bits.begin(), bits.end());
  };
  for (size_t at = 0; at < sound.frames; at += most) {
    while (!jobs.has_room(1)) take();
    const auto part = std::span(out.samples).subspan(at * channels, std::min(most, sound.frames - at) * channels);
    jobs.submit(1, [&shape, part, isa = resources.isa] { return segment_costs(shape, part, isa); });
  }
  while (!jobs.empty()) take();
  for (size_t i = 0; i < out.bits.size(); ++i) out.begins.push_back(i * kStretchFrames);
  return out;
}

}  // namespace lmc
