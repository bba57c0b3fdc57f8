// Core Audio Format files with linear PCM. Source: Apple Core Audio Format Specification 1.0.
//
// Only the chunks "desc" and "data" are read; a data chunk of unknown size reaches to the end of the file.
#ifndef LMC_MEDIA_AUDIO_CAF_CAF_FILE_H_
#define LMC_MEDIA_AUDIO_CAF_CAF_FILE_H_

#include "lmc/media/audio/sound_file.h"

namespace lmc {

bool begins_like_caf(ByteSpan start);
// Errors: bad input: no description before the samples, or samples that are not linear PCM.
Result<SoundLayout> read_caf(ByteSpan file);
// Where one ends that is inside other data: at its end nothing tells of more chunks, so that is behind the last one.
FileLength caf_length(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_CAF_CAF_FILE_H_
