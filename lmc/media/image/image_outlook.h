// How large a file can be that begins so, if it is an image that can be taken apart: told from its first bytes, so that
// no more of a stream is kept than an image can need.
#ifndef LMC_MEDIA_IMAGE_IMAGE_OUTLOOK_H_
#define LMC_MEDIA_IMAGE_IMAGE_OUTLOOK_H_

#include "lmc/base/bytes.h"

namespace lmc {

// 0: it is no such image. start: the first bytes of a file, at least kOutlookBytes of them unless it has fewer; the
// more of them, the better the answer. What follows an image's end belongs to its file, but not more than there is of
// the image, and a little.
uint64_t most_image_file_bytes(ByteSpan start);

inline constexpr size_t kOutlookBytes = 65536;

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_IMAGE_OUTLOOK_H_
