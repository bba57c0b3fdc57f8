// The full form of a .lmc file, part by part: header, block headers, tail (docs/format.md, sections 3 to 5).
//
//   header | block header, payload | block header, payload | ... | tail
//
// Each read_ function takes exactly the bytes of one part and checks every field; each write_ function is its inverse.
// What the payloads mean, and checking them against their checksums, is the pipeline's business.
#ifndef LMC_CONTAINER_FRAME_H_
#define LMC_CONTAINER_FRAME_H_

#include <array>
#include <optional>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/base/hash.h"

namespace lmc {

inline constexpr std::array<uint8_t, 4> kFrameMagic = {0xF7, 'L', 'M', 'C'};
inline constexpr std::array<uint8_t, 4> kEndMagic = {'C', 'M', 'L', 0xF7};
inline constexpr uint8_t kFormatVersion = 2;
inline constexpr int kMinBlockLog2 = 17;  // 128 KiB: below, the framing of stored blocks would pass 0.1 %
inline constexpr int kMaxBlockLog2 = 29;  // 512 MiB: an image file is one block
inline constexpr size_t kHeaderStartBytes = 8, kLongHeaderStartBytes = 12;
inline constexpr size_t kBlockHeaderBytes = 16;
inline constexpr size_t kMaxModels = 255;
inline constexpr uint64_t kMaxAdapterBytes = uint64_t(64) << 20;  // in the header, as it is coded
inline constexpr uint64_t kMaxAdapterGrowth = 8;                  // when it is decoded, as a factor
inline constexpr uint8_t kEndMarker = 0xFF;                       // stands where a block's codec would

// The first 16 bytes of the SHA-256 of the whole content.
using ContentHash = std::array<uint8_t, 16>;

// A file inside the header, as one codec gives it.
struct EmbeddedFile {
  uint8_t codec = 0;  // wire id: stored or mixing
  uint64_t raw_bytes = 0;
  Bytes payload;
  bool operator==(const EmbeddedFile&) const = default;
};

struct FrameHeader {
  int block_log2 = 22;                    // no block is larger than 2^block_log2 raw bytes
  std::optional<uint64_t> content_bytes;  // absent when the input was a pipe
  std::vector<Sha256> models;             // a block's model field counts from 1 into this list
  EmbeddedFile adapter = {};              // one of the models, as an adapter that comes with the frame; may be empty
};

struct BlockHeader {
  uint8_t codec = 0;
  uint8_t model = 0;  // 0: none, i: the i-th of the frame header
  uint32_t raw_bytes = 0;
  uint32_t payload_bytes = 0;
  uint32_t raw_crc = 0;  // CRC-32C of the raw bytes
};

struct FrameTail {
  struct Block {
    uint32_t raw_bytes = 0;
    uint32_t payload_bytes = 0;
    bool operator==(const Block&) const = default;
  };
  size_t header_bytes = 0;
  std::vector<Block> blocks;
  ContentHash content_hash{};
};

Bytes write_frame_header(const FrameHeader& header);
// The size of a whole header, told from its first kHeaderStartBytes; or, if it is one with an adapter and start is
// shorter than that, kLongHeaderStartBytes, from which the size can be told. Errors: wrong magic, version or reserved
// bits.
Result<size_t> frame_header_bytes(ByteSpan start);
Result<FrameHeader> read_frame_header(ByteSpan bytes);

Bytes write_block_header(const BlockHeader& header);
// Checks the sizes and the model number against the frame's header too.
Result<BlockHeader> read_block_header(ByteSpan bytes, const FrameHeader& frame);

// Canonical: a reader that has seen the frame can make the same tail and compare.
Bytes write_frame_tail(const FrameTail& tail);
// Reads the tail that ends where file ends. Checks its checksum and that the frame it describes fits into file.
struct TailAtEnd {
  FrameTail tail;
  size_t tail_bytes = 0;
  size_t frame_bytes = 0;  // header, blocks and tail
};
Result<TailAtEnd> read_frame_tail_at_end(ByteSpan file);

}  // namespace lmc

#endif  // LMC_CONTAINER_FRAME_H_
