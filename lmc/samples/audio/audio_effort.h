// What is spent on sound; the number is the profile of a block (docs/audio.md).
#ifndef LMC_SAMPLES_AUDIO_AUDIO_EFFORT_H_
#define LMC_SAMPLES_AUDIO_AUDIO_EFFORT_H_

#include <cstdint>

namespace lmc {

enum class AudioEffort : uint8_t { kFast, kUsual, kBest };
inline constexpr int kAudioEfforts = 3;

}  // namespace lmc

#endif  // LMC_SAMPLES_AUDIO_AUDIO_EFFORT_H_
