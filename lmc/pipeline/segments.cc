#include "lmc/pipeline/segments.h"

#include <algorithm>
#include <optional>

#include "lmc/pipeline/noise.h"
#include "lmc/pipeline/tar_headers.h"

namespace lmc {
namespace {

constexpr size_t kWindow = 8192;      // classified as one
constexpr size_t kFineWindow = 1024;  // where exactly text ends or begins

bool much_beyond_ascii(ByteSpan raw) {
  return size_t(std::ranges::count_if(raw, [](uint8_t byte) { return byte >= 128; })) * 5 > raw.size();
}

SegmentKind kind_of(ByteSpan window, SegmentKind before, const KnownText& known) {
  if (!looks_like_text(window)) return evenly_spread(window) ? SegmentKind::kNoise : SegmentKind::kData;
  if (!known || known(window, before == SegmentKind::kText)) return SegmentKind::kText;
  return much_beyond_ascii(window) ? SegmentKind::kForeign : SegmentKind::kTable;
}

bool is_text(SegmentKind kind) { return kind < SegmentKind::kData; }

void append(std::vector<Segment>& segments, SegmentKind kind, size_t bytes) {
  if (bytes == 0) return;
  if (!segments.empty() && segments.back().kind == kind && joins(kind))
    segments.back().bytes += bytes;
  else
    segments.push_back({kind, bytes});
}

// Where text and other bytes meet, a window may hold some of both; the border is moved to within kFineWindow.
size_t fine_border(ByteSpan raw, size_t border, bool text_before) {
  constexpr size_t kMost = kWindow - kFineWindow;  // two borders leave something of the shortest segment
  const size_t limit = text_before ? std::min(border + kMost, raw.size()) : border - kMost;
  const auto text_at = [&](size_t at) {
    return looks_like_text(raw.subspan(at, std::min(kFineWindow, raw.size() - at)));
  };
  while (text_before && border < limit && text_at(border)) border = std::min(border + kFineWindow, limit);
  while (!text_before && border > limit && text_at(border - kFineWindow)) border -= kFineWindow;
  return border;
}

// Short segments join a neighbour: what comes before, or what follows if only that is text, or not, as they are.
std::vector<Segment> without_short_ones(const std::vector<Segment>& segments) {
  std::vector<Segment> out;
  size_t waiting = 0;  // bytes of short segments that join the next one
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    const size_t bytes = segment.bytes + waiting;
    waiting = 0;
    const bool follows = i + 1 < segments.size() && is_text(segments[i + 1].kind) == is_text(segment.kind);
    if (bytes >= kSmallestSegment)
      append(out, segment.kind, bytes);
    else if (out.empty() || (follows && is_text(out.back().kind) != is_text(segment.kind)))
      waiting = bytes;
    else
      out.back().bytes += bytes;
  }
  if (waiting > 0) append(out, segments.back().kind, waiting);
  return out;
}

// Of bytes without known structure.
std::vector<Segment> plain_segments(ByteSpan raw, const KnownText& known) {
  std::vector<Segment> segments;
  for (size_t at = 0; at < raw.size(); at += kWindow) {
    const ByteSpan window = raw.subspan(at, std::min(kWindow, raw.size() - at));
    const SegmentKind before = segments.empty() ? SegmentKind::kText : segments.back().kind;
    append(segments, kind_of(window, before, known), window.size());
  }
  segments = without_short_ones(segments);
  size_t end = 0;
  for (size_t i = 0; i + 1 < segments.size(); ++i) {
    end += segments[i].bytes;
    const bool text_before = is_text(segments[i].kind);
    if (text_before == is_text(segments[i + 1].kind)) continue;
    const size_t fine = fine_border(raw, end, text_before);
    segments[i].bytes += fine - end;
    segments[i + 1].bytes -= fine - end;
    end = fine;
  }
  return segments;
}

}  // namespace

bool looks_like_text(ByteSpan raw) {
  constexpr size_t kStep = 61;  // every so many bytes are looked at
  size_t seen = 0, control = 0;
  for (size_t i = 0; i < raw.size(); i += kStep, ++seen)
    control += raw[i] < 9 || (raw[i] > 13 && raw[i] < 32) || raw[i] == 127;
  return control * 100 <= seen;
}

std::vector<Segment> find_segments(ByteSpan raw, const KnownText& known, std::span<const FoundFile> files) {
  std::vector<Segment> segments;
  const auto append_plain = [&](size_t begin, size_t end) {
    for (const Segment& part : plain_segments(raw.subspan(begin, end - begin), known))
      append(segments, part.kind, part.bytes);
  };
  const auto append_content = [&](size_t begin, size_t end) {
    for (; !files.empty() && files.front().begin < end; files = files.subspan(1)) {
      append_plain(begin, files.front().begin);
      append(segments, SegmentKind::kFile, files.front().bytes);
      begin = files.front().begin + files.front().bytes;
    }
    append_plain(begin, end);
  };
  size_t at = 0;
  while (at < raw.size()) {
    const auto content = tar_content_bytes(raw, at);
    if (!content) {  // before an archive, behind it, or in a file that began in an earlier block
      const size_t next = next_tar_header(raw, at);
      append_content(at, next);
      at = next;
      continue;
    }
    const size_t begin = at + kTarRecord, end = begin + size_t(std::min<uint64_t>(*content, raw.size() - begin));
    append(segments, SegmentKind::kHeaders, kTarRecord);
    append_content(begin, end);
    at = std::min((end + kTarRecord - 1) / kTarRecord * kTarRecord, raw.size());
    append(segments, SegmentKind::kHeaders, at - end);
  }
  return segments;
}

std::vector<Segment> cut_copies(const std::vector<Segment>& segments, std::span<const Copy> copies) {
  std::vector<Segment> out;
  size_t at = 0;  // what is before is in out
  size_t end = 0;
  for (const Segment& segment : segments) {
    end += segment.bytes;
    while (!copies.empty() && copies.front().begin < end) {
      const Copy& copy = copies.front();
      append(out, segment.kind, copy.begin - at);
      out.push_back({SegmentKind::kCopy, copy.bytes, copy.distance});
      at = copy.begin + copy.bytes;
      copies = copies.subspan(1);
    }
    if (at < end) append(out, segment.kind, end - at);
    at = std::max(at, end);
  }
  return out;
}

}  // namespace lmc
