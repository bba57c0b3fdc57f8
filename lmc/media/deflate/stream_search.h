// Deflate streams inside other data: by the structure around them (zip local headers, gzip members) or by the header of
// zlib (PDF, there as ASCII85 too, git objects, SWF, WOFF and many others). What is found holds: it was inflated, and
// its checksum fits.
#ifndef LMC_MEDIA_DEFLATE_STREAM_SEARCH_H_
#define LMC_MEDIA_DEFLATE_STREAM_SEARCH_H_

#include <functional>
#include <vector>

#include "lmc/media/deflate/zlib_stream.h"

namespace lmc {

// A zlib stream that is written as text.
struct TextForm {
  size_t line_bytes = 0;  // ascii85.h
  Bytes zlib;             // the stream
};

struct FoundStream {
  size_t begin = 0, bytes = 0;  // of the deflate stream alone, to its last byte; or of the text
  DeflateHint hint;
  Bytes data;
  std::optional<TextForm> text = {};

  ByteSpan stream(ByteSpan raw) const {
    return text ? ByteSpan(text->zlib).subspan(kZlibHeaderBytes, text->zlib.size() - kZlibBytes)
                : raw.subspan(begin, bytes);
  }
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
