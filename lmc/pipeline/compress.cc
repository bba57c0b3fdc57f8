#include "lmc/pipeline/compress.h"

#include <algorithm>
#include <bit>

#include "lmc/container/frame.h"
#include "lmc/container/tiny_frame.h"
#include "lmc/pipeline/parallel.h"

namespace lmc {
namespace {

struct CodedBlock {
  Bytes raw;
  EncodedBlock coded;
};

// One frame in the making: what compress() carries from block to block.
class FrameWriter {
 public:
  FrameWriter(Sink& sink, const CompressOptions& options) : sink_(sink), options_(options) {}

  Status begin(const FrameHeader& header) {
    const Bytes bytes = write_frame_header(header);
    tail_.header_bytes = bytes.size();
    has_model_ = !header.models.empty();
    return write(bytes);
  }

  Status add(const CodedBlock& block) {
    BlockHeader header;
    header.codec = uint8_t(block.coded.codec);
    header.model = has_model_ && block.coded.uses_model ? 1 : 0;
    header.raw_bytes = uint32_t(block.raw.size());
    header.payload_bytes = uint32_t(block.coded.payload.size());
    header.raw_crc = crc32c(block.raw);
    hash_.update(block.raw);
    tail_.blocks.push_back({header.raw_bytes, header.payload_bytes});
    stats_.raw_bytes += header.raw_bytes;
    ++stats_.blocks;
    LMC_TRY(write(write_block_header(header)));
    return write(block.coded.payload);
  }

  Result<Stats> finish() {
    if (options_.content_bytes && *options_.content_bytes != stats_.raw_bytes)
      return environment_error("the input changed while it was read: " + std::to_string(*options_.content_bytes) +
                               " bytes at first, " + std::to_string(stats_.raw_bytes) + " found");
    const Sha256 hash = hash_.finish();
    std::copy_n(hash.begin(), tail_.content_hash.size(), tail_.content_hash.begin());
    LMC_TRY(write(write_frame_tail(tail_)));
    return stats_;
  }

 private:
  Status write(ByteSpan bytes) {
    stats_.compressed_bytes += bytes.size();
    return sink_.write(bytes);
  }

  Sink& sink_;
  const CompressOptions& options_;
  bool has_model_ = false;
  Sha256Stream hash_;
  FrameTail tail_;
  Stats stats_;
};

BlockResources resources(const CompressOptions& options, int threads, ProgressSum& progress) {
  BlockResources out;
  out.model = options.model != nullptr ? &options.model->file : nullptr;
  out.isa = options.isa;
  out.threads = threads;
  out.progress = progress.for_block();
  return out;
}

FrameHeader frame_header(const CompressOptions& options, std::optional<uint64_t> content_bytes, bool with_model) {
  FrameHeader header;
  header.block_log2 = std::countr_zero(options.block_bytes);
  header.content_bytes = content_bytes;
  if (with_model) header.models.push_back(options.model->sha256);
  return header;
}

// The whole input is at hand, in at most one block: the frame names the model only if the block uses it.
Result<Stats> compress_single(Bytes raw, Sink& sink, const CompressOptions& options) {
  ProgressSum progress(options.progress, false);
  CodedBlock block{std::move(raw), {}};
  if (!block.raw.empty())
    block.coded = encode_block(block.raw, options.level, resources(options, options.threads, progress));
  const bool with_model = block.coded.uses_model;
  const int number = with_model ? options.model->builtin_number : 0;
  const bool model_fits = !with_model || (number >= 1 && number <= kMaxTinyModel);
  if (options.tiny && model_fits && block.raw.size() < kTinyLimitBytes) {
    if (options.content_bytes && *options.content_bytes != block.raw.size())
      return environment_error("the input changed while it was read");
    Bytes frame = write_tiny_header(uint8_t(block.coded.codec), uint8_t(number), block.raw, block.coded.payload.size());
    append_bytes(frame, block.coded.payload);
    LMC_TRY(sink.write(frame));
    return Stats{block.raw.size(), frame.size(), block.raw.empty() ? 0u : 1u};
  }
  FrameWriter writer(sink, options);
  LMC_TRY(writer.begin(frame_header(options, block.raw.size(), with_model)));
  if (!block.raw.empty()) LMC_TRY(writer.add(block));
  return writer.finish();
}

Result<Stats> compress_many(Bytes first, Bytes second, Source& source, Sink& sink, const CompressOptions& options) {
  ProgressSum progress(options.progress, options.threads > 1);
  FrameWriter writer(sink, options);
  const bool with_model = options.model != nullptr && options.level >= kFirstModelLevel;
  LMC_TRY(writer.begin(frame_header(options, options.content_bytes, with_model)));
  InOrder<CodedBlock> jobs(options.threads, [&] { progress.tick(); });
  const auto submit = [&](Bytes raw) -> Status {
    const int threads = std::min(options.threads, useful_threads(raw, with_model));
    while (!jobs.has_room(threads)) LMC_TRY(writer.add(jobs.take()));
    jobs.submit(threads, [&options, &progress, threads, raw = std::move(raw)]() mutable {
      CodedBlock block{std::move(raw), {}};
      block.coded = encode_block(block.raw, options.level, resources(options, threads, progress));
      return block;
    });
    return Ok();
  };
  LMC_TRY(submit(std::move(first)));
  for (Bytes next = std::move(second); !next.empty();) {
    LMC_TRY(submit(std::move(next)));
    auto more = read_up_to(source, options.block_bytes);
    if (!more.ok()) return more.error();
    next = std::move(*more);
  }
  while (!jobs.empty()) LMC_TRY(writer.add(jobs.take()));
  return writer.finish();
}

}  // namespace

Status check_options(const CompressOptions& options) {
  if (options.level < 0 || options.level > kMaxLevel)
    return usage_error("level " + std::to_string(options.level) + " is outside 0 to 9");
  if (options.threads < 1) return usage_error("at least one thread is needed");
  if (!std::has_single_bit(options.block_bytes) || options.block_bytes < size_t(1) << kMinBlockLog2 ||
      options.block_bytes > size_t(1) << kMaxBlockLog2)
    return usage_error("block size " + std::to_string(options.block_bytes) +
                       " is not a power of two from 128 KiB to 64 MiB");
  return Ok();
}

Result<Stats> compress(Source& source, Sink& sink, const CompressOptions& options) {
  LMC_TRY(check_options(options));
  auto first = read_up_to(source, options.block_bytes);
  if (!first.ok()) return first.error();
  auto second = read_up_to(source, options.block_bytes);
  if (!second.ok()) return second.error();
  if (second->empty()) return compress_single(std::move(*first), sink, options);
  return compress_many(std::move(*first), std::move(*second), source, sink, options);
}

}  // namespace lmc
