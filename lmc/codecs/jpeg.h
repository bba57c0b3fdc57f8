// The block codec for whole JPEG files (docs/format.md, codec 5; docs/jpeg.md): side bytes by context mixing or as they
// are, coefficients by lmc/coefficients.
#ifndef LMC_PIPELINE_JPEG_BLOCK_H_
#define LMC_PIPELINE_JPEG_BLOCK_H_

#include "lmc/pipeline/block.h"

namespace lmc {

bool begins_like_jpeg(ByteSpan start);

// Errors: bad input if the file is not one that is rebuilt byte for byte.
Result<Bytes> encode_jpeg_block(ByteSpan file, int level, const BlockResources& resources);
Result<Bytes> decode_jpeg_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_JPEG_BLOCK_H_
