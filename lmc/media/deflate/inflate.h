// Reads deflate streams (RFC 1951): what they say, and how they say it, block by block and token by token.
//
// Stricter than need be nowhere, laxer than some: codes may be incomplete as long as no unused word comes up. Streams
// are judged by what can be written again exactly, not by what other programs would accept.
#ifndef LMC_MEDIA_DEFLATE_INFLATE_H_
#define LMC_MEDIA_DEFLATE_INFLATE_H_

#include <optional>
#include <vector>

#include "lmc/coding/bit_string.h"
#include "lmc/media/deflate/deflate_codes.h"

namespace lmc {

struct DeflateBlock {
  BlockKind kind = BlockKind::kStored;
  bool last = false;
  CodeLengths lengths;                                 // of a block that is not stored
  DeflateHeader header;                                // of a dynamic block
  size_t header_begin_bits = 0, header_size_bits = 0;  // where the lengths stand, after the kind
  uint8_t padding = 0;                                 // bits before the size of a stored block, usually 0
  uint32_t stored_bytes = 0;                           // of a stored block, which has no tokens
  std::vector<Token> tokens;                           // without the end of block
};

struct InflatedStream {
  Bytes data;
  size_t size_bits = 0;             // of the stream, to the end of its last block, or of the last before the fault
  size_t before_fault_bytes = 0;    // of data, by blocks that are whole
  std::optional<Error> fault = {};  // why there is no more: bad input, with the offset in the stream
};

// As much of a stream as can be read, and at most max_bytes and a match.
InflatedStream inflate_start(ByteSpan stream, size_t max_bytes);

// Errors: its fault.
Result<InflatedStream> inflate(ByteSpan stream, size_t max_bytes);

// A stream that was cut off or is damaged, ended where its fault is: valid, of started.data.
struct EndedStream {
  Bytes stream;
  size_t kept_bytes = 0;  // so many at its beginning are those of the damaged one, but for the size of a stored block
};
// started: what inflate_start said of the stream.
EndedStream end_stream(ByteSpan stream, const InflatedStream& started);

// The blocks of a stream that inflate has accepted, without making its data once more.
class DeflateBlockReader {
 public:
  explicit DeflateBlockReader(ByteSpan stream) : bits_(stream), stream_(stream) {}

  // Stops after max_tokens: then the block is not complete, and there must be no further call.
  Status read(DeflateBlock& block, size_t max_tokens = SIZE_MAX);
  size_t position_bits() const { return bits_.position_bits(); }

 private:
  BitReader bits_;
  ByteSpan stream_;
};

// The header of a dynamic block: bits is left after it.
Result<DeflateHeader> read_deflate_header(BitReader& bits);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_INFLATE_H_
