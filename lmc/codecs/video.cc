#include "lmc/codecs/video.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "lmc/samples/video/group.h"

namespace lmc {
namespace {

constexpr uint64_t kMostSideBytes = uint64_t(1) << 26;  // around the samples
enum : uint8_t { kPlainLines = 1 };

Error damaged(const std::string& what) { return bad_input("video block: " + what + "; the file is damaged"); }

struct Layout {
  SampleEffort effort = SampleEffort::kUsual;
  CodedVideo coded;
  size_t side_bytes = 0;
  uint8_t side_codec = kStored;
  ByteSpan side;
  std::vector<ByteSpan> streams;

  size_t line_bytes() const { return coded.format == VideoFormat::kRaw ? 0 : kPlainFrameLine.size(); }
};

void write_shape(const Layout& layout, Bytes& out) {
  const CodedVideo& coded = layout.coded;
  const VideoForm& form = coded.video.form;
  out.push_back(uint8_t(layout.effort));
  out.push_back(uint8_t(coded.format));
  out.push_back(uint8_t(form.planes));
  out.push_back(uint8_t(form.shift_x | form.shift_y << 4));
  out.push_back(uint8_t(form.bits));
  out.push_back(coded.has_plain_lines ? kPlainLines : 0);
  append_varint(out, form.width);
  append_varint(out, form.height);
  append_varint(out, coded.video.rate);
  append_varint(out, coded.video.rate_per);
  append_varint(out, coded.frames);
  append_varint(out, coded.begin);
}

Status read_shape(ByteReader& reader, Layout& layout) {
  constexpr size_t kBytes = 6;
  LMC_ASSIGN(const auto bytes, reader.read_bytes(kBytes, "video block: form"));
  uint64_t numbers[6];
  for (uint64_t& number : numbers) {
    LMC_ASSIGN(number, reader.read_varint("video block: form"));
  }
  if (bytes[0] >= kSampleEfforts || bytes[1] < 1 || bytes[1] > 2)
    return bad_input("video block: unknown profile or format; the file was written by a newer lmc or is damaged", 0);
  layout.effort = SampleEffort(bytes[0]);
  CodedVideo& coded = layout.coded;
  coded.format = VideoFormat(bytes[1]);
  if (bytes[5] > kPlainLines || (coded.format == VideoFormat::kRaw && bytes[5] != kPlainLines))
    return damaged("unknown flags");
  coded.has_plain_lines = bytes[5] == kPlainLines;
  const auto [width, height, rate, rate_per, frames, begin] = numbers;
  if (width > kMostVideoSide || height > kMostVideoSide || rate > UINT32_MAX || rate_per > UINT32_MAX)
    return damaged("no such frames");
  coded.video = {{.width = uint32_t(width),
                  .height = uint32_t(height),
                  .planes = bytes[2],
                  .shift_x = bytes[3] & 15,
                  .shift_y = bytes[3] >> 4,
                  .bits = bytes[4]},
                 uint32_t(rate),
                 uint32_t(rate_per)};
  if (!is_video_form(coded.video.form) || rate_per == 0) return damaged("no such frames");
  if (frames == 0 || frames > kMaxFileBytes / coded.video.form.frame_bytes())
    return damaged("too many frames, or none");
  if (begin > kMostSideBytes) return damaged("too much reconstruction data");
  coded.frames = size_t(frames);
  coded.begin = size_t(begin);
  return Ok();
}

Result<Layout> read_layout(ByteSpan payload) {
  ByteReader reader(payload);
  Layout layout;
  LMC_TRY(read_shape(reader, layout));
  LMC_ASSIGN(const auto side_bytes, reader.read_varint("video block: reconstruction data"));
  LMC_ASSIGN(layout.side_codec, reader.read_le<uint8_t>("video block: codec of the reconstruction data"));
  LMC_ASSIGN(const auto side_payload, reader.read_varint("video block: size of the reconstruction data"));
  if (side_bytes > kMostSideBytes || layout.coded.begin > side_bytes) return damaged("too much reconstruction data");
  layout.side_bytes = size_t(side_bytes);
  std::vector<uint64_t> sizes;
  for (int p = 0; p < layout.coded.video.form.planes; ++p) {
    LMC_ASSIGN(const auto size, reader.read_varint("video block: size of a plane"));
    sizes.push_back(size);
  }
  if (side_payload > reader.remaining()) return damaged("more reconstruction data than bytes");
  LMC_ASSIGN(layout.side, reader.read_bytes(size_t(side_payload), "video block: reconstruction data"));
  for (uint64_t size : sizes) {
    if (size > reader.remaining()) return damaged("a plane of more bytes than there are");
    LMC_ASSIGN(const auto stream, reader.read_bytes(size_t(size), "video block: plane"));
    layout.streams.push_back(stream);
  }
  if (reader.remaining() > 0) return damaged("bytes behind the last plane");
  return layout;
}

Result<Bytes> decode_side(const Layout& layout, const BlockResources& resources) {
  return decode_reconstruction_data(layout.side_codec, layout.side, layout.side_bytes, "video block", resources);
}

std::string describe(const CodedVideo& coded) {
  const VideoForm& form = coded.video.form;
  return std::to_string(coded.frames) + " frames of " + std::to_string(form.width) + "x" + std::to_string(form.height);
}

// The frames that raw has from `begin` on, at most so many.
VideoLayout lay_out(ByteSpan raw, VideoFormat format, const RawVideo& video, size_t begin, size_t most_frames) {
  VideoLayout layout{format, video, begin, {}};
  const size_t frame_bytes = video.form.frame_bytes();
  for (size_t at = begin; layout.frames() < most_frames;) {
    const size_t line = format == VideoFormat::kRaw ? 0 : frame_line_bytes(raw.subspan(at));
    if (format == VideoFormat::kY4m && line == 0) break;
    if (raw.size() - at < line + frame_bytes) break;
    layout.lines.push_back(line);
    at += line + frame_bytes;
  }
  return layout;
}

Result<VideoLayout> read_video_layout(ByteSpan file, size_t most_frames) {
  LMC_ASSIGN(const auto header, read_y4m_header(file));
  auto layout =
      lay_out(file, VideoFormat::kY4m, {header.form, header.rate, header.rate_per}, header.bytes, most_frames);
  if (layout.frames() == 0) return bad_input("YUV4MPEG2: no whole frame", header.bytes);
  return layout;
}

constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

}  // namespace

size_t VideoLayout::end() const {
  return begin + std::accumulate(lines.begin(), lines.end(), size_t(0)) + frames() * video.form.frame_bytes();
}

bool begins_like_video(ByteSpan start) { return begins_like_y4m(start); }

Status check_video(ByteSpan file) {
  LMC_TRY(read_video_layout(file, 1));
  return Ok();
}

FileLength video_length(ByteSpan start) {
  const auto layout = read_video_layout(start, kAnyNumber);
  if (!layout.ok()) return {};
  const ByteSpan rest = start.subspan(layout->end());
  if (rest.empty() || frame_line_bytes(rest) > 0) return FileLength::cut_off(start, true);
  return {FileLength::End::kThere, layout->end()};
}

Result<EncodedBlock> encode_video(ByteSpan file, const LevelRow& level, const BlockResources& resources) {
  LMC_ASSIGN(const auto layout, read_video_layout(file, kAnyNumber));
  return encode_frames(file, layout, level, resources);
}

Result<EncodedBlock> encode_frames(ByteSpan raw, const VideoLayout& layout, const LevelRow& level,
                                   const BlockResources& resources) {
  const VideoForm& form = layout.video.form;
  const size_t frame_bytes = form.frame_bytes();
  if (layout.frames() == 0) return bad_input("a video without frames");
  Layout out_layout;
  out_layout.effort = level.video;
  out_layout.coded = {layout.format, layout.video, layout.frames(), layout.begin, true};
  for (size_t line : layout.lines) out_layout.coded.has_plain_lines &= line == out_layout.line_bytes();
  LMC_ASSIGN(const auto memory, Budget::take(resources.budget, group_memory_bytes(form), describe(out_layout.coded)));
  std::vector<ByteSpan> frames;
  Bytes around(raw.begin(), raw.begin() + ptrdiff_t(layout.begin));
  size_t at = layout.begin;
  for (size_t line : layout.lines) {
    if (!out_layout.coded.has_plain_lines) append_bytes(around, raw.subspan(at, line));
    frames.push_back(raw.subspan(at + line, frame_bytes));
    at += line + frame_bytes;
  }
  append_bytes(around, raw.subspan(at));
  if (around.size() > kMostSideBytes) return bad_input("a video file with more than 64 MiB beside its frames");
  GroupOptions options{.effort = level.video, .threads = resources.threads, .isa = resources.isa};
  if (resources.progress) options.progress = [&](size_t done) { resources.progress(done * frame_bytes); };
  const auto streams = encode_group(form, frames, options);
  const EncodedBlock side = encode_reconstruction_data(around, resources);
  Bytes out;
  write_shape(out_layout, out);
  append_varint(out, around.size());
  out.push_back(side.codec);
  append_varint(out, side.payload.size());
  for (const Bytes& stream : streams) append_varint(out, stream.size());
  append_bytes(out, side.payload);
  for (const Bytes& stream : streams) append_bytes(out, stream);
  if (out.size() >= raw.size()) return bad_input("a video that would not become smaller");
  return EncodedBlock{kVideo, std::move(out)};
}

Result<Bytes> decode_video(ByteSpan payload, size_t raw_bytes, const BlockResources& resources) {
  LMC_ASSIGN(const auto layout, read_layout(payload));
  const CodedVideo& coded = layout.coded;
  const VideoForm& form = coded.video.form;
  const size_t frame_bytes = form.frame_bytes();
  const uint64_t whole = uint64_t(layout.side_bytes) +
                         uint64_t(coded.frames) * (frame_bytes + (coded.has_plain_lines ? layout.line_bytes() : 0));
  if (whole != raw_bytes)
    return damaged("the file comes to " + std::to_string(whole) + " bytes instead of " + std::to_string(raw_bytes));
  LMC_ASSIGN(const auto memory,
             Budget::take(resources.budget, raw_bytes + layout.side_bytes + group_memory_bytes(form), describe(coded)));
  LMC_ASSIGN(const auto side, decode_side(layout, resources));
  Bytes file(raw_bytes);
  std::vector<std::span<uint8_t>> frames;
  size_t from = 0, to = 0;
  const auto copy = [&](ByteSpan bytes) {
    std::ranges::copy(bytes, file.begin() + ptrdiff_t(to));
    to += bytes.size();
  };
  const auto copy_side = [&](size_t bytes) {
    copy(ByteSpan(side).subspan(from, bytes));
    from += bytes;
  };
  copy_side(coded.begin);
  for (size_t i = 0; i < coded.frames; ++i) {
    if (coded.has_plain_lines) {
      copy(as_bytes(kPlainFrameLine).first(layout.line_bytes()));
    } else {
      const size_t line = frame_line_bytes(ByteSpan(side).subspan(from));
      if (line == 0) return damaged("a frame without its line");
      copy_side(line);
    }
    frames.push_back(std::span(file).subspan(to, frame_bytes));
    to += frame_bytes;
  }
  copy_side(side.size() - from);
  GroupOptions options{.effort = layout.effort, .threads = resources.threads, .isa = resources.isa};
  if (resources.progress) options.progress = [&](size_t done) { resources.progress(done * frame_bytes); };
  LMC_TRY(decode_group(form, layout.streams, frames, options));
  return file;
}

std::optional<CodedVideo> coded_video(ByteSpan payload) {
  ByteReader reader(payload);
  Layout layout;
  if (!read_shape(reader, layout).ok()) return std::nullopt;
  return layout.coded;
}

Result<Bytes> video_start(ByteSpan payload, const BlockResources& resources) {
  LMC_ASSIGN(const auto layout, read_layout(payload));
  LMC_ASSIGN(const auto memory, Budget::take(resources.budget, layout.side_bytes, describe(layout.coded)));
  LMC_ASSIGN(auto side, decode_side(layout, resources));
  side.resize(layout.coded.begin);
  return side;
}

std::string describe_video(ByteSpan payload) {
  const auto coded = coded_video(payload);
  if (!coded) return {};
  const VideoForm& form = coded->video.form;
  std::string out = std::string(coded->format == VideoFormat::kRaw ? "raw video " : "Y4M ") +
                    std::to_string(form.width) + "x" + std::to_string(form.height) + ", " + chroma_name(form) +
                    (form.planes == 4 ? " with opacity" : "") + ", " + std::to_string(form.bits) + " bits";
  if (coded->video.rate > 0) {
    const uint64_t hundredths = (uint64_t(coded->video.rate) * 100 + coded->video.rate_per / 2) / coded->video.rate_per;
    const std::string rest = std::to_string(hundredths % 100 + 100).substr(1);
    out += ", " + std::to_string(hundredths / 100) + (hundredths % 100 > 0 ? "." + rest : "") + " frames/s";
  }
  return out + ", " + std::to_string(coded->frames) + " frame" + (coded->frames == 1 ? "" : "s");
}

namespace {

// Groups of whole frames. What is behind the last whole frame is coded like any bytes, but little of it goes with the
// last group.
class VideoChunks : public FileChunks {
 public:
  VideoChunks(VideoFormat format, const RawVideo& video, size_t header_bytes, size_t group_frames)
      : layout_{format, video, header_bytes, {}}, header_(header_bytes) {
    const size_t fit = kMostGroupBytes / (video.form.frame_bytes() + kMostFrameLine);
    group_frames_ = std::clamp<size_t>(fit, 1, group_frames);
  }

  size_t next(ByteSpan pending, bool at_end) override {
    if (pending.size() < header_) return 0;
    layout_ = lay_out(pending, layout_.format, layout_.video, header_, group_frames_);
    const size_t end = layout_.end(), rest = pending.size() - end;
    const bool is_full = layout_.frames() == group_frames_;
    // Of a full one more is looked at, to see what little may follow.
    if (!at_end && (!is_full || rest < kMostTailBytes)) {
      if (!is_full && layout_.format == VideoFormat::kY4m && rest >= kMostFrameLine &&
          frame_line_bytes(pending.subspan(end)) == 0 && layout_.frames() > 0) {
        header_ = 0;
        is_first_ = false;
        return end;  // other bytes follow
      }
      return 0;
    }
    if (layout_.frames() == 0) return 0;
    alone_ = is_first_ && at_end && rest <= kMostTailBytes;
    header_ = 0;
    is_first_ = false;
    return at_end && rest <= kMostTailBytes ? pending.size() : end;
  }
  EncodeChunk encoder() const override {
    return [layout = layout_](ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
      return encode_frames(raw, layout, level, resources);
    };
  }
  int useful_threads() const override { return alone_ ? kVideoThreads : 1; }

 private:
  static constexpr size_t kMostTailBytes = size_t(1) << 12;

  VideoLayout layout_;
  size_t header_;  // that stands before the next group
  size_t group_frames_;
  bool is_first_ = true;
  bool alone_ = false;  // the group is the whole file
};

}  // namespace

std::unique_ptr<FileChunks> cut_video(ByteSpan start) {
  const auto header = read_y4m_header(start);
  if (!header.ok() || header->form.frame_bytes() > kMostGroupBytes) return nullptr;
  return std::make_unique<VideoChunks>(VideoFormat::kY4m, RawVideo{header->form, header->rate, header->rate_per},
                                       header->bytes, kGroupFrames);
}

std::unique_ptr<FileChunks> cut_raw_video(const RawVideo& video, size_t group_frames) {
  if (video.form.frame_bytes() > kMostGroupBytes) return nullptr;
  return std::make_unique<VideoChunks>(VideoFormat::kRaw, video, 0, group_frames);
}

}  // namespace lmc
