// FLAC in Ogg: taken apart into a plain FLAC file and what its pages are beside that, and put together again.
//
// Where pages end, their numbers, times and checksums follow from the packets as libogg or FFmpeg would have written
// them; the description of the pages holds the differences. Source of the mapping: RFC 9639, section 10.1.
#ifndef LMC_MEDIA_AUDIO_OGG_OGG_FLAC_H_
#define LMC_MEDIA_AUDIO_OGG_OGG_FLAC_H_

#include "lmc/media/audio/sound_file.h"

namespace lmc {

bool begins_like_ogg_flac(ByteSpan start);
FileLength ogg_flac_length(ByteSpan start);
// The layout of the FLAC file inside, its format kOggFlac. Errors: bad input.
Result<SoundLayout> read_ogg_flac(ByteSpan file);

struct OggFlac {
  Bytes flac;   // mark, metadata blocks, frames
  Bytes pages;  // docs/audio.md, section 6
};
// Errors: bad input: no frame of it keeps the rules.
Result<OggFlac> take_ogg_apart(ByteSpan file);
// Takes at most most_bytes for the file. Errors: bad input; nothing is trusted.
Result<Bytes> put_ogg_together(const OggFlac& parts, size_t most_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_OGG_OGG_FLAC_H_
