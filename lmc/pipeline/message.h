// The short form: one message, its framing 1 or 2 bytes, no checksum. For many small records that are kept or sent one
// by one, where something else sees to it that they arrive whole (docs/format.md, section 10).
#ifndef LMC_PIPELINE_MESSAGE_H_
#define LMC_PIPELINE_MESSAGE_H_

#include "lmc/pipeline/compress.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {

inline constexpr size_t kShortMessageBytes = 2048;  // longer ones are a whole .lmc file behind one byte

// options: level, threads, isa and model as for compress().
Result<Bytes> compress_message(ByteSpan raw, const CompressOptions& options);

// options: engine, threads, isa and limit as for decompress(). Errors: bad input; but a damaged message may also give
// wrong bytes, as there is no checksum.
Result<Bytes> decompress_message(ByteSpan message, const DecompressOptions& options);

}  // namespace lmc

#endif  // LMC_PIPELINE_MESSAGE_H_
