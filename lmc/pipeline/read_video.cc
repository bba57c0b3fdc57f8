#include "lmc/pipeline/read_video.h"

#include <algorithm>

#include "lmc/codecs/video.h"
#include "lmc/container/layout.h"
#include "lmc/pipeline/checked_block.h"

namespace lmc {
namespace {

// A group of frames, and where its bytes lie in the content.
struct Group {
  CodedVideo video;
  uint64_t raw_offset = 0, raw_bytes = 0;
  ByteSpan payload;
};

// Those that the content begins with; what comes behind them is no video any more.
Result<std::vector<Group>> groups_of(ByteSpan file) {
  LMC_ASSIGN(const auto layout, read_layout(file));
  std::vector<Group> out;
  uint64_t offset = 0;
  const auto add = [&](uint8_t codec, uint64_t raw_bytes, ByteSpan payload) {
    const auto video = codec == kVideo ? coded_video(payload) : std::nullopt;
    if (!video || (!out.empty() && video->video.form != out.front().video.video.form)) return false;
    out.push_back({*video, offset, raw_bytes, payload});
    offset += raw_bytes;
    return true;
  };
  for (const FrameLayout& frame : layout) {
    if (frame.tiny) {
      const TinyHeader& tiny = frame.tiny_header;
      if (!add(tiny.codec, tiny.raw_bytes, file.subspan(size_t(frame.offset) + tiny.header_bytes, tiny.payload_bytes)))
        return out;
      continue;
    }
    for (const BlockLayout& block : frame.blocks)
      if (!add(block.header.codec, block.header.raw_bytes, payload_of(file, block))) return out;
  }
  return out;
}

// The frames from `first` on that stand in these bytes of a group, at most so many, each with a line before it.
Result<Bytes> frames_in(const Group& group, ByteSpan bytes, size_t first, size_t count) {
  const bool is_raw = group.video.format == VideoFormat::kRaw;
  const size_t frame_bytes = group.video.video.form.frame_bytes();
  Bytes out;
  size_t at = group.video.begin;
  for (size_t i = 0; i < first + count; ++i) {
    const size_t line = is_raw || at > bytes.size() ? 0 : frame_line_bytes(bytes.subspan(at));
    if ((line == 0 && !is_raw) || at > bytes.size() || bytes.size() - at < line + frame_bytes)
      return bad_input("the video ends early; the file is damaged");
    if (i >= first) {
      if (is_raw) append_bytes(out, as_bytes(kPlainFrameLine));
      append_bytes(out, bytes.subspan(at, line + frame_bytes));
    }
    at += line + frame_bytes;
  }
  return out;
}

}  // namespace

Result<uint64_t> write_video_as_y4m(ByteSpan file, const std::optional<FrameRange>& range, Sink& sink,
                                    const DecompressOptions& options) {
  LMC_ASSIGN(const auto groups, groups_of(file));
  if (groups.empty()) return bad_input("no video that lmc takes apart");
  uint64_t total = 0;
  for (const Group& group : groups) total += group.video.frames;
  if (range && range->begin >= total)
    return usage_error("the range begins at frame " + std::to_string(range->begin) + ", but the video has " +
                       std::to_string(total));
  const uint64_t begin = range ? range->begin : 0, end = range ? begin + std::min(range->size, total - begin) : total;
  const CodedVideo& first = groups.front().video;
  Bytes header;
  if (first.format == VideoFormat::kRaw) {
    const std::string line = make_y4m_header({first.video.form, first.video.rate, first.video.rate_per, "", 0});
    append_bytes(header, as_bytes(line));
  } else {
    Budget budget(memory_limit_of(options));
    LMC_ASSIGN(header, video_start(groups.front().payload, decoding_resources(options, budget, 1, nullptr)));
  }
  LMC_TRY(sink.write(header));
  uint64_t written = header.size(), frame = 0;
  for (const Group& group : groups) {
    const uint64_t from = std::max(begin, frame), to = std::min(end, frame + group.video.frames);
    if (from < to) {
      LMC_ASSIGN(const Bytes bytes, read_range(file, group.raw_offset, group.raw_bytes, options));
      LMC_ASSIGN(const Bytes frames, frames_in(group, bytes, size_t(from - frame), size_t(to - from)));
      LMC_TRY(sink.write(frames));
      written += frames.size();
    }
    frame += group.video.frames;
  }
  return written;
}

}  // namespace lmc
