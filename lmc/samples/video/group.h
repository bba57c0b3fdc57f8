// A group of frames, coded on its own (docs/video.md): every plane is a stream of its own, in the order of time. A
// plane is predicted from itself, from the frames before and from the planes coded before it; planes are coded side by
// side, each as far as those it looks at.
#ifndef LMC_SAMPLES_VIDEO_GROUP_H_
#define LMC_SAMPLES_VIDEO_GROUP_H_

#include <functional>
#include <span>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/numerics/isa.h"
#include "lmc/samples/sample_effort.h"
#include "lmc/samples/video/video_form.h"

namespace lmc {

struct GroupOptions {
  SampleEffort effort = SampleEffort::kUsual;
  int threads = 1;
  Isa isa = Isa::kScalar;
  std::function<void(size_t frames)> progress = {};  // so many are done; from the calling thread
};

// Streams of the planes. frames: each of form.frame_bytes() bytes.
std::vector<Bytes> encode_group(const VideoForm& form, std::span<const ByteSpan> frames, const GroupOptions& options);
// Fills frames. streams: as many as planes. Errors: bad input.
Status decode_group(const VideoForm& form, std::span<const ByteSpan> streams,
                    std::span<const std::span<uint8_t>> frames, const GroupOptions& options);

// What coding a group takes beside its frames, at most.
uint64_t group_memory_bytes(const VideoForm& form);

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_GROUP_H_
