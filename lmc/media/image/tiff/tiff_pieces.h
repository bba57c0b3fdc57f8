// Pages of a TIFF whose strips or tiles are taken apart, compressed or not, between bytes kept as they are.
#ifndef LMC_MEDIA_IMAGE_TIFF_TIFF_PIECES_H_
#define LMC_MEDIA_IMAGE_TIFF_TIFF_PIECES_H_

#include <vector>

#include "lmc/media/image/image_file.h"
#include "lmc/media/image/tiff/tiff_directory.h"

namespace lmc {

// pages have one width and one kind of samples, those of shape, which says everything of the picture but the samples;
// its height is that of all pages together. Errors: bad input.
Result<ParsedImage> parse_tiff_pieces(ByteSpan file, bool big_endian, const std::vector<const TiffPage*>& pages,
                                      Picture shape);
// At most what rebuild_tiff_pieces takes beside its arguments and the file.
uint64_t tiff_pieces_memory(ByteSpan side, const Picture& picture);
Result<Bytes> rebuild_tiff_pieces(ByteSpan side, const Picture& picture, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_TIFF_PIECES_H_
