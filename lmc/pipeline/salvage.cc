// Damaged and partly wanted files: every intact block of a broken file, and the blocks that a range of bytes lies in.
#include <algorithm>
#include <optional>

#include "lmc/codecs/audio.h"
#include "lmc/pipeline/checked_block.h"
#include "lmc/pipeline/decompress.h"

namespace lmc {
namespace {

Result<Bytes> decode_from(ByteSpan file, const FrameHeader& frame, size_t number, const BlockLayout& block,
                          const DecompressOptions& options, const LoadedModel* embedded) {
  Budget budget(memory_limit_of(options));
  const LoadedModel* model = nullptr;
  if (block.header.model > 0) {
    LMC_ASSIGN(model, find_model(frame.models[block.header.model - 1], options, embedded));
  }
  return decode_checked(number, block, model, payload_of(file, block),
                        decoding_resources(options, budget, options.threads, embedded));
}

// Walks a damaged file, resting on the indexes where headers cannot be read.
class Salvage {
 public:
  Salvage(ByteSpan file, Sink& sink, const DecompressOptions& options)
      : file_(file), sink_(sink), options_(options), indexed_(read_layout_from_end(file)) {}

  Result<SalvageReport> run() {
    report_.stats.compressed_bytes = file_.size();
    uint64_t offset = 0;
    while (offset < file_.size()) {
      LMC_ASSIGN(const auto next, frame_at(offset));
      offset = next;
    }
    if (file_.empty()) report_.damage.push_back("the input is empty");
    return report_;
  }

 private:
  // Brings back the frame at offset; returns where the next one begins.
  Result<uint64_t> frame_at(uint64_t offset) {
    if (begins_tiny_frame(file_[size_t(offset)])) return tiny_frame(offset);
    const FrameLayout* index = index_of(offset);
    FrameHeader header;
    header.block_log2 = kMaxBlockLog2;
    const auto header_bytes = frame_header_bytes(part(offset, kLongHeaderStartBytes));
    const Result<FrameHeader> read =
        header_bytes.ok() ? read_frame_header(part(offset, *header_bytes)) : Result<FrameHeader>(header_bytes.error());
    if (!read.ok()) {
      if (index == nullptr) return give_up(offset, read.error().message);
      note(offset, read.error().message + "; blocks that need a model are lost with it");
    } else {
      header = *read;
      if (const Status opened = embedded_.open(header, options_, adapter_budget_); !opened.ok()) {
        if (opened.error().family != ErrorFamily::kBadInput) return opened.error();
        note(offset, opened.error().message + "; blocks that need it are lost with it");
      }
    }
    if (index != nullptr) return by_index(header, *index);
    return by_headers(header, offset, offset + *header_bytes);
  }

  Result<uint64_t> tiny_frame(uint64_t offset) {
    const auto header = read_tiny_header(part(offset, kMaxTinyHeaderBytes));
    if (!header.ok()) return give_up(offset, header.error().message);
    const uint64_t frame_bytes = header->header_bytes + header->payload_bytes;
    if (file_.size() - offset < frame_bytes) return give_up(offset, "the file ends inside a tiny frame");
    MemorySource source(part(offset, frame_bytes));
    MemorySink whole;
    const auto stats = decompress(source, whole, options_);
    if (stats.ok()) {
      LMC_TRY(write(whole.bytes));
    } else {
      note(offset, stats.error().message);
    }
    return offset + frame_bytes;
  }

  Result<uint64_t> by_index(const FrameHeader& frame, const FrameLayout& index) {
    for (size_t i = 0; i < index.blocks.size(); ++i) {
      BlockLayout block = index.blocks[i];
      block.raw_offset = report_.stats.raw_bytes;
      const auto header = read_block_header(part(block.header_offset, kBlockHeaderBytes), frame);
      const bool agrees = header.ok() && header->raw_bytes == block.header.raw_bytes &&
                          header->payload_bytes == block.header.payload_bytes;
      if (agrees) {
        block.header = *header;
        LMC_TRY(block_or_filling(frame, i, block));
      } else {
        note(block.header_offset, describe_block(i, block) + ": the block header is damaged");
        LMC_TRY(write_lost(i, block, block.header.codec == kAudio ? silence_.value_or(0) : 0));
      }
    }
    return index.offset + index.frame_bytes;
  }

  // The frame's index is not found from the end of the file: other frames follow, or it is cut short or damaged.
  Result<uint64_t> by_headers(const FrameHeader& frame, uint64_t begin, uint64_t position) {
    FrameTail tail{.header_bytes = size_t(position - begin), .blocks = {}, .content_hash = {}};
    for (size_t i = 0;; ++i) {
      if (position >= file_.size()) return give_up(position, "the file ends before its index");
      if (file_[size_t(position)] == kEndMarker) return behind_tail(tail, position);
      const auto header = read_block_header(part(position, kBlockHeaderBytes), frame);
      if (!header.ok()) return give_up(position, "block " + std::to_string(i) + ": " + header.error().message);
      const BlockLayout block{position, report_.stats.raw_bytes, *header};
      if (file_.size() - position - kBlockHeaderBytes < header->payload_bytes)
        return give_up(position, "the file ends inside " + describe_block(i, block));
      LMC_TRY(block_or_filling(frame, i, block));
      tail.blocks.push_back({header->raw_bytes, header->payload_bytes});
      position += kBlockHeaderBytes + header->payload_bytes;
    }
  }

  // tail: as it should stand at position.
  uint64_t behind_tail(const FrameTail& tail, uint64_t position) {
    const uint64_t end = position + write_frame_tail(tail).size();
    if (end > file_.size() || !read_frame_tail_at_end(part(0, end)).ok())
      return give_up(position, "the index is damaged");
    return end;
  }

  Status block_or_filling(const FrameHeader& frame, size_t number, const BlockLayout& block) {
    auto raw = decode_from(file_, frame, number, block, options_, embedded_.get());
    if (!raw.ok() && raw.error().family != ErrorFamily::kBadInput) return raw.error();
    if (!raw.ok()) note(block.header_offset, raw.error().message);
    ++report_.stats.blocks;
    const bool is_sound = block.header.codec == kAudio;
    if (raw.ok()) {
      // The blocks of a long recording are all of one kind.
      silence_ = is_sound ? silence_of(payload_of(file_, block)) : std::nullopt;
      return write(*raw);
    }
    const auto silence = silence_ ? silence_ : is_sound ? silence_of(payload_of(file_, block)) : std::nullopt;
    return write_lost(number, block, is_sound ? silence.value_or(0) : 0);
  }

  // In the place of a block that is lost: zeros, or silence where 0 is not. One that says more than its bytes could
  // ever hold is left out: else an index of few bytes would fill the disk.
  Status write_lost(size_t number, const BlockLayout& block, uint8_t filling) {
    constexpr uint64_t kMostTimes = 65536, kFewBytes = 16;
    constexpr size_t kPieceBytes = 65536;
    if (block.header.raw_bytes > (block.header.payload_bytes + kFewBytes) * kMostTimes) {
      note(block.header_offset, describe_block(number, block) + ": left out, as " +
                                    std::to_string(block.header.payload_bytes) + " bytes cannot hold so many");
      return Ok();
    }
    const Bytes filler(std::min<size_t>(kPieceBytes, block.header.raw_bytes), filling);
    for (size_t left = block.header.raw_bytes; left > 0;) {
      const size_t size = std::min(left, filler.size());
      LMC_TRY(write(ByteSpan(filler).first(size)));
      left -= size;
    }
    return Ok();
  }

  // The first frame with an index at offset or after it.
  std::vector<FrameLayout>::const_iterator indexed_from(uint64_t offset) const {
    return std::ranges::lower_bound(indexed_, offset, {}, &FrameLayout::offset);
  }
  const FrameLayout* index_of(uint64_t offset) const {
    const auto found = indexed_from(offset);
    return found != indexed_.end() && found->offset == offset ? &*found : nullptr;
  }

  ByteSpan part(uint64_t offset, uint64_t size) const {
    return file_.subspan(size_t(offset), size_t(std::min<uint64_t>(size, file_.size() - offset)));
  }
  void note(uint64_t offset, const std::string& what) {
    report_.damage.push_back("at byte " + std::to_string(offset) + ": " + what);
  }
  // Goes on with the next frame that an index knows, if there is one.
  uint64_t give_up(uint64_t offset, const std::string& what) {
    if (const auto found = indexed_from(offset + 1); found != indexed_.end()) {
      note(offset, what + "; going on with the frame at byte " + std::to_string(found->offset));
      return found->offset;
    }
    note(offset, what + "; nothing after this point can be brought back");
    return file_.size();
  }
  Status write(ByteSpan bytes) {
    report_.stats.raw_bytes += bytes.size();
    if (report_.stats.raw_bytes > options_.limit_bytes)
      return bad_input("the content is larger than the limit of " + std::to_string(options_.limit_bytes) + " bytes");
    return sink_.write(bytes);
  }

  ByteSpan file_;
  Sink& sink_;
  const DecompressOptions& options_;
  std::vector<FrameLayout> indexed_;
  Budget adapter_budget_{memory_limit_of(options_)};
  EmbeddedAdapter embedded_;
  SalvageReport report_;
  std::optional<uint8_t> silence_;  // of the sound in the block before, if it is known
};

}  // namespace

Result<SalvageReport> salvage(ByteSpan file, Sink& sink, const DecompressOptions& options) {
  return Salvage(file, sink, options).run();
}

Result<Bytes> read_range(ByteSpan file, uint64_t offset_bytes, uint64_t size_bytes, const DecompressOptions& options) {
  LMC_ASSIGN(const auto frames, read_layout(file));
  Budget adapter_budget(memory_limit_of(options));
  EmbeddedAdapter embedded;
  Bytes out;
  uint64_t begin = 0;  // of the current piece, in the content
  const auto take = [&](const Bytes& piece) {
    const uint64_t from = std::min<uint64_t>(piece.size(), offset_bytes > begin ? offset_bytes - begin : 0);
    append_bytes(out, ByteSpan(piece)
                          .subspan(size_t(from))
                          .first(size_t(std::min<uint64_t>(piece.size() - from, size_bytes - out.size()))));
  };
  for (const FrameLayout& frame : frames) {
    if (frame.tiny && out.size() < size_bytes && begin + frame.content_bytes > offset_bytes) {
      MemorySource source(file.subspan(size_t(frame.offset), size_t(frame.frame_bytes)));
      MemorySink whole;
      LMC_TRY(decompress(source, whole, options));
      take(whole.bytes);
    }
    if (frame.tiny) begin += frame.content_bytes;
    for (size_t i = 0; i < frame.blocks.size(); ++i) {
      const BlockLayout& block = frame.blocks[i];
      if (out.size() < size_bytes && begin + block.header.raw_bytes > offset_bytes) {
        LMC_TRY(embedded.open(frame.header, options, adapter_budget));
        LMC_ASSIGN(const auto raw, decode_from(file, frame.header, i, block, options, embedded.get()));
        take(raw);
      }
      begin += block.header.raw_bytes;
    }
  }
  return out;
}

}  // namespace lmc
