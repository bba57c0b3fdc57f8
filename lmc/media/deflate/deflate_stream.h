// Deflate streams taken apart into their data and the few bytes it takes to write the very same stream again.
//
// DeflatePredictor and predict_block guess every token, block and header from the data; reconstruction data name the
// settings that guess best and correct what is wrong: nearly nothing if zlib wrote the stream. Of other encoders the
// choices are coded (deflate_choices.h). rebuild_ needs the data and the reconstruction data only; no library has a
// part in it.
//
// Reconstruction data of deflate: settings (2 bytes), corrections of tokens, corrections of blocks (see
// deflate_stream.cc); or the byte 15, a varint and as many bytes of choices.
#ifndef LMC_MEDIA_DEFLATE_DEFLATE_STREAM_H_
#define LMC_MEDIA_DEFLATE_DEFLATE_STREAM_H_

#include <optional>

#include "lmc/base/bytes.h"
#include "lmc/media/deflate/deflate_choices.h"

namespace lmc {

inline constexpr uint64_t kMaxDeflateDataBytes = uint64_t(3) << 30;
// Zlib has less than 2^15 tokens in a block; what is held in memory at once. A token has a bit of the stream at least.
inline constexpr uint64_t kMaxBlockTokens = uint64_t(1) << 26;
// What parsing and rebuilding take beside that: matches, models and windows, at most.
inline constexpr uint64_t kDeflateMemory = uint64_t(28) << 20;
// Of the tokens of a block, at most, while they grow.
constexpr uint64_t deflate_token_memory(uint64_t stream_bytes, uint64_t data_bytes) {
  const uint64_t tokens = 8 * stream_bytes < data_bytes ? 8 * stream_bytes : data_bytes;
  return 8 * (tokens < kMaxBlockTokens ? tokens : kMaxBlockTokens);
}

struct ParsedDeflate {
  Bytes data;
  Bytes side;
  size_t size_bytes = 0;  // of the stream; more may follow
};

// What a container says of the stream; where it is right, the settings are found sooner.
struct DeflateHint {
  int window_bits = 15;  // 8 to 15
  int level_class = -1;  // FLEVEL of zlib's header: 0 level 1 or no search, 1 levels 2 to 5, 2 level 6, 3 levels 7 to 9
};

// Errors: bad input, if the stream is damaged, holds more than max_data_bytes, or if its encoder is no kin of zlib.
Result<ParsedDeflate> parse_deflate(ByteSpan stream, size_t max_data_bytes, const DeflateHint& hint);
// The side alone, of a stream that is whole and valid, to its last byte. Errors: as above.
Result<Bytes> describe_deflate(ByteSpan stream, ByteSpan data, const DeflateHint& hint);

// A stream in one of its two forms, or both: then the smaller one is best.
struct DeflateDescription {
  Bytes corrections;                      // side data for rebuild_deflate; may be empty
  std::optional<ChoiceSettings> choices;  // for ChoicesWriter
};
// Finds them, and remembers what has served: the streams of a file come from one encoder.
class DeflateDescriber {
 public:
  // stream: whole and valid, to its last byte; data: what it holds.
  Result<DeflateDescription> describe(ByteSpan stream, ByteSpan data, const DeflateHint& hint);

 private:
  std::optional<DeflateSettings> zlib_;
  std::optional<ChoiceSettings> choices_;
  int strange_ = 0;  // streams in a row that zlib did not write
};

// Reads its part of side and leaves the reader after it. Errors: bad input; nothing in side is trusted.
Result<Bytes> rebuild_deflate(ByteReader& side, ByteSpan data, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_DEFLATE_STREAM_H_
