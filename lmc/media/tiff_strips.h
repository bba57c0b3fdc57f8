// Strips of a TIFF that are zlib streams, between bytes kept as they are.
#ifndef LMC_MEDIA_TIFF_STRIPS_H_
#define LMC_MEDIA_TIFF_STRIPS_H_

#include <vector>

#include "lmc/media/image_file.h"

namespace lmc {

struct StripLayout {
  std::vector<uint32_t> offsets;  // ascending
  uint32_t rows_per_strip = 1;
  bool big_endian = false;   // samples of two bytes
  bool differences = false;  // predictor 2: a row holds differences from the pixel to the left
};

// shape says everything of the picture but the samples. Errors: bad input.
Result<ParsedImage> parse_deflated_strips(ByteSpan file, const StripLayout& layout, Picture shape);
Result<Bytes> rebuild_deflated_strips(ByteSpan side, const Picture& picture, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_TIFF_STRIPS_H_
