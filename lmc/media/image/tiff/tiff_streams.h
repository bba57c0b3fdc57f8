// The compressed bytes of TIFF strips and tiles: one interface to the ways that lmc can write again.
#ifndef LMC_MEDIA_IMAGE_TIFF_TIFF_STREAMS_H_
#define LMC_MEDIA_IMAGE_TIFF_TIFF_STREAMS_H_

#include <optional>
#include <span>
#include <vector>

#include "lmc/media/deflate/zlib_stream.h"
#include "lmc/media/image/lzw_codes.h"
#include "lmc/media/image/tiff/packbits.h"

namespace lmc {

// Wire values.
enum class TiffCoding : uint8_t { kPlain = 0, kLzw = 1, kPackBits = 2, kDeflate = 3, kChosenDeflate = 4 };

// What the pieces of a page have in common.
struct TiffStreamHeuristics {
  TiffCoding coding = TiffCoding::kPlain;
  LzwHeuristics lzw = kLibtiffHeuristics;
  PackBitsPairs pairs = PackBitsPairs::kJoined;
  bool packets_cross_rows = false;
};

// Reconstruction data of heuristics:
//   1 byte     TiffCoding
//   [varint]   of LZW: twice the size of the table at which it is cleared, and 1 more if it watches the ratio
//   [1 byte]   of PackBits: twice PackBitsPairs, and 1 more if packets cross rows
void append_tiff_heuristics(Bytes& side, const TiffStreamHeuristics& heuristics);
Result<TiffStreamHeuristics> read_tiff_heuristics(ByteReader& side);

// Where a piece lies in the file, and what it holds.
struct TiffStreamPlace {
  ByteSpan stream;  // more may follow what is needed
  size_t data_bytes = 0, row_bytes = 0;
};

struct ParsedTiffStream {
  Bytes data;
  Bytes side;
  size_t size_bytes = 0;               // of the stream
  ByteSpan header = {}, deflate = {};  // of a zlib stream, whose side is still to be made
  DeflateHint hint = {};
};
struct ParsedTiffStreams {
  TiffStreamHeuristics heuristics;
  std::vector<ParsedTiffStream> streams;
};

// The heuristics with which the fewest corrections are needed; of deflate only the data. Errors: bad input.
Result<ParsedTiffStreams> parse_tiff_streams(TiffCoding coding, const std::vector<TiffStreamPlace>& places);

// Makes the sides of all zlib streams of a file, given in the order in which they lie in it. Returns the choices of
// those that are described so; nothing if there are none: then all pages have kDeflate, else kChosenDeflate.
Result<std::optional<Bytes>> describe_tiff_deflate(std::span<ParsedTiffStream* const> streams);

// Reads its part of side; choices: for kChosenDeflate, else it may be null. Errors: bad input; nothing in side is
// trusted.
Result<Bytes> rebuild_tiff_stream(ByteReader& side, const TiffStreamHeuristics& heuristics, ChoicesReader* choices,
                                  ByteSpan data, size_t row_bytes, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_TIFF_STREAMS_H_
