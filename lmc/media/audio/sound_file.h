// Sound files as samples between kept bytes: where the samples lie in a file and how they are written.
//
// A file is taken apart into its samples and all that stands before and behind them; both together are the file again,
// whatever its headers say. So headers are only read to learn the layout, and never written.
#ifndef LMC_MEDIA_AUDIO_SOUND_FILE_H_
#define LMC_MEDIA_AUDIO_SOUND_FILE_H_

#include <span>
#include <string>

#include "lmc/media/file_length.h"

namespace lmc {

enum class SoundFormat : uint8_t { kWav = 1, kAiff = 2, kFlac = 3, kWave64 = 4, kCaf = 5, kOggFlac = 6 };  // wire ids

struct SampleForm {
  int bytes = 2;  // of a sample, 1..4
  bool big_endian = false;
  bool is_unsigned = false;
  int unused_bits = 0;    // of the bytes, 0..7; FLAC alone
  bool is_float = false;  // binary32

  int bits() const { return 8 * bytes - unused_bits; }
};

struct SoundLayout {
  SoundFormat format = SoundFormat::kWav;
  SampleForm form;
  int channels = 1;   // 1..kMostSoundChannels
  uint32_t rate = 0;  // frames a second, for people
  size_t begin = 0;   // of the samples, in the file; of FLAC in Ogg, in the FLAC file inside
  size_t frames = 0;
  size_t coded_bytes = 0;        // that the samples take in a format that codes them
  uint64_t declared_frames = 0;  // 0: the file does not say
  bool is_chunk = false;         // of a longer file

  size_t frame_bytes() const { return size_t(channels) * size_t(form.bytes); }
  size_t end() const { return begin + (is_coded() ? coded_bytes : frames * frame_bytes()); }
  bool is_coded() const { return format == SoundFormat::kFlac || format == SoundFormat::kOggFlac; }
};

inline constexpr int kMostSoundChannels = 8;

bool begins_like_sound(ByteSpan start);
// Errors: bad input, if it is no sound file or one of a kind that is not taken apart.
Result<SoundLayout> read_sound_layout(ByteSpan file);
// Of the sound file that begins here, whatever follows it.
FileLength sound_length(ByteSpan start);
// How large a file can be that begins so, 0: it is none that is taken apart.
uint64_t most_sound_file_bytes(ByteSpan start);
const char* sound_format_name(SoundFormat format);  // "WAV"; empty for an unknown one

// bytes (samples.size() * form.bytes) to signed samples and back. Bits that a sample does not have are left out;
// floating-point numbers are taken as the integers that their bits make.
void read_samples(const SampleForm& form, ByteSpan bytes, std::span<int32_t> samples);
void write_samples(const SampleForm& form, std::span<const int32_t> samples, std::span<uint8_t> bytes);

// Puts the frames in that `size` bytes from `begin` hold, or the rest of the file if that is shorter.
Status set_extent(SoundLayout& layout, uint64_t begin, uint64_t size, size_t file_bytes);
// Errors: bad input, unless the channels and bytes of a sample are such as are taken apart.
Status check_sound(const SoundLayout& layout);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_SOUND_FILE_H_
