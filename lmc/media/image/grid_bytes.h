// Samples that lie uncompressed in a file, row by row, between bytes kept as they are: PNM, BMP, uncompressed TIFF.
//
// take_grid moves the samples into a Picture and describes the rest in reconstruction data; rebuild_grid needs nothing
// but these, so that one function writes all such formats again.
#ifndef LMC_MEDIA_IMAGE_GRID_BYTES_H_
#define LMC_MEDIA_IMAGE_GRID_BYTES_H_

#include <vector>

#include "lmc/media/image/image_file.h"

namespace lmc {

// A run of rows without anything but padding between them.
struct GridSegment {
  size_t begin_bytes = 0;  // offset in the file
  uint32_t rows = 0;       // at least 1
};

struct GridLayout {
  uint32_t padding_bytes = 0;  // after each row
  bool bottom_up = false;      // the first row in the file is the lowest of the picture
  bool big_endian = false;     // of samples of two bytes
  bool swap_red_blue = false;  // channels 0 and 2 change places, if there are at least 3
  std::vector<GridSegment> segments;
};

// shape says everything of the picture but the samples; its bits grow to 8 or 16 if a sample needs that.
// Errors: bad input if the rows do not lie within the file in ascending order, or are too many.
Result<ParsedImage> take_grid(ByteSpan file, const GridLayout& layout, Picture shape);
Result<Bytes> rebuild_grid(ByteSpan side, const Picture& picture, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_GRID_BYTES_H_
