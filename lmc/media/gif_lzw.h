// The variable-length code of GIF (GIF89a specification, appendix F), with the choices its encoders have.
//
// A greedy encoder takes the longest known string each time; what remains to choose is when to clear the table. So the
// codes are predicted, and noted only where they differ: when a stream comes from an encoder with habits of its own.
#ifndef LMC_MEDIA_GIF_LZW_H_
#define LMC_MEDIA_GIF_LZW_H_

#include "lmc/base/bytes.h"

namespace lmc {

struct ParsedLzw {
  Bytes pixels;
  Bytes side;
  size_t size_bytes = 0;  // of the stream; more may follow
};

// min_code_bits: 2 to 8; pixels are below 2^min_code_bits.
// Errors: bad input, if the stream is damaged, is not exactly pixel_count pixels, or comes from no greedy encoder.
Result<ParsedLzw> parse_gif_lzw(ByteSpan stream, int min_code_bits, size_t pixel_count);

// Reads its part of side. Errors: bad input; nothing in side is trusted, pixels must be in range.
Result<Bytes> rebuild_gif_lzw(ByteReader& side, ByteSpan pixels, int min_code_bits, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_GIF_LZW_H_
