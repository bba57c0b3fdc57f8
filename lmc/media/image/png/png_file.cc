// Layout of the reconstruction data:
//   1 byte            PngFlag and PngStreamFlag
//   [damage]          kDamaged: png_damage.h
//   [varint]          kOwnHeight: that of the header; else it is the picture's
//   list of chunks    between IHDR and IDAT; for each varint size of data + 1, type, data; then a zero
//   list of chunks    between IDAT and IEND; with kFrames, instead of the chunks fdAT of a frame, one of a byte,
//                     kChanges and PngStreamFlag, and the frame's stream
//   stream            that of the chunks IDAT: png_streams.cc
//   rest              what follows IEND
#include "lmc/media/image/png/png_file.h"

#include <algorithm>
#include <memory>
#include <string>

#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/image/png/png_damage.h"
#include "lmc/media/image/png/png_frames.h"
#include "lmc/media/image/png/png_rows.h"
#include "lmc/media/image/png/png_streams.h"

namespace lmc {
namespace {

enum PngFlag : uint8_t { kInterlaced = 1, kDamaged = 8, kOwnHeight = 64, kFrames = 128 };
constexpr uint8_t kChanges = 128;  // of a frame

void write_chunk(Bytes& side, const PngChunk& chunk) {
  append_varint(side, chunk.data.size() + 1);
  append_bytes(side, as_bytes({chunk.type.data(), 4}));
  append_bytes(side, chunk.data);
}

void write_chunk_list(Bytes& side, const std::vector<PngChunk>& chunks) {
  for (const PngChunk& chunk : chunks) write_chunk(side, chunk);
  side.push_back(0);
}

// Nothing at the end of the list.
Result<std::optional<PngChunk>> read_chunk(ByteReader& side) {
  LMC_ASSIGN(const auto size, side.read_varint("size of a PNG chunk"));
  if (size == 0) return std::optional<PngChunk>();
  LMC_ASSIGN(const auto type, side.read_bytes(4, "type of a PNG chunk"));
  if (size - 1 > side.remaining())
    return bad_input("reconstruction data of a PNG: a chunk is cut short", side.position());
  PngChunk chunk;
  std::copy_n(type.begin(), 4, chunk.type.begin());
  LMC_ASSIGN(const auto data, side.read_bytes(size_t(size - 1), "PNG chunk"));
  chunk.data = data;
  return std::optional(chunk);
}

Status copy_chunk(const PngChunk& chunk, Bytes& file, size_t max_bytes) {
  if (file.size() + chunk.data.size() + kPngChunkBytes > max_bytes)
    return bad_input("reconstruction data of a PNG: more than the file's size");
  write_png_chunk(file, {chunk.type.data(), 4}, chunk.data);
  return Ok();
}

Status copy_chunk_list(ByteReader& side, Bytes& file, size_t max_bytes) {
  for (;;) {
    LMC_ASSIGN(const auto chunk, read_chunk(side));
    if (!chunk) return Ok();
    LMC_TRY(copy_chunk(*chunk, file, max_bytes));
  }
}

// A frame beyond the first picture, and its chunks fdAT.
struct FoundFrame {
  PngFrame frame;
  FrameCells::Place place;
  size_t first_chunk = 0, end_chunk = 0;  // in the list of chunks
};

// All of them, if they are in order and there are some. Makes the picture higher.
std::vector<FoundFrame> find_frames(const std::vector<PngChunk>& chunks, Picture& picture) {
  FrameStacker stacker(picture);
  std::vector<FoundFrame> found;
  std::optional<PngFrame> frame;
  uint64_t pixels = uint64_t(picture.width) * picture.height;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].is("fcTL")) {
      frame = read_png_frame(chunks[i], picture);
      if (!frame) return {};
    }
    if (!chunks[i].is("fdAT")) continue;
    if (!frame) return {};
    size_t end = i;
    for (; end < chunks.size() && chunks[end].is("fdAT"); ++end)
      if (chunks[end].data.size() < 4 || read_be32(chunks[end].data, 0) != frame->serial + 1 + (end - i)) return {};
    found.push_back({*frame, stacker.place(*frame), i, end});
    pixels += uint64_t(frame->width) * frame->height;
    frame.reset();
    i = end - 1;
  }
  const uint64_t height = stacker.height();
  if (found.empty() || height > UINT32_MAX || height * picture.width / (1 + kMaxPngSpareTimes) > pixels) return {};
  picture.height = uint32_t(height);
  return found;
}

// A frame that is read.
struct ReadFrame {
  Bytes chunk_data;  // what its chunks hold
  ReadPngStream stream;
  bool changes = false;
};

// Puts the frames into the picture.
Result<std::vector<ReadFrame>> read_frames(const std::vector<PngChunk>& chunks, const std::vector<FoundFrame>& frames,
                                           bool interlaced, const Picture& first, Picture& picture) {
  FrameStacker stacker(first);
  std::vector<ReadFrame> out(frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    const FoundFrame& found = frames[i];
    std::vector<uint32_t> sizes;
    for (size_t k = found.first_chunk; k < found.end_chunk; ++k) {
      append_bytes(out[i].chunk_data, chunks[k].data.subspan(4));
      sizes.push_back(uint32_t(chunks[k].data.size() - 4));
    }
    Picture shape = first;
    shape.samples.clear();
    shape.width = found.frame.width;
    shape.height = found.frame.height;
    LMC_ASSIGN(out[i].stream, read_png_stream(out[i].chunk_data, sizes, interlaced, shape));
    if (out[i].stream.is_odd || shape.height != found.frame.height) return bad_input("PNG: a frame that is damaged");
    out[i].changes = stacker.put(found.frame, found.place, shape.samples, picture);
  }
  return out;
}

// Appends the chunks after IDAT. first: the picture of the chunks IDAT.
Status rebuild_frames(ByteReader& side, bool interlaced, const Picture& first, const Picture& picture, Bytes& file,
                      size_t max_bytes) {
  FrameStacker stacker(first);
  std::optional<PngFrame> frame;
  for (;;) {
    LMC_ASSIGN(const auto chunk, read_chunk(side));
    if (!chunk) return Ok();
    if (!chunk->is("fdAT")) {
      if (chunk->is("fcTL")) frame = read_png_frame(*chunk, first);
      LMC_TRY(copy_chunk(*chunk, file, max_bytes));
      continue;
    }
    if (!frame || chunk->data.empty())
      return bad_input("reconstruction data of a PNG: a frame that is not announced", side.position());
    const auto place = stacker.place(*frame);
    if (stacker.height() > picture.height)
      return bad_input("reconstruction data of a PNG: frames that do not fit the picture", side.position());
    const uint8_t flags = chunk->data[0];
    if ((flags & ~(kChanges | kStreamFlags)) != 0) return bad_input("reconstruction data of a PNG: unknown flags", 0);
    const Picture shown = stacker.take(*frame, place, flags & kChanges, picture);
    ByteReader stream(chunk->data.subspan(1));
    const PngChunkForm form{.type = "fdAT", .serial = frame->serial + 1};
    LMC_TRY(rebuild_png_stream(stream, flags, interlaced, shown, form, max_bytes, file));
    if (stream.remaining() > 0) return bad_input("reconstruction data of a PNG: more than a frame needs");
    frame.reset();
  }
}

// The rows that the chunks IDAT hold.
Picture first_rows(const Picture& picture, uint64_t height) {
  Picture first = picture;
  first.height = uint32_t(std::min<uint64_t>(height, picture.height));
  first.samples.resize(first.size_bytes());
  return first;
}

// A file whose pixels are read. What it refers to outlives it.
struct ReadPng {
  PngParts parts;
  std::vector<FoundFrame> found;
  ReadPngStream stream;
  std::vector<ReadFrame> frames;
  uint8_t flags = 0;

  bool is_odd() const { return stream.is_odd || parts.wrong_crcs; }
};

// Makes the picture of read.parts, all_height rows high if frames were found.
Status read_pixels(ReadPng& read, uint32_t all_height, Picture& picture) {
  const PngParts& parts = read.parts;
  picture = parts.shape;
  LMC_ASSIGN(read.stream, read_png_stream(parts.stream, parts.stream_chunks, parts.interlaced, picture));
  if (!read.found.empty()) {
    if (picture.height != parts.shape.height) return bad_input("PNG: an animation that is damaged");
    const Picture first = picture;
    picture.height = all_height;
    picture.samples.resize(picture.size_bytes());
    LMC_ASSIGN(read.frames, read_frames(parts.after, read.found, parts.interlaced, first, picture));
  }
  read.flags = uint8_t(read.stream.flags | (parts.interlaced ? kInterlaced : 0) |
                       (picture.height != parts.shape.height ? kOwnHeight : 0) | (read.found.empty() ? 0 : kFrames));
  return Ok();
}

// The list of chunks after IDAT, with frames in it.
Result<Bytes> side_of_frames(const ReadPng& read) {
  Bytes side;
  size_t next = 0;
  const auto write_until = [&](size_t end) {
    for (; next < end; ++next) write_chunk(side, read.parts.after[next]);
  };
  for (size_t i = 0; i < read.frames.size(); ++i) {
    const ReadFrame& frame = read.frames[i];
    write_until(read.found[i].first_chunk);
    next = read.found[i].end_chunk;
    Bytes data{uint8_t(frame.stream.flags | (frame.changes ? kChanges : 0))};
    LMC_ASSIGN(const auto stream, frame.stream.side());
    append_bytes(data, stream);
    write_chunk(side, {.type = {'f', 'd', 'A', 'T'}, .data = data});
  }
  write_until(read.parts.after.size());
  side.push_back(0);
  return side;
}

// All but the flags and what kDamaged announces.
Result<Bytes> side_of_parts(const ReadPng& read) {
  Bytes side;
  if (read.flags & kOwnHeight) append_varint(side, read.parts.shape.height);
  write_chunk_list(side, read.parts.before);
  LMC_ASSIGN(const auto after, side_of_frames(read));
  append_bytes(side, after);
  LMC_ASSIGN(const auto stream, read.stream.side());
  append_bytes(side, stream);
  append_bytes(side, read.parts.trailing);
  return side;
}

// The file, but for its damage, of which the end is given.
Result<Bytes> rebuild_parts(ByteSpan side, uint8_t flags, const PngEnd& end, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  const bool interlaced = flags & kInterlaced;
  Picture shape = picture;
  shape.samples.clear();
  if (flags & kOwnHeight) {
    LMC_ASSIGN(const auto height, reader.read_varint("height of a PNG"));
    shape.height = uint32_t(std::min<uint64_t>(height, UINT32_MAX));
  }
  Bytes file, after;
  file.reserve(max_bytes);
  append_bytes(file, as_bytes(kPngSignature));
  write_png_chunk(file, "IHDR", png_header_data(shape, interlaced));
  LMC_TRY(copy_chunk_list(reader, file, max_bytes));
  Picture first;
  const Picture* rows = &picture;
  if (flags & kFrames) {
    first = first_rows(picture, shape.height);
    rows = &first;
    LMC_TRY(check_shape(first));
    LMC_TRY(rebuild_frames(reader, interlaced, first, picture, after, max_bytes));
  } else {
    LMC_TRY(copy_chunk_list(reader, after, max_bytes));
  }
  const PngChunkForm form{.said_bytes = end.said_bytes};
  LMC_TRY(rebuild_png_stream(reader, flags, interlaced, *rows, form, max_bytes, file));
  append_bytes(file, after);
  if (end.has_end) write_png_chunk(file, "IEND", {});
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("reconstruction data of a PNG: more than the file's size");
  return file;
}

Result<Bytes> side_of(const ReadPng& read, ByteSpan file, const Picture& picture) {
  const PngParts& parts = read.parts;
  LMC_ASSIGN(const auto side, side_of_parts(read));
  PngDamage damage{.end = {parts.has_end, parts.said_bytes}, .between = parts.between, .odd = {}};
  Bytes actual;
  if (read.is_odd()) {
    LMC_ASSIGN(const auto made, rebuild_parts(side, read.flags, damage.end, picture, file.size()));
    actual = without(file, parts.between);
    LMC_ASSIGN(damage.odd, differing_bytes(made, actual));
  }
  Bytes out{uint8_t(read.flags | (damage.is_any() ? kDamaged : 0))};
  if (damage.is_any()) write_png_damage(out, damage);
  append_bytes(out, side);
  return out;
}

}  // namespace

Result<ParsedImage> parse_png(ByteSpan file, const OnShape& on_shape) {
  const auto read = std::make_shared<ReadPng>();
  LMC_ASSIGN(read->parts, read_png_parts(file));
  Picture shape = read->parts.shape;
  read->found = find_frames(read->parts.after, shape);
  LMC_TRY(check_shape(shape));
  LMC_TRY(check_image_fits_file(ImageFormat::kPng, shape, file.size()));
  const uint64_t of_frames =
      read->found.empty() ? 0 : sizeof(FoundFrame) * read->found.size() + 3 * shape.size_bytes() + file.size();
  LMC_TRY(on_shape(shape, of_frames));
  ParsedImage out;
  auto status = read_pixels(*read, shape.height, out.picture);
  if (!status.ok() && !read->found.empty()) {
    read->found.clear();
    read->frames.clear();
    status = read_pixels(*read, read->parts.shape.height, out.picture);
  }
  LMC_TRY(status);
  out.make_side = [read, file](const Picture& picture) { return side_of(*read, file, picture); };
  return out;
}

Result<Bytes> rebuild_png(ByteSpan side, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("flags of a PNG"));
  PngDamage damage;
  if (flags & kDamaged) {
    LMC_ASSIGN(damage, read_png_damage(reader));
  }
  LMC_ASSIGN(auto file, rebuild_parts(reader.rest(), flags, damage.end, picture, max_bytes));
  return with_damage(std::move(file), damage, max_bytes);
}

bool has_png_frames(uint8_t flags) { return (flags & kFrames) != 0; }

bool begins_like_png(ByteSpan start) { return begins_with(start, "\x89PNG\r\n\x1a\n"); }

FileLength png_length(ByteSpan raw) {
  constexpr size_t kSignature = 8, kFraming = 12, kHeaderBytes = 13;
  size_t at = kSignature;
  for (bool first = true;; first = false) {
    if (raw.size() - at < kFraming) return FileLength::cut_off(raw, !first);
    const size_t bytes = big_endian(raw, at, 4);
    const ByteSpan type = raw.subspan(at + 4, 4);
    if (first && (!begins_with(type, "IHDR") || bytes != kHeaderBytes)) return {FileLength::End::kNoFile, at};
    if (!std::ranges::all_of(type, [](uint8_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }))
      return {FileLength::End::kNoFile, at};
    const bool last = begins_with(type, "IEND");
    if (bytes > raw.size() - at - kFraming) return FileLength::cut_off(raw, !first);
    at += kFraming + bytes;
    if (last) return {FileLength::End::kThere, at};
  }
}

}  // namespace lmc
