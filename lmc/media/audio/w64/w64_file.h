// Sony Wave64 files: RIFF/WAVE with 16-byte names and 64-bit sizes. Source: Sony Pictures Digital, Wave64 (2006).
#ifndef LMC_MEDIA_AUDIO_W64_W64_FILE_H_
#define LMC_MEDIA_AUDIO_W64_W64_FILE_H_

#include "lmc/media/audio/sound_file.h"

namespace lmc {

bool begins_like_w64(ByteSpan start);
// Errors: bad input: no format chunk before the samples, or samples of a kind that is not taken apart.
Result<SoundLayout> read_w64(ByteSpan file);
// What the header says of the whole file.
uint64_t w64_declared_bytes(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_W64_W64_FILE_H_
