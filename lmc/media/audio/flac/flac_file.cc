#include "lmc/media/audio/flac/flac_file.h"

#include <algorithm>

#include "lmc/base/md5.h"
#include "lmc/media/audio/flac/flac_choices.h"

namespace lmc {
namespace {

constexpr size_t kMarkBytes = 4, kBlockHeaderBytes = 4, kStreamInfoBytes = 34, kSeekPointBytes = 18;
constexpr uint8_t kStreamInfo = 0, kSeekTable = 3;
constexpr uint64_t kMostSamples = uint64_t(1) << 30;  // of all channels: 6 hours of stereo
constexpr int kLeastBits = 4;

uint64_t long_big_endian(ByteSpan bytes, size_t at, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | bytes[at + i];
  return value;
}
// bytes ^= value, most significant byte first.
void change(std::span<uint8_t> bytes, uint64_t value) {
  for (size_t i = bytes.size(); i-- > 0; value >>= 8) bytes[i] ^= uint8_t(value);
}

// What stands before the FLAC stream: an ID3v2 tag, or nothing. Source: the ID3v2.4 specification, section 3.
size_t tag_bytes(ByteSpan start) {
  constexpr size_t kHeaderBytes = 10, kFlags = 5, kSize = 6;
  constexpr uint8_t kHasFooter = 0x10;
  if (!begins_with(start, "ID3") || start.size() < kHeaderBytes) return 0;
  size_t size = 0;
  for (size_t i = kSize; i < kHeaderBytes; ++i) size = size << 7 | (start[i] & 0x7f);
  return kHeaderBytes + size + ((start[kFlags] & kHasFooter) != 0 ? kHeaderBytes : 0);
}
// Where the mark of the stream would stand.
size_t mark_at(ByteSpan start) { return std::min(tag_bytes(start), start.size()); }

FlacStreamShape shape_of(const SoundLayout& layout) {
  FlacStreamShape shape;
  shape.channels = layout.channels;
  shape.bits = layout.form.bits();
  shape.rate = layout.rate;
  return shape;
}

SoundLayout read_stream_info(ByteSpan content) {
  SoundLayout layout;
  const uint32_t packed = big_endian(content, 10, 4);
  const int bits = int(packed >> 4 & 31) + 1;
  layout.format = SoundFormat::kFlac;
  layout.rate = packed >> 12;
  layout.channels = int(packed >> 9 & 7) + 1;
  layout.form.bytes = (bits + 7) / 8;
  layout.form.unused_bits = 8 * layout.form.bytes - bits;
  layout.declared_frames = long_big_endian(content, 13, 5) & ((uint64_t(1) << 36) - 1);
  return layout;
}

// What the frames tell of the metadata.
struct Summary {
  uint32_t least_block = 0, most_block = 0, least_bytes = 0, most_bytes = 0;
  uint64_t samples = 0;
  Md5 md5{};
  std::vector<FlacFramePlace> places;

  Summary(std::vector<FlacFramePlace> frame_places, const FlacShape& shape, std::span<const int32_t> values)
      : places(std::move(frame_places)) {
    // The last block may be shorter than the least one.
    least_block = UINT32_MAX, least_bytes = UINT32_MAX;
    for (const FlacFramePlace& place : places) {
      if (&place != &places.back() || places.size() == 1) least_block = std::min(least_block, place.block);
      most_block = std::max(most_block, place.block);
      least_bytes = std::min(least_bytes, uint32_t(place.bytes));
      most_bytes = std::max(most_bytes, uint32_t(place.bytes));
      samples += place.block;
    }
    Md5Stream hash;
    constexpr size_t kPieceSamples = 4096;
    const SampleForm form{.bytes = (shape.bits + 7) / 8};
    Bytes bytes(kPieceSamples * size_t(form.bytes));
    for (size_t at = 0; at < values.size(); at += kPieceSamples) {
      const auto piece = values.subspan(at, std::min(kPieceSamples, values.size() - at));
      write_samples(form, piece, bytes);
      hash.update(ByteSpan(bytes).first(piece.size() * size_t(form.bytes)));
    }
    md5 = hash.finish();
  }

  // The frame that holds a sample; null: none does.
  const FlacFramePlace* frame_of(uint64_t sample) const {
    const auto next = std::ranges::upper_bound(places, sample, {}, &FlacFramePlace::sample);
    if (next == places.begin()) return nullptr;
    const FlacFramePlace& place = *std::prev(next);
    return sample - place.sample < place.block ? &place : nullptr;
  }
};

void change_stream_info(std::span<uint8_t> content, const Summary& summary) {
  if (content.size() < kStreamInfoBytes) return;
  change(content.subspan(0, 2), summary.least_block);
  change(content.subspan(2, 2), summary.most_block);
  change(content.subspan(4, 3), summary.least_bytes);
  change(content.subspan(7, 3), summary.most_bytes);
  change(content.subspan(13, 5), summary.samples & ((uint64_t(1) << 36) - 1));
  for (size_t i = 0; i < summary.md5.size(); ++i) content[18 + i] ^= summary.md5[i];
}

// A point tells a frame by its first sample; points every ten seconds are the usual ones.
void change_seek_table(std::span<uint8_t> content, const Summary& summary, uint32_t rate, bool restore) {
  constexpr uint64_t kSecondsBetween = 10;
  for (size_t i = 0; (i + 1) * kSeekPointBytes <= content.size(); ++i) {
    const std::span<uint8_t> point = content.subspan(i * kSeekPointBytes, kSeekPointBytes);
    const FlacFramePlace* const usual = summary.frame_of(i * kSecondsBetween * rate);
    const uint64_t usual_sample = usual != nullptr ? usual->sample : UINT64_MAX;
    uint64_t sample = long_big_endian(point, 0, 8);
    if (restore) sample ^= usual_sample;
    const FlacFramePlace* const frame = summary.frame_of(sample);
    change(point.first(8), usual_sample);
    if (frame == nullptr) continue;
    change(point.subspan(8, 8), frame->begin);
    change(point.subspan(16, 2), frame->block);
  }
}

// Both ways: what follows from the frames is taken out of the metadata, or restored.
void change_metadata(std::span<uint8_t> metadata, const Summary& summary, uint32_t rate, bool restore) {
  if (!begins_like_flac(metadata)) return;
  for (size_t at = mark_at(metadata) + kMarkBytes; at + kBlockHeaderBytes <= metadata.size();) {
    const uint8_t kind = metadata[at] & 0x7f;
    const size_t size = big_endian(metadata, at + 1, 3);
    at += kBlockHeaderBytes;
    if (size > metadata.size() - at) return;
    if (kind == kStreamInfo) change_stream_info(metadata.subspan(at, size), summary);
    if (kind == kSeekTable) change_seek_table(metadata.subspan(at, size), summary, rate, restore);
    at += size;
  }
}

}  // namespace

bool begins_like_flac(ByteSpan start) {
  start = start.subspan(mark_at(start));
  return begins_with(start, "fLaC") && start.size() >= kMarkBytes + kBlockHeaderBytes + kStreamInfoBytes &&
         (start[kMarkBytes] & 0x7f) == kStreamInfo && big_endian(start, kMarkBytes + 1, 3) == kStreamInfoBytes;
}

Result<SoundLayout> read_flac_start(ByteSpan start, bool& cut) {
  cut = false;
  if (!begins_like_flac(start)) return bad_input("not a FLAC file", 0);
  const size_t mark = mark_at(start);
  SoundLayout layout = read_stream_info(start.subspan(mark + kMarkBytes + kBlockHeaderBytes));
  if (layout.form.bits() < kLeastBits) return bad_input("FLAC: less than 4 bits a sample", mark + kMarkBytes);
  for (size_t at = mark + kMarkBytes;;) {
    const bool has_header = at + kBlockHeaderBytes <= start.size();
    const size_t size = has_header ? big_endian(start, at + 1, 3) : 0;
    if (!has_header || size > start.size() - at - kBlockHeaderBytes) {
      cut = true;
      return bad_input("FLAC: metadata that are cut off", start.size());
    }
    const bool is_last = (start[at] & 0x80) != 0;
    at += kBlockHeaderBytes + size;
    if (!is_last) continue;
    layout.begin = at;
    return layout;
  }
}

FlacWalk walk_flac(ByteSpan bytes, const SoundLayout& layout, uint64_t most_frames) {
  const FlacShape shape = shape_of(layout);
  FlacWalk walk;
  FlacFrame frame;
  FlacSignals signals;
  const uint64_t most = kMostSamples / uint64_t(layout.channels);
  while (walk.frames < std::min(most_frames, most)) {
    const ByteSpan rest = bytes.subspan(walk.bytes);
    const auto size = read_flac_frame(rest, shape, frame, signals);
    if (!size.ok()) walk.is_cut = size.error().offset_bytes == rest.size();
    if (!size.ok() || walk.frames + frame.header.block > most) break;
    walk.frames += frame.header.block;
    walk.bytes += *size;
  }
  return walk;
}

std::vector<FlacPacket> flac_packets(ByteSpan file) {
  std::vector<FlacPacket> out;
  bool is_cut = false;
  const auto layout = read_flac_start(file, is_cut);
  if (!layout.ok() || mark_at(file) > 0) return out;
  size_t at = 0;
  while (at < layout->begin) {
    const size_t mark = at == 0 ? kMarkBytes : 0;
    const size_t bytes = mark + kBlockHeaderBytes + big_endian(file, at + mark + 1, 3);
    out.push_back({.bytes = bytes});
    at += bytes;
  }
  FlacFrame frame;
  FlacSignals signals;
  while (at < file.size()) {
    const auto size = read_flac_frame(file.subspan(at), shape_of(*layout), frame, signals);
    if (!size.ok()) break;
    out.push_back({*size, frame.header.block});
    at += *size;
  }
  return out;
}

Result<SoundLayout> read_flac(ByteSpan file) {
  bool cut;
  LMC_ASSIGN(auto layout, read_flac_start(file, cut));
  const uint64_t most = layout.declared_frames > 0 ? layout.declared_frames : UINT64_MAX;
  const FlacWalk walk = walk_flac(file.subspan(layout.begin), layout, most);
  layout.coded_bytes = walk.bytes;
  layout.frames = size_t(walk.frames);
  if (walk.frames == 0)
    return bad_input("its first frame cannot be taken apart: " + why_flac_ends(file, layout), layout.begin);
  return layout;
}

FileLength flac_length(ByteSpan start) {
  bool is_cut = false;
  const auto head = read_flac_start(start, is_cut);
  if (!head.ok()) return is_cut ? FileLength::cut_off(start, true) : FileLength{};
  const uint64_t most = head->declared_frames > 0 ? head->declared_frames : UINT64_MAX;
  const FlacWalk walk = walk_flac(start.subspan(head->begin), *head, most);
  const size_t end = head->begin + walk.bytes;
  const bool is_whole = walk.frames >= most || (most == UINT64_MAX && walk.frames > 0 && end == start.size());
  if (!is_whole && (walk.is_cut || end == start.size())) return FileLength::cut_off(start, true);
  return {walk.frames > 0 ? FileLength::End::kThere : FileLength::End::kNoFile, end};
}

std::string why_flac_ends(ByteSpan file, const SoundLayout& layout) {
  if (layout.end() >= file.size()) return "";
  FlacFrame frame;
  FlacSignals signals;
  const auto size = read_flac_frame(file.subspan(layout.end()), shape_of(layout), frame, signals);
  return size.ok() ? "more frames than STREAMINFO says" : size.error().message;
}

Result<std::vector<int32_t>> read_flac_samples(ByteSpan file, const SoundLayout& layout) {
  const FlacShape shape = shape_of(layout);
  const ByteSpan frames = file.subspan(layout.begin, layout.coded_bytes);
  std::vector<int32_t> samples(layout.frames * size_t(layout.channels));
  std::span<int32_t> rest(samples);
  FlacFrame frame;
  FlacSignals signals;
  for (size_t at = 0; at < frames.size();) {
    LMC_ASSIGN(const auto size, read_flac_frame(frames.subspan(at), shape, frame, signals));
    at += size;
    for (size_t c = 0; c < size_t(shape.channels); ++c)
      for (int64_t& value : signals[c]) value = int64_t(uint64_t(value) << frame.subframes[c].unused_bits);
    const size_t count = size_t(frame.header.block) * size_t(shape.channels);
    if (count > rest.size()) return bad_input("FLAC: frames that changed while they were read");
    join_flac_channels(shape, frame.header.assignment, signals, rest.first(count));
    rest = rest.subspan(count);
  }
  return samples;
}

Result<FlacParts> take_flac_apart(ByteSpan file, const SoundLayout& layout) {
  const FlacStreamShape shape = shape_of(layout);
  const ByteSpan frames = file.subspan(layout.begin, layout.coded_bytes);
  FlacParts out;
  LMC_ASSIGN(out.samples, read_flac_samples(file, layout));
  LMC_ASSIGN(out.choices, write_flac_choices(frames, shape, out.samples));
  std::vector<FlacFramePlace> places;
  LMC_ASSIGN(const auto again, rebuild_flac_frames(out.choices, shape, out.samples, frames.size(), &places));
  if (!std::ranges::equal(again, frames)) return bad_input("FLAC: frames that do not come back as they were");
  out.metadata.assign(file.begin(), file.begin() + ptrdiff_t(layout.begin));
  if (!layout.is_chunk)
    change_metadata(out.metadata, Summary(std::move(places), shape, out.samples), shape.rate, false);
  return out;
}

Result<Bytes> put_flac_together(const SoundLayout& layout, std::span<const int32_t> samples, ByteSpan choices,
                                Bytes metadata, size_t most_bytes) {
  const FlacStreamShape shape = shape_of(layout);
  if (metadata.size() > most_bytes) return bad_input("FLAC: more metadata than the file; the file is damaged");
  std::vector<FlacFramePlace> places;
  LMC_ASSIGN(const auto frames, rebuild_flac_frames(choices, shape, samples, most_bytes - metadata.size(), &places));
  if (!layout.is_chunk) change_metadata(metadata, Summary(std::move(places), shape, samples), shape.rate, true);
  append_bytes(metadata, frames);
  return metadata;
}

uint64_t flac_memory_bytes(const SoundLayout& layout) {
  constexpr uint64_t kFixed = uint64_t(4) << 20;
  return 2 * uint64_t(layout.frames) * uint64_t(layout.channels) / 4 + kFixed;
}

}  // namespace lmc
