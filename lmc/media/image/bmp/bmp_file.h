// Windows bitmaps without compression: 8 bits with a palette, 24 and 32 bits, rows upwards or downwards.
// Source: Microsoft's description of BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER and V5.
// 1, 4 and 16 bits and run lengths are refused. What parse_bmp returns is rebuilt by rebuild_grid.
#ifndef LMC_MEDIA_IMAGE_BMP_BMP_FILE_H_
#define LMC_MEDIA_IMAGE_BMP_BMP_FILE_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

Result<ParsedImage> parse_bmp(ByteSpan file, const OnShape& on_shape);
// Where the samples end, told from the header. Errors: bad input.
Result<uint64_t> bmp_end_bytes(ByteSpan start);

bool begins_like_bmp(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_BMP_BMP_FILE_H_
