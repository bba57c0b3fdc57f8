// Zlib streams (RFC 1950): a header of two bytes, a deflate stream and Adler-32 of its data, which is derived.
//
// Reconstruction data: the header, then those of deflate (deflate_stream.h).
#ifndef LMC_MEDIA_DEFLATE_ZLIB_STREAM_H_
#define LMC_MEDIA_DEFLATE_ZLIB_STREAM_H_

#include "lmc/media/deflate/deflate_stream.h"

namespace lmc {

inline constexpr size_t kZlibHeaderBytes = 2, kZlibChecksumBytes = 4;
inline constexpr size_t kZlibBytes = kZlibHeaderBytes + kZlibChecksumBytes;  // beside the deflate stream

Result<ParsedDeflate> parse_zlib(ByteSpan stream, size_t max_data_bytes);
Result<Bytes> rebuild_zlib(ByteReader& side, ByteSpan data, size_t max_bytes);

// A whole zlib stream and what it holds.
struct InflatedZlib {
  Bytes data;
  ByteSpan header, deflate;
  DeflateHint hint;
  size_t size_bytes = 0;
};
// Errors: bad input, if the stream is damaged or holds more than max_data_bytes.
Result<InflatedZlib> inflate_zlib(ByteSpan stream, size_t max_data_bytes);
// With the checksum of the data.
Bytes zlib_around(ByteSpan header, ByteSpan deflate, ByteSpan data);

// Of a zlib stream that may be cut off or damaged. What rebuild_zlib makes begins with the size_bytes of the stream,
// but for odd bytes: its checksum, where that is wrong, and the size of a stored block in which it ends.
struct ZlibStart {
  Bytes data;
  size_t size_bytes = 0;
  size_t surplus_bytes = 0;  // that rebuild_zlib makes beyond them
  bool is_odd = false;       // whether there may be such bytes
  DeflateHint hint;
  ByteSpan header;
  ByteSpan own_deflate;  // as it is in the file, unless
  Bytes ended;           // it had to be ended

  ByteSpan deflate() const { return ended.empty() ? own_deflate : ByteSpan(ended); }
};

// As much as can be read. Errors: bad input, if that is nothing.
Result<ZlibStart> read_zlib_start(ByteSpan stream, size_t max_data_bytes);
// Its reconstruction data, which take far longer.
Result<Bytes> describe_zlib(const ZlibStart& start);

uint32_t adler32(ByteSpan bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_ZLIB_STREAM_H_
