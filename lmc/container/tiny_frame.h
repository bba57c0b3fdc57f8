// The tiny form of a .lmc file: at most 6 bytes around one payload, for inputs below 64 KiB coded with a built-in
// model or none (docs/format.md, section 6). The payload runs to the end of the input, so nothing can follow.
#ifndef LMC_CONTAINER_TINY_FRAME_H_
#define LMC_CONTAINER_TINY_FRAME_H_

#include "lmc/base/bytes.h"

namespace lmc {

inline constexpr uint8_t kTinyMagic = 0xF8;       // four bits from the first of kFrameMagic
inline constexpr size_t kTinyLimitBytes = 65536;  // raw sizes below this
inline constexpr size_t kMaxTinyHeaderBytes = 6;
inline constexpr int kMaxTinyCodec = 7;
inline constexpr int kMaxTinyModel = 15;

struct TinyHeader {
  uint8_t codec = 0;        // 0..kMaxTinyCodec
  uint8_t model = 0;        // number of a built-in model, 0: none
  uint16_t raw_bytes = 0;   // 0 is the empty input
  uint16_t check = 0;       // must equal tiny_check
  size_t header_bytes = 0;  // set by read_tiny_header
};

// The header for these raw bytes (fewer than kTinyLimitBytes), which payload_bytes bytes are to follow: 5 bytes below
// 256 raw bytes, else 6.
Bytes write_tiny_header(uint8_t codec, uint8_t model, ByteSpan raw, size_t payload_bytes);
// start: the first kMaxTinyHeaderBytes bytes of the file, or the whole of a shorter one.
Result<TinyHeader> read_tiny_header(ByteSpan start);
// What header.check must be when a payload of payload_bytes bytes has decoded to raw. The size of the payload counts,
// so that bytes after it are noticed, which a decoder of its content might never look at.
uint16_t tiny_check(const TinyHeader& header, ByteSpan raw, size_t payload_bytes);

}  // namespace lmc

#endif  // LMC_CONTAINER_TINY_FRAME_H_
