// The sound in a .lmc file as a WAV file, whatever kind of sound file it was.
#ifndef LMC_PIPELINE_READ_SOUND_H_
#define LMC_PIPELINE_READ_SOUND_H_

#include "lmc/pipeline/decompress.h"

namespace lmc {

// Samples are those of the file, of whole bytes: those with fewer bits have zeros below. Errors: as decompress; bad
// input, if the content is no sound file that lmc takes apart, is damaged, or is too long for a WAV file.
Result<Bytes> read_sound_as_wav(ByteSpan file, const DecompressOptions& options);

}  // namespace lmc

#endif  // LMC_PIPELINE_READ_SOUND_H_
