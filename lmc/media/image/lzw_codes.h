// The variable-length codes of GIF (GIF89a specification, appendix F) and TIFF (TIFF 6.0, section 13), with the choices
// that their encoders have.
//
// A greedy encoder takes the longest known string each time; what remains to choose is when to clear the table. So the
// codes are predicted, and noted only where they differ: when a stream comes from an encoder with heuristics of its
// own.
#ifndef LMC_MEDIA_IMAGE_LZW_CODES_H_
#define LMC_MEDIA_IMAGE_LZW_CODES_H_

#include "lmc/base/bytes.h"

namespace lmc {

struct LzwForm {
  int min_code_bits = 8;         // 2 to 8; symbols are below 2^min_code_bits
  bool high_bits_first = false;  // a code begins at the highest bit of a byte (TIFF), else at the lowest (GIF)
  bool grows_early = false;      // codes become longer one code sooner than needed (TIFF)
};
inline constexpr LzwForm kTiffLzwForm{.min_code_bits = 8, .high_bits_first = true, .grows_early = true};

struct LzwHeuristics {
  uint32_t clear_at = 0;       // size of the table at which it is cleared; 0: never
  bool watches_ratio = false;  // clears too, as libtiff does, where the last ten thousand symbols shrank less well
};
inline constexpr LzwHeuristics kLibtiffHeuristics{.clear_at = 4093, .watches_ratio = true};

// Reconstruction data of a stream:
//   varint    number of corrected codes, and for each
//     varint    codes that were right since the last correction
//     varint    the code, or 4096: the stream ends without another
//   1 byte    the bits that fill up the last byte
struct ParsedLzw {
  Bytes symbols;
  Bytes side;
  size_t size_bytes = 0;   // of the stream; more may follow
  size_t corrections = 0;  // codes that the heuristics did not foretell
};

// The size of the table at the first clear code that has something to clear; 0 if there is none, or no valid stream.
uint32_t lzw_clears_at(ByteSpan stream, LzwForm form, size_t symbol_count);

// Errors: bad input, if the stream is damaged, is not exactly symbol_count symbols, or comes from no greedy encoder.
Result<ParsedLzw> parse_lzw(ByteSpan stream, LzwForm form, LzwHeuristics heuristics, size_t symbol_count);

// Reads its part of side. Errors: bad input; nothing in side is trusted, symbols must be in range.
Result<Bytes> rebuild_lzw(ByteReader& side, ByteSpan symbols, LzwForm form, LzwHeuristics heuristics, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_LZW_CODES_H_
