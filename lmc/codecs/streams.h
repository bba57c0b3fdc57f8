// The codec for what holds deflate streams (zip and all that is one, gzip, PDF, data with zlib streams inside): the
// streams are taken apart into what they hold and what their encoders chose (lmc/media/deflate), and all of it is
// compressed as a file of its own, so that what is inside goes to the codecs of its kind.
#ifndef LMC_CODECS_STREAMS_H_
#define LMC_CODECS_STREAMS_H_

#include "lmc/codecs/codec.h"
#include "lmc/media/deflate/stream_search.h"

namespace lmc {

// Errors: bad input, if there are no streams that gain.
Result<EncodedBlock> encode_streams(ByteSpan raw, const LevelRow& level, const BlockResources& resources);
Result<Bytes> decode_streams(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);
Status check_streams(ByteSpan raw);
// "3 deflate streams, 120000 bytes inside"
std::string describe_streams(ByteSpan payload);

inline constexpr uint8_t kStreamsFirstBytes[] = {'P', 0x1f, 0x78, '%'};
inline constexpr FileKind kStreamsFiles{begins_like_streams, kStreamsFirstBytes, nullptr, check_streams, nullptr, true};
inline constexpr CodecRow kStreamsRow{kStreams,       "deflate",      ModelNeed::kNone, Shape::kWholeFile, kTextThreads,
                                      encode_streams, decode_streams, describe_streams, kStreamsFiles};

}  // namespace lmc

#endif  // LMC_CODECS_STREAMS_H_
