// Between the samples of a Picture and the filtered rows of a PNG (PNG specification, sections 7 to 9).
//
// unfilter_png and filter_png are inverse to each other. Which of the five filters each row has is predicted by the
// rules usual encoders have (always the same, or the least sum of absolute values in some order of trial), and only
// what is not as predicted is noted. Bits that fill up a row's last byte are kept where they are not zero.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_ROWS_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_ROWS_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

// The bytes of all rows, filter bytes included. shape as check_shape wants it.
uint64_t png_data_bytes(const Picture& shape, bool interlaced);

// The rows that begin in so many bytes, not interlaced.
uint32_t png_rows_begun(const Picture& shape, uint64_t data_bytes);
// Of the bytes, those before the first row with a filter that does not exist.
size_t png_good_bytes(ByteSpan data, bool interlaced, const Picture& shape);

// data has png_data_bytes; fills picture.samples. Returns reconstruction data: filters, then bits that fill rows.
// Errors: bad input, if a filter does not exist.
Result<Bytes> unfilter_png(ByteSpan data, bool interlaced, Picture& picture);

// Reads its part of side. picture.bits is 1, 2, 4, 8 or 16, picture.samples are complete. Errors: bad input.
Result<Bytes> filter_png(ByteReader& side, bool interlaced, const Picture& picture);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_ROWS_H_
