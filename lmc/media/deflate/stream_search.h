// Deflate streams inside other data: by the structure around them (zip local headers, gzip members) or by the header of
// zlib (PDF, git objects, SWF, WOFF and many others). What is found holds: it was inflated, and its checksum fits.
#ifndef LMC_MEDIA_DEFLATE_STREAM_SEARCH_H_
#define LMC_MEDIA_DEFLATE_STREAM_SEARCH_H_

#include <functional>
#include <vector>

#include "lmc/media/deflate/deflate_stream.h"

namespace lmc {

struct FoundStream {
  size_t begin = 0, bytes = 0;  // of the deflate stream alone, to its last byte
  DeflateHint hint;
  Bytes data;
};

inline constexpr size_t kSmallestStream = 32;  // what smaller ones would save is less than describing them costs

struct StreamLimits {
  size_t most_data_bytes = 0;  // of all streams together; what goes beyond is left as it is
  // Where raw is to be left alone: returns the end of what begins at a place, or the place itself.
  std::function<size_t(size_t at)> spare = {};
};

// In order, apart from each other. Takes time in proportion to raw and to what is found.
std::vector<FoundStream> find_deflate_streams(ByteSpan raw, const StreamLimits& limits);

// Whether a file begins like one that is mostly deflate streams: gzip, zip, PDF, zlib.
bool begins_like_streams(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_STREAM_SEARCH_H_
