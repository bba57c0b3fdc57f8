// What an encoder chose when it wrote the frames of a FLAC file, as one arithmetic code: each choice in the light of
// what the samples let expect (flac_forecast.h) and of the choices before.
#ifndef LMC_MEDIA_AUDIO_FLAC_FLAC_CHOICES_H_
#define LMC_MEDIA_AUDIO_FLAC_FLAC_CHOICES_H_

#include <memory>
#include <span>

#include "lmc/media/audio/flac/flac_frame.h"

namespace lmc {

// What is common to the frames of a stream.
struct FlacStreamShape : FlacShape {
  uint32_t rate = 0;
};

// frames: whole frames of a stream, one after the other. samples: theirs, interleaved. Errors: bad input: they do not
// come back from the choices as they are.
Result<Bytes> write_flac_choices(ByteSpan frames, const FlacStreamShape& shape, std::span<const int32_t> samples);

struct FlacFramePlace {
  uint64_t sample = 0;  // the number of its first one
  uint32_t block = 0;
  size_t begin = 0, bytes = 0;
};
// The frames again; places, if given, is told where each is. Errors: bad input; nothing in choices is trusted.
Result<Bytes> rebuild_flac_frames(ByteSpan choices, const FlacStreamShape& shape, std::span<const int32_t> samples,
                                  size_t most_bytes, std::vector<FlacFramePlace>* places);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_FLAC_FLAC_CHOICES_H_
