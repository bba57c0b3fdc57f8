// The compressed bytes of TIFF strips and tiles: one interface to the ways that lmc can write again.
#ifndef LMC_MEDIA_IMAGE_TIFF_TIFF_STREAMS_H_
#define LMC_MEDIA_IMAGE_TIFF_TIFF_STREAMS_H_

#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/media/image/lzw_codes.h"
#include "lmc/media/image/tiff/packbits.h"

namespace lmc {

// Wire values.
enum class TiffCoding : uint8_t { kPlain = 0, kLzw = 1, kPackBits = 2, kDeflate = 3 };

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
  size_t size_bytes = 0;  // of the stream
};
struct ParsedTiffStreams {
  TiffStreamHeuristics heuristics;
  std::vector<ParsedTiffStream> streams;
};

// The heuristics with which the fewest corrections are needed. Errors: bad input.
Result<ParsedTiffStreams> parse_tiff_streams(TiffCoding coding, const std::vector<TiffStreamPlace>& places);

// Reads its part of side. Errors: bad input; nothing in side is trusted.
Result<Bytes> rebuild_tiff_stream(ByteReader& side, const TiffStreamHeuristics& heuristics, ByteSpan data,
                                  size_t row_bytes, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_TIFF_STREAMS_H_
