// The rows of one picture in a PNG file: a zlib stream, in chunks, and how its encoder made it.
//
// What follows the rows, or is not to be read any more in a damaged stream, is kept as it is.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_STREAMS_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_STREAMS_H_

#include <optional>

#include "lmc/media/deflate/zlib_stream.h"
#include "lmc/media/image/image_file.h"

namespace lmc {

inline constexpr uint64_t kMostPngRuns = uint64_t(1) << 20;  // of chunks of one size

// What is so unusual that only a flag says that it follows.
enum PngStreamFlag : uint8_t {
  kMoreData = 2,    // the zlib stream holds more than the rows
  kMoreStream = 4,  // the chunks hold more than the zlib stream
  kRowsCut = 16,    // it holds less than the rows
  kStreamCut = 32,  // it is not whole
  kStreamFlags = kMoreData | kMoreStream | kRowsCut | kStreamCut,
};

// Of a stream whose rows are read. Movable; what the chunks hold must outlive it.
struct ReadPngStream {
  uint8_t flags = 0;
  bool is_odd = false;  // rebuilt, it may differ in a few bytes
  Bytes side_start;     // what comes before the zlib stream
  ZlibStart zlib;
  ByteSpan more_stream;

  // The reconstruction data. Takes long.
  Result<Bytes> side() const;
};
// stream: what the chunks hold, of these sizes. picture: its shape, as wide and high as it should be; the height is
// lessened to the rows that are begun, if it is not interlaced; samples are made. Errors: bad input, if less than half
// of the stream is rows.
Result<ReadPngStream> read_png_stream(ByteSpan stream, const std::vector<uint32_t>& chunk_bytes, bool interlaced,
                                      Picture& picture);

// How chunks are written.
struct PngChunkForm {
  const char* type = "IDAT";
  std::optional<uint32_t> serial = {};      // fdAT: the number at the beginning of the first
  std::optional<uint32_t> said_bytes = {};  // of the last, which has no CRC then, as the file ends
};
// Reads its part of side and appends the chunks to file, which gets max_bytes at most. Errors: bad input. Returns the
// number of chunks.
Result<uint32_t> rebuild_png_stream(ByteReader& side, uint8_t flags, bool interlaced, const Picture& picture,
                                    const PngChunkForm& form, size_t max_bytes, Bytes& file);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_STREAMS_H_
