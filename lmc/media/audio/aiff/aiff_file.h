// AIFF and AIFF-C files with integer PCM samples (compression types NONE, twos and sowt). Source: Audio Interchange
// File Format 1.3 (Apple, 1989); AIFF-C draft (Apple, 1991).
//
// Only the first chunks COMM and SSND are read, in whichever order they come.
#ifndef LMC_MEDIA_AUDIO_AIFF_AIFF_FILE_H_
#define LMC_MEDIA_AUDIO_AIFF_AIFF_FILE_H_

#include "lmc/media/audio/sound_file.h"

namespace lmc {

bool begins_like_aiff(ByteSpan start);
// Errors: bad input: one of the two chunks is missing, or the samples are compressed.
Result<SoundLayout> read_aiff(ByteSpan file);
// What the header says of the whole file; 0: nothing.
uint64_t aiff_declared_bytes(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_AIFF_AIFF_FILE_H_
