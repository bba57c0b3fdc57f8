// Netpbm's binary formats: P5 (PGM), P6 (PPM) and P7 (PAM) with 1 to 4 channels and maximal values up to 65535.
// Source: the manual pages pgm(5), ppm(5), pam(5). The text forms P1 to P3 and the bitmaps P4 are refused.
// What parse_pnm returns is rebuilt by rebuild_grid; further images in the file are bytes that follow.
#ifndef LMC_MEDIA_IMAGE_PNM_PNM_FILE_H_
#define LMC_MEDIA_IMAGE_PNM_PNM_FILE_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

Result<ParsedImage> parse_pnm(ByteSpan file, const OnShape& on_shape);
// Where the samples end, told from the header. Errors: bad input.
Result<uint64_t> pnm_end_bytes(ByteSpan start);

bool begins_like_pnm(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNM_PNM_FILE_H_
