// A JPEG file taken apart into quantised coefficients and reconstruction data, and put together again, byte for byte.
//
// The reconstruction data are all bytes of the file but the entropy-coded data, and the few choices of its encoder that
// the coefficients do not tell. Sequential and progressive Huffman files of 8 bits, 1 to 4 components, any sampling,
// with or without restart markers; other files, damaged ones and those of an encoder with heuristics of its own are
// errors.
#ifndef LMC_MEDIA_JPEG_JPEG_FILE_H_
#define LMC_MEDIA_JPEG_JPEG_FILE_H_

#include <cstdint>

#include "lmc/base/budget.h"
#include "lmc/base/bytes.h"
#include "lmc/media/jpeg/jpeg_headers.h"
#include "lmc/media/jpeg/jpeg_scan.h"

namespace lmc {

struct ParsedJpeg {
  JpegFrame frame;
  JpegCoefficients coefficients;
  Bytes headers;  // the file without its entropy-coded data
  ScanChoices choices;
  Bytes reduced_headers;  // on the way back only (jpeg_tables.h)
  Budget::Lease memory;   // of all this, from parse_jpeg
};

// An error if rebuild_jpeg would not give this very file, or if the budget is too small.
Result<ParsedJpeg> parse_jpeg(ByteSpan file, Budget* budget = nullptr);
// An error if the file has more than max_bytes.
Result<Bytes> rebuild_jpeg(const ParsedJpeg& jpeg, size_t max_bytes);

// Headers and choices as one byte string (docs/jpeg.md, section 2). jpeg: as from parse_jpeg.
Result<Bytes> jpeg_reconstruction_data(const ParsedJpeg& jpeg);
// The reverse, for a file of file_bytes, in two steps: all but the Huffman tables that follow from the coefficients,
// with coefficients all zero; and, when these are known, the headers in full.
Result<ParsedJpeg> jpeg_from_reconstruction_data(ByteSpan side, size_t file_bytes);
// At most what is kept of a file of so many bytes, with its reconstruction data, beside coefficients.
constexpr uint64_t jpeg_file_memory(uint64_t file_bytes, uint64_t side_bytes) {
  return 12 * file_bytes + 8 * side_bytes;
}
Result<Budget::Lease> take_for_coefficients(const JpegFrame& frame, Budget* budget);
// All zero, as many as the frame says.
void make_room_for_coefficients(ParsedJpeg& jpeg);
Status complete_headers(ParsedJpeg& jpeg);

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_JPEG_FILE_H_
