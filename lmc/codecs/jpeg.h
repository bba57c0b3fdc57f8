// The block codec for whole JPEG files (docs/format.md, codec 5; docs/jpeg.md): reconstruction data by context mixing
// or as they are, coefficients by lmc/coefficients.
#ifndef LMC_CODECS_JPEG_H_
#define LMC_CODECS_JPEG_H_

#include "lmc/codecs/codec.h"
#include "lmc/media/image/image_outlook.h"
#include "lmc/media/jpeg/jpeg_length.h"

namespace lmc {

// Ok if the file is one that is rebuilt byte for byte; else bad input that says why not.
Status check_jpeg(ByteSpan file);
Result<EncodedBlock> encode_jpeg_file(ByteSpan file, const LevelRow& level, const BlockResources& resources);
Result<Bytes> decode_jpeg_file(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);

inline constexpr uint8_t kJpegFirstBytes[] = {0xff};
inline constexpr CodecRow kJpegRow{.id = kJpeg,
                                   .name = "jpeg",
                                   .model = ModelNeed::kNone,
                                   .shape = Shape::kWholeFile,
                                   .useful_threads = kTextThreads,
                                   .sniff = begins_like_jpeg,
                                   .first_bytes = kJpegFirstBytes,
                                   .length = jpeg_length,
                                   .check = check_jpeg,
                                   .most_bytes = most_image_file_bytes,
                                   .encode = encode_jpeg_file,
                                   .decode = decode_jpeg_file};

}  // namespace lmc

#endif  // LMC_CODECS_JPEG_H_
