// RIFF/WAVE and RF64 files with PCM samples: integers, or floating-point numbers of 32 bits. Source: Multimedia
// Programming Interface and Data Specifications 1.0 (IBM, Microsoft, 1991); WAVEFORMATEXTENSIBLE (Microsoft); EBU Tech
// 3306 (RF64).
//
// Only the chunks "fmt ", "ds64" and the first "data" are read. What their sizes promise beyond the file is not there;
// a data chunk of size 0 or 2^32 - 1, as written to pipes, reaches to the end of the file.
#ifndef LMC_MEDIA_AUDIO_WAV_WAV_FILE_H_
#define LMC_MEDIA_AUDIO_WAV_WAV_FILE_H_

#include "lmc/media/audio/sound_file.h"

namespace lmc {

bool begins_like_wav(ByteSpan start);
// Errors: bad input: no format chunk before the samples, or samples of another kind.
Result<SoundLayout> read_wav(ByteSpan file);
// The content of a format chunk, which stands at `offset` of the file.
Result<SoundLayout> read_wav_format(ByteSpan chunk, size_t offset);
// Everything before the samples of a WAV file, which are signed integers from the lowest byte on, of 8 bits unsigned,
// or floating-point numbers; the unused bits of the form are the lowest. data_bytes: below 2^32 - 100.
Bytes make_wav_header(const SoundLayout& sound, uint32_t data_bytes);
// The same with a format chunk of 16 bytes, whatever the samples.
Bytes make_plain_wav_header(const SoundLayout& sound, uint32_t data_bytes);
// What the header says of the whole file; 0: nothing.
uint64_t wav_declared_bytes(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_WAV_WAV_FILE_H_
