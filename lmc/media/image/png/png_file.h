// PNG files (ISO 15948), 1 to 16 bits, all colour types, interlaced or not.
//
// The pixels go into the Picture; what the encoder chose (filters, deflate, sizes of chunks) is predicted, so that side
// bytes hold little but the other chunks. CRCs, checksums and the header are derived. Refused: files that are damaged,
// and those whose deflate encoder is unlike zlib (deflate_stream.h).
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_FILE_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_FILE_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

inline constexpr uint64_t kMostPngRuns = uint64_t(1) << 20;  // of IDAT chunks of one size

Result<ParsedImage> parse_png(ByteSpan file, const OnShape& on_shape);
Result<Bytes> rebuild_png(ByteSpan side, const Picture& picture, size_t max_bytes);

bool begins_like_png(ByteSpan start);
// Of the PNG file that begins here, whatever follows it.
FileLength png_length(ByteSpan raw);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_FILE_H_
