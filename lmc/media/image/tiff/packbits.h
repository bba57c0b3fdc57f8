// PackBits (TIFF 6.0, section 9): packets of a byte that repeats, or of bytes as they are, with the choices that its
// encoders have. Packets are foretold from the data, and noted only where they differ.
#ifndef LMC_MEDIA_IMAGE_TIFF_PACKBITS_H_
#define LMC_MEDIA_IMAGE_TIFF_PACKBITS_H_

#include "lmc/base/bytes.h"

namespace lmc {

// What becomes of two equal bytes after bytes as they are. Wire values.
enum class PackBitsPairs : uint8_t {
  kJoined = 0,    // they join these if a single byte follows and both fit; as libtiff does
  kRepeated = 1,  // always a packet of their own
  kPlain = 2,     // pairs are never packets that repeat, nowhere
};
inline constexpr int kPackBitsPairs = 3;

struct PackBitsHeuristics {
  PackBitsPairs pairs = PackBitsPairs::kJoined;
  size_t row_bytes = 0;  // packets end where rows do; at least 1
};

// Reconstruction data of a stream:
//   varint    number of corrected packets, and for each
//     varint    packets that were right since the last correction
//     1 byte    the packet's first byte
struct ParsedPackBits {
  Bytes data;
  Bytes side;
  size_t size_bytes = 0;   // of the stream; more may follow
  size_t corrections = 0;  // packets that the heuristics did not foretell
};

// Errors: bad input, if the stream is damaged or does not hold data_bytes.
Result<ParsedPackBits> parse_packbits(ByteSpan stream, size_t data_bytes, PackBitsHeuristics heuristics);

// Reads its part of side. Errors: bad input; nothing in side is trusted.
Result<Bytes> rebuild_packbits(ByteReader& side, ByteSpan data, PackBitsHeuristics heuristics, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_PACKBITS_H_
