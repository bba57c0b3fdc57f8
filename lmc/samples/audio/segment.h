// A stretch of sound, coded on its own: the samples of all channels, interleaved in time (docs/audio.md).
#ifndef LMC_SAMPLES_AUDIO_SEGMENT_H_
#define LMC_SAMPLES_AUDIO_SEGMENT_H_

#include <span>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/samples/audio/channel_predictor.h"

namespace lmc {

inline constexpr int kMostAudioChannels = 8;

struct SoundShape {
  int channels = 1;  // 1..kMostAudioChannels
  int bits = 16;     // of a sample, 8..32; samples are signed
  SampleEffort effort = SampleEffort::kUsual;
};

// samples: (frames, channels), each within the bits.
Bytes encode_segment(const SoundShape& shape, std::span<const int32_t> samples, Isa isa);
// Fills samples. Errors: bad input.
Status decode_segment(const SoundShape& shape, ByteSpan payload, std::span<int32_t> samples, Isa isa);

inline constexpr size_t kStretchFrames = 4096;
// Bits that each stretch of so many frames takes, the last one maybe shorter, all channels together.
std::vector<float> segment_costs(const SoundShape& shape, std::span<const int32_t> samples, Isa isa);

// What coding one segment takes beside its samples, at most.
uint64_t segment_memory_bytes(int channels);

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_SEGMENT_H_
