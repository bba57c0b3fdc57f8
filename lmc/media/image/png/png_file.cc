// Layout of the reconstruction data:
//   1 byte            PngFlag
//   list of chunks    between IHDR and IDAT; for each varint size of data + 1, type, data; then a zero
//   list of chunks    between IDAT and IEND
//   varint            number of runs of IDAT chunks of the same size, and for each
//     varint, varint    size, number of chunks; the last chunk of all has what remains and is not in a run
//   filters           png_rows.h
//   [varint, bytes]   kMoreData: what the zlib stream holds after the rows
//   zlib              deflate_stream.h
//   [varint, bytes]   kMoreStream: what the IDAT chunks hold after the zlib stream
//   rest              what follows IEND
#include "lmc/media/image/png/png_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/deflate/deflate_stream.h"
#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/image/png/png_rows.h"

namespace lmc {
namespace {

enum PngFlag : uint8_t { kInterlaced = 1, kMoreData = 2, kMoreStream = 4 };

constexpr size_t kMaxMoreData = size_t(1) << 20;  // bytes after the rows that are still believed to be meant

void write_chunk_list(Bytes& side, const std::vector<PngChunk>& chunks) {
  for (const PngChunk& chunk : chunks) {
    append_varint(side, chunk.data.size() + 1);
    append_bytes(side, as_bytes({chunk.type.data(), 4}));
    append_bytes(side, chunk.data);
  }
  side.push_back(0);
}

// Appends the chunks to file.
Status copy_chunk_list(ByteReader& side, Bytes& file, size_t max_bytes) {
  for (;;) {
    LMC_ASSIGN(const auto size, side.read_varint("size of a PNG chunk"));
    if (size == 0) return Ok();
    LMC_ASSIGN(const auto type, side.read_bytes(4, "type of a PNG chunk"));
    if (size - 1 > side.remaining())
      return bad_input("reconstruction data of a PNG: a chunk is cut short", side.position());
    LMC_ASSIGN(const auto data, side.read_bytes(size_t(size - 1), "PNG chunk"));
    if (file.size() + data.size() + kPngChunkBytes > max_bytes)
      return bad_input("reconstruction data of a PNG: more than the file's size");
    write_png_chunk(file, {reinterpret_cast<const char*>(type.data()), 4}, data);
  }
}

void write_stream_chunks(Bytes& side, const std::vector<uint32_t>& sizes) {
  Bytes runs;
  uint64_t count = 0;
  for (size_t i = 0; i + 1 < sizes.size(); ++count) {
    size_t run = 1;
    while (i + run + 1 < sizes.size() && sizes[i + run] == sizes[i]) ++run;
    append_varint(runs, sizes[i]);
    append_varint(runs, run);
    i += run;
  }
  append_varint(side, count);
  append_bytes(side, runs);
}

struct SizeRun {
  size_t size_bytes, chunks;
};

// Checks that the file stays below max_bytes, whatever the stream is.
Result<std::vector<SizeRun>> read_stream_chunks(ByteReader& side, size_t max_bytes) {
  LMC_ASSIGN(const auto count, side.read_varint("number of runs of IDAT chunks"));
  if (count > kMostPngRuns)
    return bad_input("reconstruction data of a PNG: too many runs of IDAT chunks", side.position());
  std::vector<SizeRun> runs;
  uint64_t total = kPngChunkBytes;
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto size, side.read_varint("size of IDAT chunks"));
    LMC_ASSIGN(const auto chunks, side.read_varint("number of IDAT chunks"));
    if (size > max_bytes || chunks > max_bytes / (size + kPngChunkBytes))
      return bad_input("reconstruction data of a PNG: more IDAT chunks than the file has room for", side.position());
    total += chunks * (size + kPngChunkBytes);
    if (total > max_bytes)
      return bad_input("reconstruction data of a PNG: more IDAT chunks than the file has room for", side.position());
    runs.push_back({size_t(size), size_t(chunks)});
  }
  return runs;
}

Status append_stream(Bytes& file, ByteSpan stream, const std::vector<SizeRun>& runs) {
  for (const SizeRun& run : runs) {
    for (size_t i = 0; i < run.chunks; ++i) {
      if (run.size_bytes > stream.size())
        return bad_input("reconstruction data of a PNG: IDAT chunks longer than the stream");
      write_png_chunk(file, "IDAT", stream.first(run.size_bytes));
      stream = stream.subspan(run.size_bytes);
    }
  }
  if (stream.size() > INT32_MAX) return bad_input("reconstruction data of a PNG: a chunk of more than 2 GiB");
  write_png_chunk(file, "IDAT", stream);
  return Ok();
}

void write_more(Bytes& side, ByteSpan bytes) {
  if (bytes.empty()) return;
  append_varint(side, bytes.size());
  append_bytes(side, bytes);
}

// Appends, if the flag is set, what write_more wrote.
Status read_more(ByteReader& side, bool present, Bytes& out) {
  if (!present) return Ok();
  LMC_ASSIGN(const auto size, side.read_varint("size of what follows the rows"));
  if (size > side.remaining()) return bad_input("reconstruction data of a PNG are cut short", side.position());
  LMC_ASSIGN(const auto bytes, side.read_bytes(size_t(size), "what follows the rows"));
  out.reserve(out.size() + bytes.size());
  append_bytes(out, bytes);
  return Ok();
}

Status check_colours(const Picture& picture) {
  const int bits = picture.bits;
  const bool simple = picture.channels == 1;
  if ((bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16) || (bits < 8 && !simple) ||
      (picture.indexed && (!simple || bits > 8)))
    return bad_input("no PNG has " + std::to_string(picture.channels) + " channels of " + std::to_string(bits) +
                     " bits");
  return Ok();
}

}  // namespace

Result<ParsedImage> parse_png(ByteSpan file, const OnShape& on_shape) {
  LMC_ASSIGN(auto parts, read_png_parts(file));
  LMC_TRY(check_image_fits_file(ImageFormat::kPng, parts.shape, file.size()));
  LMC_TRY(on_shape(parts.shape, 0));
  const size_t rows_bytes = size_t(png_data_bytes(parts.shape, parts.interlaced));
  LMC_ASSIGN(const auto zlib, parse_zlib(parts.stream, rows_bytes + kMaxMoreData));
  if (zlib.data.size() < rows_bytes)
    return bad_input("PNG: expected " + std::to_string(rows_bytes) + " bytes of rows, found " +
                     std::to_string(zlib.data.size()));
  const ByteSpan more_data = ByteSpan(zlib.data).subspan(rows_bytes);
  const ByteSpan more_stream = ByteSpan(parts.stream).subspan(zlib.size_bytes);
  ParsedImage parsed;
  parsed.picture = std::move(parts.shape);
  LMC_ASSIGN(const auto filters, unfilter_png(ByteSpan(zlib.data).first(rows_bytes), parts.interlaced, parsed.picture));
  Bytes& side = parsed.side;
  side.push_back(uint8_t((parts.interlaced ? kInterlaced : 0) | (more_data.empty() ? 0 : kMoreData) |
                         (more_stream.empty() ? 0 : kMoreStream)));
  write_chunk_list(side, parts.before);
  write_chunk_list(side, parts.after);
  write_stream_chunks(side, parts.stream_chunks);
  append_bytes(side, filters);
  write_more(side, more_data);
  append_bytes(side, zlib.side);
  write_more(side, more_stream);
  append_bytes(side, parts.trailing);
  return parsed;
}

Result<Bytes> rebuild_png(ByteSpan side, const Picture& picture, size_t max_bytes) {
  LMC_TRY(check_colours(picture));
  ByteReader reader(side);
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("flags of a PNG"));
  if (flags > 7) return bad_input("reconstruction data of a PNG: unknown flags", 0);
  const bool interlaced = flags & kInterlaced;
  Bytes file, after;
  file.reserve(max_bytes);
  append_bytes(file, as_bytes(kPngSignature));
  write_png_chunk(file, "IHDR", png_header_data(picture, interlaced));
  LMC_TRY(copy_chunk_list(reader, file, max_bytes));
  LMC_TRY(copy_chunk_list(reader, after, max_bytes));
  LMC_ASSIGN(const auto runs, read_stream_chunks(reader, max_bytes));
  LMC_ASSIGN(auto data, filter_png(reader, interlaced, picture));
  LMC_TRY(read_more(reader, flags & kMoreData, data));
  LMC_ASSIGN(auto stream, rebuild_zlib(reader, data, max_bytes));
  LMC_TRY(read_more(reader, flags & kMoreStream, stream));
  LMC_TRY(append_stream(file, stream, runs));
  append_bytes(file, after);
  write_png_chunk(file, "IEND", {});
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("reconstruction data of a PNG: more than the file's size");
  return file;
}

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
