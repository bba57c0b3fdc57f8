// Layout of its part of the reconstruction data:
//   varint            number of runs of chunks of the same size, and for each
//     varint, varint    size, number of chunks; the last chunk of all has what remains and is not in a run
//   filters           png_rows.h
//   [varint]          kRowsCut: bytes of rows that are there
//   [varint, bytes]   kMoreData: what the zlib stream holds after the rows
//   zlib              deflate_stream.h
//   [varint]          kStreamCut: bytes of the rebuilt zlib stream that are not there, at its end
//   [varint, bytes]   kMoreStream: what the chunks hold after the zlib stream
#include "lmc/media/image/png/png_streams.h"

#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/image/png/png_rows.h"
#include "lmc/media/image/side_part.h"

namespace lmc {
namespace {

constexpr size_t kMaxMoreData = size_t(1) << 20;  // bytes after the rows that are still believed to be meant

void write_chunk_sizes(Bytes& side, const std::vector<uint32_t>& sizes) {
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
Result<std::vector<SizeRun>> read_chunk_sizes(ByteReader& side, size_t max_bytes) {
  LMC_ASSIGN(const auto count, side.read_varint("number of runs of PNG chunks"));
  if (count > kMostPngRuns) return bad_input("reconstruction data of a PNG: too many runs of chunks", side.position());
  std::vector<SizeRun> runs;
  uint64_t total = kPngChunkBytes;
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto size, side.read_varint("size of PNG chunks"));
    LMC_ASSIGN(const auto chunks, side.read_varint("number of PNG chunks"));
    if (size > max_bytes || chunks > max_bytes / (size + kPngChunkBytes))
      return bad_input("reconstruction data of a PNG: more chunks than the file has room for", side.position());
    total += chunks * (size + kPngChunkBytes);
    if (total > max_bytes)
      return bad_input("reconstruction data of a PNG: more chunks than the file has room for", side.position());
    runs.push_back({size_t(size), size_t(chunks)});
  }
  return runs;
}

// Appends chunks in their order.
class ChunkWriter {
 public:
  ChunkWriter(const PngChunkForm& form, Bytes& file) : form_(form), file_(file) {}

  void write(ByteSpan data) {
    const uint32_t number = count_++;
    if (!form_.serial) return write_png_chunk(file_, form_.type, data);
    Bytes numbered;
    append_be32(numbered, *form_.serial + number);
    append_bytes(numbered, data);
    write_png_chunk(file_, form_.type, numbered);
  }
  void write_last(ByteSpan data) {
    if (!form_.said_bytes) return write(data);
    append_be32(file_, *form_.said_bytes);
    append_bytes(file_, as_bytes(form_.type));
    append_bytes(file_, data);
  }
  uint32_t count() const { return count_; }

 private:
  PngChunkForm form_;
  Bytes& file_;
  uint32_t count_ = 0;
};

Status write_chunks(ByteSpan stream, const std::vector<SizeRun>& runs, ChunkWriter& chunks) {
  for (const SizeRun& run : runs) {
    for (size_t i = 0; i < run.chunks; ++i) {
      if (run.size_bytes > stream.size())
        return bad_input("reconstruction data of a PNG: chunks longer than the stream");
      chunks.write(stream.first(run.size_bytes));
      stream = stream.subspan(run.size_bytes);
    }
  }
  if (stream.size() > INT32_MAX) return bad_input("reconstruction data of a PNG: a chunk of more than 2 GiB");
  chunks.write_last(stream);
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

// The bytes of all filtered rows.
Result<Bytes> rebuild_data(ByteReader& side, uint8_t flags, bool interlaced, const Picture& picture) {
  LMC_ASSIGN(auto data, filter_png(side, interlaced, picture));
  if (flags & kRowsCut) {
    LMC_ASSIGN(const auto there, side.read_varint("bytes of rows"));
    if (there > data.size()) return bad_input("reconstruction data of a PNG: more rows than it has", side.position());
    data.resize(size_t(there));
  }
  if (flags & kMoreData) {
    LMC_ASSIGN(const auto more, read_part(side, "what follows the rows of a PNG"));
    data.reserve(data.size() + more.size());
    append_bytes(data, more);
  }
  return data;
}

}  // namespace

Result<ReadPngStream> read_png_stream(ByteSpan stream, const std::vector<uint32_t>& chunk_bytes, bool interlaced,
                                      Picture& picture) {
  const auto rows_bytes = size_t(png_data_bytes(picture, interlaced));
  ReadPngStream out;
  LMC_ASSIGN(out.zlib, read_zlib_start(stream, rows_bytes + kMaxMoreData));
  const ByteSpan data = out.zlib.data;
  const size_t good = png_good_bytes(data.first(std::min(data.size(), rows_bytes)), interlaced, picture);
  if (good == 0 || out.zlib.size_bytes < stream.size() / 2 || (good < rows_bytes && good < data.size() / 2))
    return bad_input("PNG: most of what it holds cannot be read");
  out.more_stream = stream.subspan(out.zlib.size_bytes);
  out.is_odd = out.zlib.is_odd;
  out.flags = uint8_t((good < data.size() ? kMoreData : 0) | (out.more_stream.empty() ? 0 : kMoreStream) |
                      (good < rows_bytes ? kRowsCut : 0) | (out.zlib.surplus_bytes > 0 ? kStreamCut : 0));
  write_chunk_sizes(out.side_start, chunk_bytes);
  if (good == rows_bytes) {
    LMC_ASSIGN(const auto filters, unfilter_png(data.first(good), interlaced, picture));
    append_bytes(out.side_start, filters);
  } else {
    if (!interlaced) picture.height = png_rows_begun(picture, good);
    Bytes rows(data.begin(), data.begin() + ptrdiff_t(good));
    rows.resize(size_t(png_data_bytes(picture, interlaced)));  // what is missing is 0
    LMC_ASSIGN(const auto filters, unfilter_png(rows, interlaced, picture));
    append_bytes(out.side_start, filters);
    append_varint(out.side_start, good);
  }
  if (out.flags & kMoreData) append_part(out.side_start, data.subspan(good));
  return out;
}

Result<Bytes> ReadPngStream::side() const {
  Bytes side = side_start;
  LMC_ASSIGN(const auto described, describe_zlib(zlib));
  append_bytes(side, described);
  if (flags & kStreamCut) append_varint(side, zlib.surplus_bytes);
  if (flags & kMoreStream) append_part(side, more_stream);
  return side;
}

Result<uint32_t> rebuild_png_stream(ByteReader& side, uint8_t flags, bool interlaced, const Picture& picture,
                                    const PngChunkForm& form, size_t max_bytes, Bytes& file) {
  LMC_TRY(check_colours(picture));
  LMC_ASSIGN(const auto runs, read_chunk_sizes(side, max_bytes));
  LMC_ASSIGN(const auto data, rebuild_data(side, flags, interlaced, picture));
  LMC_ASSIGN(auto stream, rebuild_zlib(side, data, max_bytes));
  if (flags & kStreamCut) {
    LMC_ASSIGN(const auto surplus, side.read_varint("missing bytes of a zlib stream"));
    if (surplus > stream.size())
      return bad_input("reconstruction data of a PNG: more is missing than there is", side.position());
    stream.resize(stream.size() - size_t(surplus));
  }
  if (flags & kMoreStream) {
    LMC_ASSIGN(const auto more, read_part(side, "what follows the zlib stream of a PNG"));
    append_bytes(stream, more);
  }
  ChunkWriter chunks(form, file);
  LMC_TRY(write_chunks(stream, runs, chunks));
  if (file.size() > max_bytes) return bad_input("reconstruction data of a PNG: more than the file's size");
  return chunks.count();
}

}  // namespace lmc
