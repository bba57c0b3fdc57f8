// Floating-point samples (binary32) as integers that a sample codec can predict, and what these leave unsaid.
//
// Numbers that are integers times one power of two, as those made from 16 or 24 bits are, become these integers. Others
// become integers by cutting off below the last place of the largest; their further places are kept as they are. Where
// a number is infinite or none at all, the bits of each are taken as an integer in the order of the numbers.
#ifndef LMC_MEDIA_AUDIO_FLOAT_SAMPLES_H_
#define LMC_MEDIA_AUDIO_FLOAT_SAMPLES_H_

#include <span>

#include "lmc/base/bytes.h"

namespace lmc {

// samples: the bits of numbers; becomes the integers. Gives the rest.
Bytes split_floats(std::span<int32_t> samples);
// The inverse. Errors: bad input.
Status join_floats(std::span<int32_t> samples, ByteSpan rest);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_FLOAT_SAMPLES_H_
