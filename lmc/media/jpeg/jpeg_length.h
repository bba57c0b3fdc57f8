// Whether bytes begin like a JPEG file, and where it ends (ITU-T T.81 annex B).
#ifndef LMC_MEDIA_JPEG_JPEG_LENGTH_H_
#define LMC_MEDIA_JPEG_JPEG_LENGTH_H_

#include "lmc/media/file_length.h"

namespace lmc {

bool begins_like_jpeg(ByteSpan start);
// Of the JPEG file that begins here, whatever follows it.
FileLength jpeg_length(ByteSpan raw);

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_JPEG_LENGTH_H_
