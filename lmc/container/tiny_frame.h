// The tiny form of a frame: 5 to 19 bytes around one payload, for inputs below 64 KiB coded with a built-in model, an
// adapter, or none (docs/format.md, section 6). It says how long it is, so that other frames can follow.
#ifndef LMC_CONTAINER_TINY_FRAME_H_
#define LMC_CONTAINER_TINY_FRAME_H_

#include <array>

#include "lmc/base/bytes.h"

namespace lmc {

inline constexpr uint8_t kTinyMagic = 0xF8;  // to 0xFF: the low three bits are the form
inline constexpr bool begins_tiny_frame(uint8_t first) { return first >= kTinyMagic; }

inline constexpr size_t kTinyLimitBytes = 65536;  // raw sizes below this
inline constexpr size_t kMaxTinyHeaderBytes = 19;
inline constexpr int kMaxTinyModel = 254;
inline constexpr uint8_t kTinyAdapter = 255;  // in the place of a model's number: an adapter, named by its hash

using HashStart = std::array<uint8_t, 8>;  // the first bytes of a SHA-256

struct TinyHeader {
  uint8_t codec = 0;
  uint8_t model = 0;           // number of a built-in model, 0: none, or kTinyAdapter
  HashStart adapter{};         // of the adapter's file; else zeros
  uint16_t raw_bytes = 0;      // 0 is the empty input
  uint16_t payload_bytes = 0;  // at most raw_bytes
  uint16_t check = 0;          // must equal tiny_check
  size_t header_bytes = 0;     // set by read_tiny_header
};

// The header for these raw bytes (fewer than kTinyLimitBytes), which payload_bytes bytes are to follow. adapter: with
// the model kTinyAdapter.
Bytes write_tiny_header(uint8_t codec, uint8_t model, ByteSpan raw, size_t payload_bytes,
                        const HashStart& adapter = {});
// start: the first kMaxTinyHeaderBytes bytes of the frame, or all there are.
Result<TinyHeader> read_tiny_header(ByteSpan start);
// What header.check must be when the payload has decoded to raw.
uint16_t tiny_check(const TinyHeader& header, ByteSpan raw);

}  // namespace lmc

#endif  // LMC_CONTAINER_TINY_FRAME_H_
