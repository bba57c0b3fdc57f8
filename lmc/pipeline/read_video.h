// The video in a .lmc file as a Y4M file, whole or in part.
#ifndef LMC_PIPELINE_READ_VIDEO_H_
#define LMC_PIPELINE_READ_VIDEO_H_

#include <optional>

#include "lmc/pipeline/decompress.h"

namespace lmc {

struct FrameRange {
  uint64_t begin = 0, size = 0;  // in frames
};

// range: only these frames, as far as the video goes; only the groups that they lie in are decoded, one at a time.
// Returns the bytes written. Errors: as decompress; bad input, if the content is no video that lmc takes apart; usage,
// if it ends before the range.
Result<uint64_t> write_video_as_y4m(ByteSpan file, const std::optional<FrameRange>& range, Sink& sink,
                                    const DecompressOptions& options);

}  // namespace lmc

#endif  // LMC_PIPELINE_READ_VIDEO_H_
