// What is spent on sound and video; the number is the profile of a block (docs/audio.md, docs/video.md).
#ifndef LMC_SAMPLES_SAMPLE_EFFORT_H_
#define LMC_SAMPLES_SAMPLE_EFFORT_H_

#include <cstdint>

namespace lmc {

enum class SampleEffort : uint8_t { kFast, kUsual, kBest };
inline constexpr int kSampleEfforts = 3;

}  // namespace lmc

#endif  // LMC_SAMPLES_SAMPLE_EFFORT_H_
