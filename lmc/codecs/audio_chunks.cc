// Long sound files as chunks: each is a block with one segment of samples, so that a file of any length takes little
// memory and damage costs one of them.
#include <algorithm>

#include "lmc/codecs/audio.h"
#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/ogg/ogg_flac.h"

namespace lmc {
namespace {

// What a chunk that is not full leaves behind it goes with it up to here.
constexpr size_t kMostTailBytes = size_t(1) << 16;

class SoundChunks : public FileChunks {
 public:
  // layout: its begin is that of the samples.
  explicit SoundChunks(const SoundLayout& layout) : chunk_(layout), header_(layout.begin) {
    const uint64_t samples = layout.declared_frames * uint64_t(layout.channels);
    count_ = (samples + kSoundSegmentSamples - 1) / kSoundSegmentSamples;
    chunk_.is_chunk = true;
  }

  EncodeChunk encoder() const override {
    return [sound = chunk_](ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
      return encode_sound(raw, sound, level, resources);
    };
  }

 protected:
  // Where the current chunk ends, in frames of the file.
  uint64_t end() const {
    if (count_ > 0) return chunk_.declared_frames * (number_ + 1) / count_;
    return (number_ + 1) * (kSoundSegmentSamples / uint64_t(chunk_.channels));
  }
  bool is_last() const { return count_ > 0 && number_ + 1 >= count_; }
  bool is_over() const { return is_over_; }

  // The chunk has so many frames, and `bytes` bytes from the header on.
  size_t take(uint64_t frames, size_t bytes, ByteSpan pending, bool at_end) {
    chunk_.begin = header_;
    chunk_.frames = size_t(frames);
    chunk_.coded_bytes = bytes - header_;
    frames_before_ += frames;
    ++number_;
    header_ = 0;
    is_over_ = is_over_ || number_ == count_;
    if (at_end && pending.size() - bytes <= kMostTailBytes) bytes = pending.size();
    return bytes;
  }

  SoundLayout chunk_;
  size_t header_;  // that stands before the samples of the next chunk
  uint64_t count_ = 0, number_ = 0, frames_before_ = 0;
  bool is_over_ = false;
};

class PlainChunks : public SoundChunks {
 public:
  using SoundChunks::SoundChunks;

  size_t next(ByteSpan pending, bool at_end) override {
    if (is_over()) return 0;
    const uint64_t frames = end() - frames_before_, wanted = header_ + frames * chunk_.frame_bytes();
    // Of the last one more is read, to see what little may follow.
    if (!at_end && pending.size() < wanted + (is_last() ? kMostTailBytes : 0)) return 0;
    const uint64_t there = std::min<uint64_t>(frames, (pending.size() - header_) / chunk_.frame_bytes());
    is_over_ = there < frames;
    return there == 0 ? 0 : take(there, header_ + size_t(there) * chunk_.frame_bytes(), pending, at_end);
  }
};

class FlacChunks : public SoundChunks {
 public:
  using SoundChunks::SoundChunks;

  size_t next(ByteSpan pending, bool at_end) override {
    if (is_over()) return 0;
    const size_t walked_to = header_ + bytes_;
    const FlacWalk more = walk_flac(pending.subspan(walked_to), chunk_, end() - frames_before_ - frames_);
    frames_ += more.frames;
    bytes_ += more.bytes;
    const bool is_full = frames_before_ + frames_ >= end();
    if (!at_end && is_full && is_last() && pending.size() < header_ + bytes_ + kMostTailBytes) return 0;
    if (!at_end && !is_full && (more.is_cut || walked_to + more.bytes == pending.size())) return 0;
    is_over_ = !is_full;
    if (is_over_ && header_ + bytes_ < pending.size()) {
      SoundLayout here = chunk_;
      here.begin = header_;
      here.coded_bytes = bytes_;
      why_over_ = why_flac_ends(pending, here);
    }
    if (frames_ == 0) return 0;
    const uint64_t frames = std::exchange(frames_, 0);
    return take(frames, header_ + std::exchange(bytes_, 0), pending, at_end);
  }
  std::string why_over() const override { return why_over_; }

 private:
  uint64_t frames_ = 0;  // of this chunk, seen so far
  size_t bytes_ = 0;
  std::string why_over_;
};

}  // namespace

std::unique_ptr<FileChunks> cut_sound(ByteSpan start) {
  if (begins_like_ogg_flac(start)) return nullptr;
  bool cut = false;
  const bool is_flac = begins_like_flac(start);
  const auto layout = is_flac ? read_flac_start(start, cut) : read_sound_layout(start);
  if (!layout.ok() || layout->begin > start.size()) return nullptr;
  const uint64_t samples = layout->declared_frames * uint64_t(layout->channels);
  if (layout->declared_frames > 0 && samples <= kSoundSegmentSamples) return nullptr;
  if (is_flac) return std::make_unique<FlacChunks>(*layout);
  return std::make_unique<PlainChunks>(*layout);
}

}  // namespace lmc
