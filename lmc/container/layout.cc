#include "lmc/container/layout.h"

#include <algorithm>

namespace lmc {
namespace {

Error at(const Error& error, uint64_t base) {
  return Error{error.family, error.message, base + error.offset_bytes.value_or(0)};
}

// The part of the file that starts at offset, no longer than size.
ByteSpan part(ByteSpan file, uint64_t offset, uint64_t size) {
  return file.subspan(size_t(offset), size_t(std::min<uint64_t>(size, file.size() - offset)));
}

Result<FrameLayout> read_tiny(ByteSpan file, uint64_t offset) {
  const auto header = read_tiny_header(part(file, offset, kMaxTinyHeaderBytes));
  if (!header.ok()) return at(header.error(), offset);
  FrameLayout frame;
  frame.tiny = true;
  frame.offset = offset;
  frame.frame_bytes = header->header_bytes + header->payload_bytes;
  if (file.size() - offset < frame.frame_bytes) return bad_input("the file ends inside a tiny frame", file.size());
  frame.content_bytes = header->raw_bytes;
  frame.tiny_header = *header;
  return frame;
}

Result<FrameLayout> read_full(ByteSpan file, uint64_t offset) {
  const auto header_bytes = frame_header_bytes(part(file, offset, kLongHeaderStartBytes));
  if (!header_bytes.ok()) return at(header_bytes.error(), offset);
  const auto header = read_frame_header(part(file, offset, *header_bytes));
  if (!header.ok()) return at(header.error(), offset);
  FrameLayout frame;
  frame.offset = offset;
  frame.header = *header;
  FrameTail tail{.header_bytes = *header_bytes, .blocks = {}, .content_hash = {}};
  uint64_t position = offset + *header_bytes;
  while (position < file.size() && file[size_t(position)] != kEndMarker) {
    const auto block = read_block_header(part(file, position, kBlockHeaderBytes), *header);
    if (!block.ok()) return at(block.error(), position);
    if (file.size() - position - kBlockHeaderBytes < block->payload_bytes)
      return bad_input("the file ends inside block " + std::to_string(frame.blocks.size()), file.size());
    frame.blocks.push_back({position, frame.content_bytes, *block});
    tail.blocks.push_back({block->raw_bytes, block->payload_bytes});
    frame.content_bytes += block->raw_bytes;
    position += kBlockHeaderBytes + block->payload_bytes;
  }
  const size_t tail_bytes = write_frame_tail(tail).size();
  if (file.size() - position < tail_bytes) return bad_input("the file ends before the frame's index", file.size());
  LMC_ASSIGN(const auto found, read_frame_tail_at_end(file.first(size_t(position + tail_bytes))));
  if (found.tail.blocks != tail.blocks || found.tail.header_bytes != *header_bytes)
    return bad_input("the index does not describe the blocks before it", position);
  if (header->content_bytes && *header->content_bytes != frame.content_bytes)
    return bad_input("the blocks hold " + std::to_string(frame.content_bytes) + " bytes, the header says " +
                         std::to_string(*header->content_bytes),
                     offset);
  frame.content_hash = found.tail.content_hash;
  frame.frame_bytes = position + tail_bytes - offset;
  return frame;
}

}  // namespace

Result<std::vector<FrameLayout>> read_layout(ByteSpan file) {
  std::vector<FrameLayout> frames;
  uint64_t offset = 0;
  do {
    if (file.empty() || (!begins_tiny_frame(file[size_t(offset)]) && file[size_t(offset)] != kFrameMagic[0]))
      return bad_input(offset == 0 ? "not a .lmc file" : "what follows the last frame is no .lmc frame", offset);
    LMC_ASSIGN(auto frame, begins_tiny_frame(file[size_t(offset)]) ? read_tiny(file, offset) : read_full(file, offset));
    offset += frame.frame_bytes;
    frames.push_back(std::move(frame));
  } while (offset < file.size());
  return frames;
}

std::vector<FrameLayout> read_layout_from_end(ByteSpan file) {
  std::vector<FrameLayout> frames;
  while (!file.empty()) {
    const auto found = read_frame_tail_at_end(file);
    if (!found.ok()) break;
    FrameLayout frame;
    frame.offset = file.size() - found->frame_bytes;
    frame.frame_bytes = found->frame_bytes;
    frame.content_hash = found->tail.content_hash;
    uint64_t position = frame.offset + found->tail.header_bytes;
    for (const FrameTail::Block& block : found->tail.blocks) {
      BlockHeader header;
      header.raw_bytes = block.raw_bytes;
      header.payload_bytes = block.payload_bytes;
      frame.blocks.push_back({position, frame.content_bytes, header});
      frame.content_bytes += block.raw_bytes;
      position += kBlockHeaderBytes + block.payload_bytes;
    }
    file = file.first(size_t(frame.offset));
    frames.push_back(std::move(frame));
  }
  std::reverse(frames.begin(), frames.end());
  return frames;
}

}  // namespace lmc
