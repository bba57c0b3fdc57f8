// Writes a VP8L stream from its parts (vp8l_format.h): the inverse of its reader.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_WRITER_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_WRITER_H_

#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

// How often each symbol of each code of each group occurs. Tokens and pixels must fit each other. groups: by block,
// null for one group.
using Vp8lCounts = std::array<std::vector<uint32_t>, 5>;
std::vector<Vp8lCounts> count_vp8l_symbols(const Vp8lImage& image, const Vp8lImage* groups, int group_bits,
                                           size_t group_count);

// Tokens and pixels must fit each other, and group numbers the groups; the codes are not trusted. Errors: bad input;
// also above max_bytes.
Result<Bytes> write_vp8l(const Vp8lStream& stream, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_WRITER_H_
