// Lossless WebP files: a VP8L chunk, alone or with others (VP8X, ICCP, EXIF, XMP, unknown ones) around it, which are
// kept as they are. Grey pictures have one channel, opaque ones no alpha.
// Refused: lossy files, animations, and pictures of very many pixels in very few bytes. Source: RFC 9649.
#ifndef LMC_MEDIA_IMAGE_WEBP_WEBP_FILE_H_
#define LMC_MEDIA_IMAGE_WEBP_WEBP_FILE_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

// Samples of what a file of so many bytes may show. The format has no bound; this one keeps honest files.
uint64_t most_in_webp(uint64_t file_bytes);
// At most what rebuild_webp takes beside the file and its arguments.
uint64_t webp_memory(const Picture& shape);

Result<ParsedImage> parse_webp(ByteSpan file, const OnShape& on_shape);
Result<Bytes> rebuild_webp(ByteSpan side, const Picture& picture, size_t max_bytes);

bool begins_like_webp(ByteSpan start);
// Of the WebP file that begins here, whatever follows it.
FileLength webp_length(ByteSpan raw);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_WEBP_FILE_H_
