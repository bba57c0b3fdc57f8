// FLAC files as samples, what their encoder chose, and metadata; an ID3v2 tag may stand in front. Source: RFC 9639.
//
// Taken apart are the frames from the first one on, as far as each keeps the rules; what stands before them and behind
// them is kept as bytes. In the metadata, what follows from the frames is replaced by its difference from that: sizes
// and checksum in STREAMINFO, places in SEEKTABLE.
#ifndef LMC_MEDIA_AUDIO_FLAC_FLAC_FILE_H_
#define LMC_MEDIA_AUDIO_FLAC_FLAC_FILE_H_

#include "lmc/media/audio/sound_file.h"

namespace lmc {

bool begins_like_flac(ByteSpan start);
// begin: of the first frame; coded_bytes: of all frames that are taken apart. Errors: bad input: not a FLAC file, or no
// frame of it keeps the rules.
Result<SoundLayout> read_flac(ByteSpan file);
// The same without looking at frames: none are counted. cut: whether the metadata go on behind the end of start.
Result<SoundLayout> read_flac_start(ByteSpan start, bool& cut);
struct FlacWalk {
  uint64_t frames = 0;  // samples of a channel
  size_t bytes = 0;
  bool is_cut = false;  // the bytes end inside a frame
};
// From the frame that begins bytes over whole ones, until there are most_frames samples of a channel.
FlacWalk walk_flac(ByteSpan bytes, const SoundLayout& layout, uint64_t most_frames);
FileLength flac_length(ByteSpan start);
// Why the frames of the layout end before the file does; empty if they do not.
std::string why_flac_ends(ByteSpan file, const SoundLayout& layout);

// What other containers hold as one packet each.
struct FlacPacket {
  size_t bytes = 0;
  uint32_t samples = 0;  // of a channel; 0: metadata
};
// Metadata blocks (the mark goes with the first) and frames of a FLAC file without a tag, as far as they keep the
// rules.
std::vector<FlacPacket> flac_packets(ByteSpan file);

// (frames, channels) of the layout of read_flac. Errors: bad input, if that is not this file's.
Result<std::vector<int32_t>> read_flac_samples(ByteSpan file, const SoundLayout& layout);

struct FlacParts {
  std::vector<int32_t> samples;  // (frames, channels)
  Bytes choices;                 // flac_choices.h
  Bytes metadata;                // what stands before the frames, less what follows from them
};
// layout: of read_flac; in chunks of a file metadata are kept as they are. Errors: bad input: the file does not come
// back as it was.
Result<FlacParts> take_flac_apart(ByteSpan file, const SoundLayout& layout);
// What stands before the frames, and the frames: at most most_bytes bytes. Errors: bad input; nothing is trusted.
Result<Bytes> put_flac_together(const SoundLayout& layout, std::span<const int32_t> samples, ByteSpan choices,
                                Bytes metadata, size_t most_bytes);
// What the two functions take beside samples and file.
uint64_t flac_memory_bytes(const SoundLayout& layout);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_FLAC_FLAC_FILE_H_
