// TIFF files (TIFF 6.0) without compression or with deflate (Adobe's technical note 3, predictors 1 and 2): strips of 8
// or 16 bits, 1 to 4 samples a pixel side by side, both byte orders. The first image only; everything outside its
// strips is kept as it is. Tiles, planes, other depths and other compressions are refused.
#ifndef LMC_MEDIA_TIFF_FILE_H_
#define LMC_MEDIA_TIFF_FILE_H_

#include "lmc/media/image_file.h"

namespace lmc {

Result<ParsedImage> parse_tiff(ByteSpan file);
Result<Bytes> rebuild_tiff(ByteSpan side, const Picture& picture, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_TIFF_FILE_H_
