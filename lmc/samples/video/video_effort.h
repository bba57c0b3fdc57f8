// What is spent on video; the number is the profile of a block (docs/video.md).
#ifndef LMC_SAMPLES_VIDEO_VIDEO_EFFORT_H_
#define LMC_SAMPLES_VIDEO_VIDEO_EFFORT_H_

#include <cstdint>

namespace lmc {

enum class VideoEffort : uint8_t { kFast, kUsual, kBest };
inline constexpr int kVideoEfforts = 3;

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_VIDEO_EFFORT_H_
