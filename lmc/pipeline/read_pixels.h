// The picture in a .lmc file of one image, without putting the image file together: for viewers, and for a part of it.
#ifndef LMC_PIPELINE_READ_PIXELS_H_
#define LMC_PIPELINE_READ_PIXELS_H_

#include "lmc/codecs/image.h"
#include "lmc/media/image/png/png_pixels.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {

// With a region only the tiles that it touches are decoded (unless colours are numbers in a palette: that stands in the
// file). Errors: bad input if the file holds no image that lmc takes apart; usage if the region is outside.
Result<Pixels> read_pixels(ByteSpan file, const std::optional<Region>& region, const DecompressOptions& options);

// The image block of a .lmc file that holds one image and nothing else; nothing if it holds something else.
std::optional<ByteSpan> find_image_payload(ByteSpan file);

}  // namespace lmc

#endif  // LMC_PIPELINE_READ_PIXELS_H_
