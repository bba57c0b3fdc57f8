// TIFF files without compression (TIFF 6.0): strips of 8 or 16 bits, 1 to 4 samples a pixel side by side, both byte
// orders. The first image only; everything outside its strips is kept as it is.
// Tiles, planes, other depths and all compressions are refused. What parse_tiff returns is rebuilt by rebuild_grid.
#ifndef LMC_MEDIA_TIFF_FILE_H_
#define LMC_MEDIA_TIFF_FILE_H_

#include "lmc/media/image_file.h"

namespace lmc {

Result<ParsedImage> parse_tiff(ByteSpan file);

}  // namespace lmc

#endif  // LMC_MEDIA_TIFF_FILE_H_
