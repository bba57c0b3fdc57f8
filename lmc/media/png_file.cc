// Layout of the side bytes:
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
#include "lmc/media/png_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/deflate_stream.h"
#include "lmc/media/png_chunks.h"
#include "lmc/media/png_rows.h"

namespace lmc {
namespace {

enum PngFlag : uint8_t { kInterlaced = 1, kMoreData = 2, kMoreStream = 4 };

constexpr size_t kMaxMoreData = size_t(1) << 20;  // bytes after the rows that are still believed to be meant

struct PngParts {
  Picture shape;
  bool interlaced = false;
  std::vector<PngChunk> before, after;  // of IDAT, without IHDR and IEND
  Bytes stream;                         // what all IDAT chunks hold
  std::vector<uint32_t> stream_chunks;  // their sizes
  ByteSpan trailing;
};

Status read_header(const PngChunk& chunk, PngParts& parts) {
  const ByteSpan data = chunk.data;
  if (!chunk.is("IHDR") || data.size() != 13) return bad_input("PNG: expected a chunk IHDR of 13 bytes", 8);
  Picture& shape = parts.shape;
  shape.width = read_be32(data, 0);
  shape.height = read_be32(data, 4);
  shape.bits = data[8];
  const uint8_t colour = data[9];
  static constexpr int kChannels[] = {1, 0, 3, 1, 2, 0, 4};
  shape.channels = colour <= 6 ? kChannels[colour] : 0;
  shape.indexed = colour == 3;
  const bool power = shape.bits == 1 || shape.bits == 2 || shape.bits == 4 || shape.bits == 8 || shape.bits == 16;
  if (shape.channels == 0 || !power || (shape.bits < 8 && colour != 0 && colour != 3) ||
      (shape.bits > 8 && colour == 3))
    return bad_input(
        "PNG: no picture has colour type " + std::to_string(colour) + " and " + std::to_string(shape.bits) + " bits",
        24);
  if (data[10] != 0 || data[11] != 0 || data[12] > 1)
    return bad_input("PNG: an unknown method of compression, filtering or interlacing", 26);
  parts.interlaced = data[12] == 1;
  return check_shape(shape);
}

Bytes make_header(const Picture& picture, bool interlaced) {
  Bytes data;
  append_be32(data, picture.width);
  append_be32(data, picture.height);
  static constexpr uint8_t kColours[] = {0, 0, 4, 2, 6};
  append_bytes(data, Bytes{uint8_t(picture.bits), picture.indexed ? uint8_t(3) : kColours[picture.channels], 0, 0,
                           uint8_t(interlaced)});
  return data;
}

Result<PngParts> read_parts(ByteSpan file) {
  if (file.size() < kPngSignature.size() || !std::equal(kPngSignature.begin(), kPngSignature.end(), file.begin(),
                                                        [](char a, uint8_t b) { return uint8_t(a) == b; }))
    return bad_input("expected the signature of PNG", 0);
  PngParts parts;
  ByteReader reader(file);
  LMC_TRY(reader.read_bytes(kPngSignature.size(), "signature"));
  const auto header = read_png_chunk(reader);
  if (!header.ok()) return header.error();
  LMC_TRY(read_header(*header, parts));
  for (;;) {
    const size_t position = reader.position();
    const auto chunk = read_png_chunk(reader);
    if (!chunk.ok()) return chunk.error();
    if (chunk->is("IEND")) {
      if (!chunk->data.empty()) return bad_input("PNG: the chunk IEND is not empty", position);
      break;
    }
    if (chunk->is("IDAT")) {
      if (!parts.after.empty()) return bad_input("PNG: another chunk between chunks IDAT", position);
      append_bytes(parts.stream, chunk->data);
      parts.stream_chunks.push_back(uint32_t(chunk->data.size()));
    } else {
      (parts.stream_chunks.empty() ? parts.before : parts.after).push_back(*chunk);
    }
  }
  if (parts.stream_chunks.empty()) return bad_input("PNG: no chunk IDAT", reader.position());
  parts.trailing = file.subspan(reader.position());
  return parts;
}

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
    const auto size = side.read_varint("size of a PNG chunk");
    if (!size.ok()) return size.error();
    if (*size == 0) return Ok();
    const auto type = side.read_bytes(4, "type of a PNG chunk");
    if (!type.ok()) return type.error();
    if (*size - 1 > side.remaining()) return bad_input("side bytes of a PNG: a chunk is cut short", side.position());
    const auto data = side.read_bytes(size_t(*size - 1), "PNG chunk");
    if (!data.ok()) return data.error();
    if (file.size() + data->size() + kPngChunkBytes > max_bytes)
      return bad_input("side bytes of a PNG: more than the file's size");
    write_png_chunk(file, {reinterpret_cast<const char*>(type->data()), 4}, *data);
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
  const auto count = side.read_varint("number of runs of IDAT chunks");
  if (!count.ok()) return count.error();
  std::vector<SizeRun> runs;
  uint64_t total = kPngChunkBytes;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto size = side.read_varint("size of IDAT chunks");
    if (!size.ok()) return size.error();
    const auto chunks = side.read_varint("number of IDAT chunks");
    if (!chunks.ok()) return chunks.error();
    if (*size > max_bytes || *chunks > max_bytes / (*size + kPngChunkBytes))
      return bad_input("side bytes of a PNG: more IDAT chunks than the file has room for", side.position());
    total += *chunks * (*size + kPngChunkBytes);
    if (total > max_bytes)
      return bad_input("side bytes of a PNG: more IDAT chunks than the file has room for", side.position());
    runs.push_back({size_t(*size), size_t(*chunks)});
  }
  return runs;
}

Status append_stream(Bytes& file, ByteSpan stream, const std::vector<SizeRun>& runs) {
  for (const SizeRun& run : runs) {
    for (size_t i = 0; i < run.chunks; ++i) {
      if (run.size_bytes > stream.size()) return bad_input("side bytes of a PNG: IDAT chunks longer than the stream");
      write_png_chunk(file, "IDAT", stream.first(run.size_bytes));
      stream = stream.subspan(run.size_bytes);
    }
  }
  if (stream.size() > INT32_MAX) return bad_input("side bytes of a PNG: a chunk of more than 2 GiB");
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
  const auto size = side.read_varint("size of what follows the rows");
  if (!size.ok()) return size.error();
  if (*size > side.remaining()) return bad_input("side bytes of a PNG are cut short", side.position());
  const auto bytes = side.read_bytes(size_t(*size), "what follows the rows");
  if (!bytes.ok()) return bytes.error();
  append_bytes(out, *bytes);
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

Result<ParsedImage> parse_png(ByteSpan file) {
  auto parts = read_parts(file);
  if (!parts.ok()) return parts.error();
  const size_t rows_bytes = size_t(png_data_bytes(parts->shape, parts->interlaced));
  const auto zlib = parse_zlib(parts->stream, rows_bytes + kMaxMoreData);
  if (!zlib.ok()) return zlib.error();
  if (zlib->data.size() < rows_bytes)
    return bad_input("PNG: expected " + std::to_string(rows_bytes) + " bytes of rows, found " +
                     std::to_string(zlib->data.size()));
  const ByteSpan more_data = ByteSpan(zlib->data).subspan(rows_bytes);
  const ByteSpan more_stream = ByteSpan(parts->stream).subspan(zlib->size_bytes);
  ParsedImage parsed;
  parsed.picture = std::move(parts->shape);
  const auto filters = unfilter_png(ByteSpan(zlib->data).first(rows_bytes), parts->interlaced, parsed.picture);
  if (!filters.ok()) return filters.error();
  Bytes& side = parsed.side;
  side.push_back(uint8_t((parts->interlaced ? kInterlaced : 0) | (more_data.empty() ? 0 : kMoreData) |
                         (more_stream.empty() ? 0 : kMoreStream)));
  write_chunk_list(side, parts->before);
  write_chunk_list(side, parts->after);
  write_stream_chunks(side, parts->stream_chunks);
  append_bytes(side, *filters);
  write_more(side, more_data);
  append_bytes(side, zlib->side);
  write_more(side, more_stream);
  append_bytes(side, parts->trailing);
  return parsed;
}

Result<Bytes> rebuild_png(ByteSpan side, const Picture& picture, size_t max_bytes) {
  LMC_TRY(check_colours(picture));
  ByteReader reader(side);
  const auto flags = reader.read_le<uint8_t>("flags of a PNG");
  if (!flags.ok()) return flags.error();
  if (*flags > 7) return bad_input("side bytes of a PNG: unknown flags", 0);
  const bool interlaced = *flags & kInterlaced;
  Bytes file, after;
  append_bytes(file, as_bytes(kPngSignature));
  write_png_chunk(file, "IHDR", make_header(picture, interlaced));
  LMC_TRY(copy_chunk_list(reader, file, max_bytes));
  LMC_TRY(copy_chunk_list(reader, after, max_bytes));
  const auto runs = read_stream_chunks(reader, max_bytes);
  if (!runs.ok()) return runs.error();
  auto data = filter_png(reader, interlaced, picture);
  if (!data.ok()) return data.error();
  LMC_TRY(read_more(reader, *flags & kMoreData, *data));
  auto stream = rebuild_zlib(reader, *data, max_bytes);
  if (!stream.ok()) return stream.error();
  LMC_TRY(read_more(reader, *flags & kMoreStream, *stream));
  LMC_TRY(append_stream(file, *stream, *runs));
  append_bytes(file, after);
  write_png_chunk(file, "IEND", {});
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("side bytes of a PNG: more than the file's size");
  return file;
}

}  // namespace lmc
