// Where everything lies in a .lmc file that is at hand as a whole (mapped or read): for listing, seeking and salvage.
#ifndef LMC_CONTAINER_LAYOUT_H_
#define LMC_CONTAINER_LAYOUT_H_

#include <vector>

#include "lmc/container/frame.h"
#include "lmc/container/tiny_frame.h"

namespace lmc {

struct BlockLayout {
  uint64_t header_offset = 0;  // in the file
  uint64_t raw_offset = 0;     // in the frame's content
  BlockHeader header;          // from the index only the two sizes are known
};

struct FrameLayout {
  bool tiny = false;
  uint64_t offset = 0;  // in the file
  uint64_t frame_bytes = 0;
  uint64_t content_bytes = 0;
  FrameHeader header;               // full form
  ContentHash content_hash{};       // full form
  std::vector<BlockLayout> blocks;  // full form
  TinyHeader tiny_header;           // tiny form
};

// file: the whole one, as the block was found in it.
inline ByteSpan payload_of(ByteSpan file, const BlockLayout& block) {
  return file.subspan(size_t(block.header_offset) + kBlockHeaderBytes, size_t(block.header.payload_bytes));
}

// Walks from header to header and checks each, and each frame's index against what was found; payloads are skipped.
Result<std::vector<FrameLayout>> read_layout(ByteSpan file);

// Reads the frames from the end of the file backwards by their indexes alone, as many as are intact; in file order.
// Blocks' codec, model and checksum, and the frame header, stay unset.
std::vector<FrameLayout> read_layout_from_end(ByteSpan file);

}  // namespace lmc

#endif  // LMC_CONTAINER_LAYOUT_H_
