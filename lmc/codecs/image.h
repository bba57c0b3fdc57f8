// The block codec for whole image files (docs/format.md, codec 4): reconstruction data by context mixing, samples tile
// by tile by the pixel network (lmc/samples/image/tile.h), or the coefficients of the JPEG file that they were decoded
// from (lmc/coefficients/decoded/decoded_picture.h), the file put together again byte for byte
// (lmc/media/image/image_file.h).
#ifndef LMC_CODECS_IMAGE_H_
#define LMC_CODECS_IMAGE_H_

#include "lmc/codecs/codec.h"
#include "lmc/media/image/image_file.h"
#include "lmc/media/image/image_outlook.h"
#include "lmc/samples/image/tile.h"
#include "lmc/samples/image/tile_look.h"

namespace lmc {

// A part of a picture, in pixels.
struct Region {
  uint32_t x = 0, y = 0, width = 0, height = 0;
};

// What is spent on a tile.
TileEffort tile_effort(ImageEffort effort, TileLook look);

// Ok if the file can be taken apart; else bad input that says why not.
Status check_image(ByteSpan file);
Result<EncodedBlock> encode_image(ByteSpan file, const LevelRow& level, const BlockResources& resources);

// The size of what an effort makes of the samples of an image file, for ablations. effort_of: by how a tile
// looks.
Result<size_t> try_image(ByteSpan file, const std::function<TileEffort(TileLook)>& effort_of,
                         const BlockResources& resources);

Result<Bytes> decode_image(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);

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

// "PNG 640x480, 3 channels of 8 bits"; empty if the payload is damaged.
std::string describe_image(ByteSpan payload);

// The bits that an effort spends on each pixel, all channels together: (height, width) of the picture.
Result<std::vector<float>> image_costs(const Picture& picture, ImageEffort effort, const BlockResources& resources);

bool begins_like_image(ByteSpan start);
FileLength image_length(ByteSpan start);

inline constexpr uint8_t kImageFirstBytes[] = {0x89, 'G', 'R'};
inline constexpr FileKind kImageFiles{begins_like_image, kImageFirstBytes, image_length, check_image,
                                      most_image_file_bytes};
inline constexpr CodecRow kImageRow{kImage,       "image",      ModelNeed::kPixels, Shape::kWholeFile, kTextThreads,
                                    encode_image, decode_image, describe_image,     kImageFiles};

}  // namespace lmc

#endif  // LMC_CODECS_IMAGE_H_
