// Where to cut an input so that a block is of one kind: text here, binary data there.
#ifndef LMC_PIPELINE_SEGMENTS_H_
#define LMC_PIPELINE_SEGMENTS_H_

#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

// The sizes of consecutive parts of raw, none below kSmallestSegment unless raw is, each but the last a multiple of
// 4096. A part is cut off only where the kind changes for that long.
std::vector<size_t> segment_sizes(ByteSpan raw);

inline constexpr size_t kSmallestSegment = size_t(64) << 10;

// Whether few bytes are control characters that text does not have; looks at samples.
bool looks_like_text(ByteSpan raw);

}  // namespace lmc

#endif  // LMC_PIPELINE_SEGMENTS_H_
