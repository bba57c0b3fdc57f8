// Compressed and encrypted data: where it stands between headers and directories, and whether modelling could gain.
#ifndef LMC_PIPELINE_NOISE_H_
#define LMC_PIPELINE_NOISE_H_

#include "lmc/pipeline/segments.h"

namespace lmc {

// Whether the bytes are spread as evenly as random ones. False for fewer than 1024.
bool evenly_spread(ByteSpan raw);

// Whether statistics of single bytes, of bytes that follow each other or stand in columns, and of repeats see less than
// 0.1 % to gain. Looks at 512 KiB at most. Costs some nanoseconds a byte, where modelling costs microseconds.
bool gains_nothing(ByteSpan raw);

// The segments with those that are no text cut into noise and what stands between it (headers, a directory at the end),
// if the noise gains nothing. Text, whole files and copies stay as they are.
std::vector<Segment> split_noise(ByteSpan raw, const std::vector<Segment>& segments);

}  // namespace lmc

#endif  // LMC_PIPELINE_NOISE_H_
