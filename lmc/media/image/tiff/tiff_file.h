// TIFF files (TIFF 6.0): strips or tiles of 1, 2, 4, 8 or 16 bits, 1 to 4 samples a pixel side by side or in planes,
// both byte orders; without compression or with LZW, PackBits or deflate, predictors 1 and 2. Of several pages those of
// the width and kind of sample that have the most pixels become one picture, one below the other; everything outside
// their strips is kept as it is. Other depths and compressions are refused.
#ifndef LMC_MEDIA_IMAGE_TIFF_TIFF_FILE_H_
#define LMC_MEDIA_IMAGE_TIFF_TIFF_FILE_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

Result<ParsedImage> parse_tiff(ByteSpan file, const OnShape& on_shape);
// At most what rebuild_tiff takes beside its arguments and the file.
uint64_t tiff_rebuild_memory(ByteSpan side, const Picture& picture);
// Whether a file that begins so may have pages that can be taken apart: the first directory says so, or is not there
// yet.
bool tiff_may_follow(ByteSpan start);
Result<Bytes> rebuild_tiff(ByteSpan side, const Picture& picture, size_t max_bytes);

bool begins_like_tiff(ByteSpan start);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_TIFF_FILE_H_
