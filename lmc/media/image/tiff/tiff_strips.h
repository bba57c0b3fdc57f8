// Strips of a TIFF that are zlib streams, between bytes kept as they are: an older form of side bytes that is only
// read. What is written now is described in tiff_pieces.cc.
#ifndef LMC_MEDIA_TIFF_STRIPS_H_
#define LMC_MEDIA_TIFF_STRIPS_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

Result<Bytes> rebuild_deflated_strips(ByteSpan side, const Picture& picture, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_TIFF_STRIPS_H_
