// The block codec for whole image files (docs/format.md, codec 4): side bytes by context mixing, samples tile by tile
// by the pixel network (lmc/samples/image/tile.h), or the coefficients of the JPEG file that they were decoded from
// (lmc/coefficients/decoded/decoded_picture.h), the file put together again byte for byte
// (lmc/media/image/image_file.h).
#ifndef LMC_PIPELINE_IMAGE_BLOCK_H_
#define LMC_PIPELINE_IMAGE_BLOCK_H_

#include "lmc/media/image/image_file.h"
#include "lmc/pipeline/block.h"
#include "lmc/samples/image/tile.h"
#include "lmc/samples/image/tile_look.h"

namespace lmc {

// A part of a picture, in pixels.
struct Region {
  uint32_t x = 0, y = 0, width = 0, height = 0;
};

// What a level spends on a tile.
TileEffort tile_effort(int level, TileLook look);

// resources.pixel_model must be there. Errors: bad input if the file cannot be taken apart, environment.
Result<Bytes> encode_image_block(ImageFormat format, ByteSpan file, int level, const BlockResources& resources);

// The size of what an effort makes of the samples of an image file, for ablations. effort_of: by how a tile
// looks.
Result<size_t> try_image(ByteSpan file, const std::function<TileEffort(TileLook)>& effort_of,
                         const BlockResources& resources);

// resources.model: the pixel model that the block names.
Result<Bytes> decode_image_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources);

// The pixels alone; with a region only the tiles that it touches are decoded (of a decoded JPEG picture: all).
Result<Picture> decode_image_pixels(ByteSpan payload, const std::optional<Region>& region,
                                    const BlockResources& resources);

// Errors: usage if the region is not inside the picture.
Result<Picture> crop_picture(const Picture& picture, const Region& region);

// What a block's payload holds, told from its first bytes.
struct ImageSummary {
  ImageFormat format = ImageFormat::kPnm;
  uint32_t width = 0, height = 0;
  int channels = 0, bits = 0;
  bool indexed = false;
};
Result<ImageSummary> read_image_summary(ByteSpan payload);

// The bits that level spends on each pixel, all channels together: (height, width) of the picture.
Result<std::vector<float>> image_costs(const Picture& picture, int level, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_IMAGE_BLOCK_H_
