// The block codec for whole sound files (docs/format.md, codec 7; docs/audio.md): samples segment by segment
// (lmc/samples/audio/segment.h), what stands around them by context mixing or as it is; of FLAC files also what their
// encoder chose (lmc/media/audio/flac/flac_choices.h).
#ifndef LMC_CODECS_AUDIO_H_
#define LMC_CODECS_AUDIO_H_

#include <optional>

#include "lmc/codecs/codec.h"
#include "lmc/media/audio/sound_file.h"

namespace lmc {

// Ok if the file can be taken apart; else bad input that says why not.
Status check_audio(ByteSpan file);
Result<EncodedBlock> encode_audio(ByteSpan file, const LevelRow& level, const BlockResources& resources);
// The same of a part of a file: raw begins with what stands before the samples of the layout.
Result<EncodedBlock> encode_sound(ByteSpan raw, const SoundLayout& sound, const LevelRow& level,
                                  const BlockResources& resources);
Result<Bytes> decode_audio(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);
// The sound in this payload, if that tells; it may be damaged. Chunks of a longer file but the first begin with
// samples.
std::optional<SoundLayout> coded_sound(ByteSpan payload);
// The byte that its silence is made of.
std::optional<uint8_t> silence_of(ByteSpan payload);
// "WAV 44100 Hz, 2 channels of 16 bits, 12.3 s"; empty if the payload is damaged.
std::string describe_audio(ByteSpan payload);

// What a sound file's samples cost, over time.
struct SoundCosts {
  SoundLayout sound;
  std::vector<int32_t> samples;  // (frames, channels); of floating-point numbers the integers that stand for them
  std::vector<size_t> begins;    // of the stretches, in frames
  std::vector<float> bits;       // of each stretch, all channels together
};
// Errors: bad input: not a sound file that is taken apart, or too long (5 minutes of stereo).
Result<SoundCosts> sound_costs(ByteSpan file, SampleEffort effort, const BlockResources& resources);

inline constexpr uint8_t kSoundFirstBytes[] = {'R', 'F', 'f', 'r', 'c', 'O'};
inline constexpr uint64_t kSoundSegmentSamples = uint64_t(1) << 20;  // of all channels: about 12 s of stereo

// Chunks of one segment each, of files with several.
std::unique_ptr<FileChunks> cut_sound(ByteSpan start);

inline constexpr FileKind kSoundFiles{.sniff = begins_like_sound,
                                      .first_bytes = kSoundFirstBytes,
                                      .length = sound_length,
                                      .check = check_audio,
                                      .most_bytes = most_sound_file_bytes,
                                      .chunks = cut_sound};
inline constexpr CodecRow kAudioRow{kAudio,       "audio",      ModelNeed::kNone, Shape::kWholeFile, 1,
                                    encode_audio, decode_audio, describe_audio,   kSoundFiles};

}  // namespace lmc

#endif  // LMC_CODECS_AUDIO_H_
