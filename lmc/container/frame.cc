#include "lmc/container/frame.h"

#include <algorithm>
#include <limits>
#include <string>

namespace lmc {
namespace {

constexpr uint8_t kFlagContentSize = 0x01;
constexpr uint8_t kFlagAdapter = 0x02;
constexpr uint8_t kReservedFlags = 0x0C;   // must be 0: a newer format gives them a meaning that cannot be ignored
constexpr size_t kTailFixedEndBytes = 12;  // CRC, tail size, end magic
constexpr size_t kMinTailBytes = 3 + 16 + kTailFixedEndBytes;

bool starts_with(ByteSpan bytes, const std::array<uint8_t, 4>& magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

Bytes write_embedded(const EmbeddedFile& file) {
  Bytes out{file.codec};
  append_varint(out, file.raw_bytes);
  append_bytes(out, file.payload);
  return out;
}

Result<EmbeddedFile> read_embedded(ByteSpan bytes) {
  ByteReader reader(bytes);
  EmbeddedFile file;
  LMC_ASSIGN(file.codec, reader.read_le<uint8_t>("adapter: codec"));
  LMC_ASSIGN(file.raw_bytes, reader.read_varint("adapter: size"));
  if (reader.remaining() == 0 || file.raw_bytes < reader.remaining() ||
      file.raw_bytes > kMaxAdapterGrowth * reader.remaining())
    return bad_input("the adapter in the frame header says " + std::to_string(file.raw_bytes) + " bytes for " +
                     std::to_string(reader.remaining()) + "; the header is damaged");
  file.payload.assign(reader.rest().begin(), reader.rest().end());
  return file;
}

}  // namespace

Bytes write_frame_header(const FrameHeader& header) {
  Bytes out(kFrameMagic.begin(), kFrameMagic.end());
  out.push_back(kFormatVersion);
  const bool embeds = !header.adapter.payload.empty();
  out.push_back(uint8_t((header.content_bytes ? kFlagContentSize : 0) | (embeds ? kFlagAdapter : 0)));
  out.push_back(uint8_t(header.block_log2));
  out.push_back(uint8_t(header.models.size()));
  const Bytes adapter = embeds ? write_embedded(header.adapter) : Bytes();
  if (embeds) append_le<uint32_t>(out, uint32_t(adapter.size()));
  if (header.content_bytes) append_le<uint64_t>(out, *header.content_bytes);
  for (const Sha256& model : header.models) append_bytes(out, model);
  append_bytes(out, adapter);
  append_le<uint32_t>(out, crc32c(out));
  return out;
}

Result<size_t> frame_header_bytes(ByteSpan start) {
  if (start.size() < kHeaderStartBytes) return bad_input("the file ends inside the frame header", start.size());
  if (!starts_with(start, kFrameMagic)) return bad_input("no .lmc frame here: wrong magic bytes", 0);
  if (start[4] != kFormatVersion)
    return bad_input("format version " + std::to_string(start[4]) + "; this program reads version " +
                         std::to_string(kFormatVersion) +
                         (start[4] < kFormatVersion ? ", from before the first release, is no longer read"
                                                    : ": a newer lmc is needed, or the header is damaged"),
                     4);
  if (start[5] & kReservedFlags)
    return bad_input("frame flags use reserved bits: a newer lmc is needed, or the header is damaged", 5);
  const size_t plain =
      kHeaderStartBytes + (start[5] & kFlagContentSize ? 8 : 0) + size_t(start[7]) * sizeof(Sha256) + 4;
  if ((start[5] & kFlagAdapter) == 0) return plain;
  if (start.size() < kLongHeaderStartBytes) return kLongHeaderStartBytes;
  ByteReader reader(start.subspan(kHeaderStartBytes));
  const uint32_t adapter_bytes = *reader.read_le<uint32_t>("adapter size");
  if (adapter_bytes > kMaxAdapterBytes)
    return bad_input("the frame header holds an adapter of " + std::to_string(adapter_bytes) + " bytes; at most " +
                         std::to_string(kMaxAdapterBytes) + " are allowed",
                     kHeaderStartBytes);
  return plain + (kLongHeaderStartBytes - kHeaderStartBytes) + adapter_bytes;
}

Result<FrameHeader> read_frame_header(ByteSpan bytes) {
  LMC_ASSIGN(const auto size, frame_header_bytes(bytes));
  if (bytes.size() != size)
    return bad_input("frame header: needs " + std::to_string(size) + " bytes, only " + std::to_string(bytes.size()) +
                         " are left; the file is cut short",
                     bytes.size());
  ByteReader crc(bytes.last(4));
  if (*crc.read_le<uint32_t>("header checksum") != crc32c(bytes.first(bytes.size() - 4)))
    return bad_input("the frame header is damaged: its checksum does not match", bytes.size() - 4);
  FrameHeader header;
  header.block_log2 = bytes[6];
  if (header.block_log2 < kMinBlockLog2 || header.block_log2 > kMaxBlockLog2)
    return bad_input("block size 2^" + std::to_string(header.block_log2) + " is outside 2^" +
                         std::to_string(kMinBlockLog2) + " to 2^" + std::to_string(kMaxBlockLog2),
                     6);
  const bool embeds = (bytes[5] & kFlagAdapter) != 0;
  ByteReader reader(bytes.subspan(embeds ? kLongHeaderStartBytes : kHeaderStartBytes));
  if (bytes[5] & kFlagContentSize) header.content_bytes = *reader.read_le<uint64_t>("content size");
  header.models.resize(bytes[7]);
  for (Sha256& model : header.models) std::ranges::copy(*reader.read_bytes(model.size(), "model"), model.begin());
  if (embeds) {
    LMC_ASSIGN(header.adapter, read_embedded(reader.rest().first(reader.remaining() - 4)));
  }
  return header;
}

Bytes write_block_header(const BlockHeader& header) {
  Bytes out{header.codec, header.model};
  append_le<uint32_t>(out, header.raw_bytes);
  append_le<uint32_t>(out, header.payload_bytes);
  append_le<uint32_t>(out, header.raw_crc);
  append_le<uint16_t>(out, crc16(out));
  return out;
}

Result<BlockHeader> read_block_header(ByteSpan bytes, const FrameHeader& frame) {
  if (bytes.size() != kBlockHeaderBytes)
    return bad_input(
        "block header: needs 16 bytes, only " + std::to_string(bytes.size()) + " are left; the file is cut short",
        bytes.size());
  ByteReader reader(bytes);
  BlockHeader header;
  header.codec = *reader.read_le<uint8_t>("codec");
  header.model = *reader.read_le<uint8_t>("model");
  header.raw_bytes = *reader.read_le<uint32_t>("raw size");
  header.payload_bytes = *reader.read_le<uint32_t>("payload size");
  header.raw_crc = *reader.read_le<uint32_t>("raw checksum");
  if (*reader.read_le<uint16_t>("header check") != crc16(bytes.first(kBlockHeaderBytes - 2)))
    return bad_input("the block header is damaged: its checksum does not match", 14);
  if (header.raw_bytes == 0 || header.raw_bytes > uint32_t(1) << frame.block_log2)
    return bad_input("block of " + std::to_string(header.raw_bytes) + " raw bytes in a frame with blocks of 1 to 2^" +
                         std::to_string(frame.block_log2),
                     2);
  if (header.payload_bytes == 0 || header.payload_bytes > header.raw_bytes)
    return bad_input("block payload of " + std::to_string(header.payload_bytes) + " bytes for " +
                         std::to_string(header.raw_bytes) + " raw bytes; 1 to as many are allowed",
                     6);
  if (header.model > frame.models.size())
    return bad_input("block names model " + std::to_string(header.model) + " of " + std::to_string(frame.models.size()),
                     1);
  return header;
}

Bytes write_frame_tail(const FrameTail& tail) {
  Bytes out{kEndMarker};
  append_varint(out, tail.header_bytes);
  append_varint(out, tail.blocks.size());
  for (const FrameTail::Block& block : tail.blocks) {
    append_varint(out, block.raw_bytes);
    append_varint(out, block.payload_bytes);
  }
  append_bytes(out, tail.content_hash);
  append_le<uint32_t>(out, crc32c(out));
  append_le<uint32_t>(out, uint32_t(out.size() + 8));
  append_bytes(out, kEndMagic);
  return out;
}

namespace {

// Everything between the end marker and the checksum.
Result<FrameTail> read_tail_fields(ByteSpan bytes) {
  ByteReader reader(bytes);
  FrameTail tail;
  LMC_ASSIGN(const auto header_bytes, reader.read_varint("header size"));
  tail.header_bytes = header_bytes;
  LMC_ASSIGN(const auto count, reader.read_varint("block count"));
  if (count > reader.remaining() / 2) return bad_input("index: more blocks than its bytes can hold");
  tail.blocks.resize(count);
  for (FrameTail::Block& block : tail.blocks) {
    LMC_ASSIGN(const auto raw, reader.read_varint("raw size"));
    LMC_ASSIGN(const auto payload, reader.read_varint("payload size"));
    if (raw == 0 || raw > uint64_t(1) << kMaxBlockLog2 || payload == 0 || payload > raw)
      return bad_input("index: impossible block size");
    block = {uint32_t(raw), uint32_t(payload)};
  }
  if (reader.remaining() != tail.content_hash.size()) return bad_input("index: its size and its block count disagree");
  std::ranges::copy(*reader.read_bytes(tail.content_hash.size(), "content hash"), tail.content_hash.begin());
  return tail;
}

}  // namespace

Result<TailAtEnd> read_frame_tail_at_end(ByteSpan file) {
  if (file.size() < kMinTailBytes || !starts_with(file.last(4), kEndMagic))
    return bad_input("no frame ends here: wrong magic bytes", file.size());
  ByteReader end(file.last(kTailFixedEndBytes));
  const uint32_t crc = *end.read_le<uint32_t>("tail checksum");
  const uint32_t tail_bytes = *end.read_le<uint32_t>("tail size");
  if (tail_bytes < kMinTailBytes || tail_bytes > file.size()) return bad_input("impossible tail size", file.size() - 8);
  const size_t tail_begin = file.size() - tail_bytes;
  const ByteSpan checked = file.subspan(tail_begin, tail_bytes - kTailFixedEndBytes);
  if (crc != crc32c(checked) || checked[0] != kEndMarker)
    return bad_input("the index is damaged: its checksum does not match", tail_begin);
  auto tail = read_tail_fields(checked.subspan(1));
  if (!tail.ok()) return bad_input(tail.error().message, tail_begin);
  // No sum can overflow: header_bytes is bounded first, and each block adds at most 2^29 + 16.
  if (tail->header_bytes > tail_begin) return bad_input("the index describes a frame larger than the file", tail_begin);
  uint64_t before_tail = tail->header_bytes;
  for (const FrameTail::Block& block : tail->blocks) before_tail += kBlockHeaderBytes + block.payload_bytes;
  if (before_tail > tail_begin) return bad_input("the index describes a frame larger than the file", tail_begin);
  return TailAtEnd{std::move(*tail), tail_bytes, size_t(before_tail) + tail_bytes};
}

}  // namespace lmc
