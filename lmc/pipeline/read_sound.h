// The sound in a .lmc file as a WAV file, whatever kind of sound file it was.
#ifndef LMC_PIPELINE_READ_SOUND_H_
#define LMC_PIPELINE_READ_SOUND_H_

#include <optional>

#include "lmc/pipeline/decompress.h"

namespace lmc {

// In frames, a frame being a sample of each channel, or, if per_second is not 0, in such parts of a second.
struct SoundPart {
  uint64_t begin = 0, size = 0;
  uint64_t per_second = 0;
};

// part: only this part, as far as the sound goes; of sound that is not FLAC only the blocks it lies in are decoded.
// Samples are those of the file, of whole bytes: those with fewer bits have zeros below. Errors: as decompress; bad
// input, if the content is no sound file that lmc takes apart, is damaged, ends before the part, or is too long for a
// WAV file.
Result<Bytes> read_sound_as_wav(ByteSpan file, const std::optional<SoundPart>& part, const DecompressOptions& options);

}  // namespace lmc

#endif  // LMC_PIPELINE_READ_SOUND_H_
