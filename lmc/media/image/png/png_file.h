// PNG files (ISO 15948), 1 to 16 bits, all colour types, interlaced or not, animated or not, damaged or not.
//
// The pixels go into the Picture; what the encoder chose (filters, deflate, sizes of chunks) is predicted, so that side
// bytes hold little but the other chunks. CRCs, checksums and the header are derived; what is otherwise is noted.
// Refused: files of which most cannot be read.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_FILE_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_FILE_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

Result<ParsedImage> parse_png(ByteSpan file, const OnShape& on_shape);
Result<Bytes> rebuild_png(ByteSpan side, const Picture& picture, size_t max_bytes);

// By the first byte of the reconstruction data.
bool has_png_frames(uint8_t flags);

bool begins_like_png(ByteSpan start);
// Of the PNG file that begins here, whatever follows it.
FileLength png_length(ByteSpan raw);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_FILE_H_
