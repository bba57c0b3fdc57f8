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
inline constexpr FileKind kJpegFiles{begins_like_jpeg, kJpegFirstBytes, jpeg_length, check_jpeg, most_image_file_bytes};
inline constexpr CodecRow kJpegRow{kJpeg,        "jpeg",           ModelNeed::kNone, Shape::kWholeFile,
                                   kTextThreads, encode_jpeg_file, decode_jpeg_file, nullptr,
                                   kJpegFiles};

}  // namespace lmc

#endif  // LMC_CODECS_JPEG_H_
