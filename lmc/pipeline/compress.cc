#include "lmc/pipeline/compress.h"

#include <algorithm>
#include <bit>

#include "lmc/container/frame.h"
#include "lmc/container/tiny_frame.h"
#include "lmc/media/image/image_outlook.h"
#include "lmc/media/image/png/png_pixels.h"
#include "lmc/pipeline/block_cutter.h"
#include "lmc/pipeline/parallel.h"

namespace lmc {
namespace {

struct CodedBlock {
  Bytes raw;
  EncodedBlock coded;
};

const LoadedModel* loaded_model(const CompressOptions& options, BlockModel model) {
  return model == BlockModel::kText     ? options.model.get()
         : model == BlockModel::kPixels ? options.pixel_model
                                        : nullptr;
}

// One frame in the making: what compress() carries from block to block.
class FrameWriter {
 public:
  FrameWriter(Sink& sink, const CompressOptions& options) : sink_(sink), options_(options) {}

  Status begin(const FrameHeader& header) {
    const Bytes bytes = write_frame_header(header);
    tail_.header_bytes = bytes.size();
    models_ = header.models;
    return write(bytes);
  }

  Status add(const CodedBlock& block) {
    BlockHeader header;
    header.codec = uint8_t(block.coded.codec);
    header.model = number_of(block.coded.model);
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
  // Where the frame header lists the model, counted from 1; 0: none.
  uint8_t number_of(BlockModel model) const {
    const LoadedModel* loaded = loaded_model(options_, model);
    if (loaded == nullptr) return 0;
    const auto place = std::find(models_.begin(), models_.end(), loaded->sha256);
    return uint8_t(place == models_.end() ? 0 : place - models_.begin() + 1);
  }
  Status write(ByteSpan bytes) {
    stats_.compressed_bytes += bytes.size();
    return sink_.write(bytes);
  }

  Sink& sink_;
  const CompressOptions& options_;
  std::vector<Sha256> models_;
  Sha256Stream hash_;
  FrameTail tail_;
  Stats stats_;
};

// Without the language model.
BlockResources image_resources(const CompressOptions& options, int threads, ProgressSum& progress) {
  BlockResources out;
  out.pixel_model = options.pixel_model != nullptr ? &options.pixel_model->file : nullptr;
  out.isa = options.isa;
  out.threads = threads;
  out.progress = progress.for_block();
  return out;
}

BlockResources resources(const CompressOptions& options, const LoadedModel* model, int threads, ProgressSum& progress) {
  BlockResources out = image_resources(options, threads, progress);
  if (model != nullptr) out.model = &model->file;
  return out;
}

// Of an input that is one image, coded by the calling thread.
std::optional<EncodedBlock> encode_only_image(ByteSpan raw, const CompressOptions& options, ProgressSum& progress) {
  BlockResources with = image_resources(options, options.threads, progress);
  with.note = options.note;
  return encode_image(raw, options.level, with);
}

FrameHeader frame_header(size_t block_bytes, std::optional<uint64_t> content_bytes, const LoadedModel* model) {
  FrameHeader header;
  header.block_log2 = std::countr_zero(block_bytes);
  header.content_bytes = content_bytes;
  if (model != nullptr) header.models.push_back(model->sha256);
  return header;
}

// The whole input is at hand, coded as one block at most: the frame names the model only if the block uses it.
Result<Stats> write_single(const CodedBlock& block, Sink& sink, const CompressOptions& options) {
  const LoadedModel* model = loaded_model(options, block.coded.model);
  const int number = model != nullptr ? model->builtin_number : 0;
  const bool model_fits = model == nullptr || (number >= 1 && number <= kMaxTinyModel);
  if (options.tiny && model_fits && block.raw.size() < kTinyLimitBytes) {
    if (options.content_bytes && *options.content_bytes != block.raw.size())
      return environment_error("the input changed while it was read");
    Bytes frame = write_tiny_header(uint8_t(block.coded.codec), uint8_t(number), block.raw, block.coded.payload.size());
    append_bytes(frame, block.coded.payload);
    LMC_TRY(sink.write(frame));
    return Stats{block.raw.size(), frame.size(), block.raw.empty() ? 0u : 1u};
  }
  FrameWriter writer(sink, options);
  const size_t block_bytes = std::max(options.block_bytes, std::bit_ceil(block.raw.size()));
  LMC_TRY(writer.begin(frame_header(block_bytes, block.raw.size(), model)));
  if (!block.raw.empty()) LMC_TRY(writer.add(block));
  return writer.finish();
}

Result<Stats> compress_single(Bytes raw, Sink& sink, const CompressOptions& options) {
  ProgressSum progress(options.progress, false);
  CodedBlock block{std::move(raw), {}};
  if (auto image = encode_only_image(block.raw, options, progress))
    block.coded = std::move(*image);
  else if (!block.raw.empty())
    block.coded =
        encode_data(block.raw, options.level, resources(options, options.model.get(), options.threads, progress));
  return write_single(block, sink, options);
}

// Bytes that were read already, then the rest of a source.
class PrefixedSource : public Source {
 public:
  PrefixedSource(Bytes before, Source& rest) : before_(std::move(before)), rest_(rest) {}

  Result<size_t> read(std::span<uint8_t> out) override {
    const size_t count = std::min(out.size(), before_.size() - position_);
    std::copy_n(before_.begin() + ptrdiff_t(position_), count, out.begin());
    position_ += count;
    if (count == out.size()) return count;
    const auto more = rest_.read(out.subspan(count));
    return more.ok() ? Result<size_t>(count + *more) : more;
  }

 private:
  Bytes before_;
  size_t position_ = 0;
  Source& rest_;
};

Result<Stats> compress_many(Bytes first, BlockCutter& cutter, Sink& sink, const CompressOptions& options) {
  ProgressSum progress(options.progress, options.threads > 1);
  FrameWriter writer(sink, options);
  const LoadedModel* const model = options.level >= kFirstModelLevel ? options.model.get() : nullptr;
  const size_t most = options.level >= kFirstPixelLevel ? kMaxBlockBytes : options.block_bytes;
  LMC_TRY(writer.begin(frame_header(most, options.content_bytes, model)));
  InOrder<CodedBlock> jobs(options.threads, [&] { progress.tick(); });
  const auto submit = [&](Bytes raw) -> Status {
    const int threads = std::min(options.threads, useful_threads(raw, model != nullptr));
    while (!jobs.has_room(threads)) LMC_TRY(writer.add(jobs.take()));
    jobs.submit(threads, [&options, &progress, model, threads, raw = std::move(raw)]() mutable {
      CodedBlock block{std::move(raw), {}};
      block.coded = encode_data(block.raw, options.level, resources(options, model, threads, progress));
      return block;
    });
    return Ok();
  };
  for (Bytes next = std::move(first); !next.empty();) {
    LMC_TRY(submit(std::move(next)));
    auto more = cutter.next();
    if (!more.ok()) return more.error();
    next = std::move(*more);
  }
  while (!jobs.empty()) LMC_TRY(writer.add(jobs.take()));
  return writer.finish();
}

Result<Stats> compress_blocks(Source& source, Sink& sink, const CompressOptions& options) {
  BlockCutter cutter(source, options.block_bytes, options.level >= kFirstPixelLevel);
  auto first = cutter.next();
  if (!first.ok()) return first.error();
  if (cutter.at_end()) return compress_single(std::move(*first), sink, options);
  return compress_many(std::move(*first), cutter, sink, options);
}

// If the file is a PNG that cannot be made again, another one with its pixels; else nothing.
std::optional<Bytes> replace_image(ByteSpan file, const CompressOptions& options) {
  if (guess_image_format(file) != ImageFormat::kPng) return {};
  const auto parsed = parse_image(ImageFormat::kPng, file);
  if (parsed.ok()) return {};
  auto other = rewrite_png(file);
  if (!other.ok()) return {};
  if (options.note)
    options.note(parsed.error().message + "; its pixels are kept, and what is restored is another PNG of them, of " +
                 std::to_string(other->size()) + " bytes");
  return std::move(*other);
}

// Reads on as long as what there is can be the start of an image file. False: it is none, and more may follow.
Result<bool> read_image(Bytes& start, Source& source) {
  while (start.size() <= kMaxImageFileBytes) {
    const size_t wanted = std::min(std::max(kOutlookBytes, 2 * start.size()), kMaxImageFileBytes + 1);
    const auto rest = read_up_to(source, wanted - start.size());
    LMC_TRY(rest);
    append_bytes(start, *rest);
    if (start.size() < wanted) return true;
    if (start.size() > most_image_file_bytes(start)) return false;
  }
  return false;
}

// Begins like an image file. If it is one that can be taken apart it becomes a single block, of any size.
Result<Stats> compress_image(Bytes start, Source& source, Sink& sink, const CompressOptions& options) {
  const auto whole_image = read_image(start, source);
  LMC_TRY(whole_image);
  if (!*whole_image) {
    PrefixedSource whole(std::move(start), source);
    return compress_blocks(whole, sink, options);
  }
  if (options.pixels_suffice)
    if (auto other = replace_image(start, options)) {
      CompressOptions with = options;
      with.pixels_suffice = false;
      with.content_bytes = other->size();
      return compress_image(std::move(*other), source, sink, with);
    }
  if (start.size() <= options.block_bytes) return compress_single(std::move(start), sink, options);
  ProgressSum progress(options.progress, false);
  if (auto image = encode_only_image(start, options, progress))
    return write_single({std::move(start), std::move(*image)}, sink, options);
  PrefixedSource whole(std::move(start), source);
  return compress_blocks(whole, sink, options);
}

}  // namespace

Status check_options(const CompressOptions& options) {
  if (options.level < 0 || options.level > kMaxLevel)
    return usage_error("level " + std::to_string(options.level) + " is outside 0 to 9");
  if (options.threads < 1) return usage_error("at least one thread is needed");
  if (!std::has_single_bit(options.block_bytes) || options.block_bytes < size_t(1) << kMinBlockLog2 ||
      options.block_bytes > kMaxBlockBytes)
    return usage_error("block size " + std::to_string(options.block_bytes) +
                       " is not a power of two from 128 KiB to 64 MiB");
  return Ok();
}

Result<Stats> compress(Source& source, Sink& sink, const CompressOptions& options) {
  LMC_TRY(check_options(options));
  if (options.level < kFirstPixelLevel) return compress_blocks(source, sink, options);
  constexpr size_t kLookBytes = 64;
  auto start = read_up_to(source, kLookBytes);
  if (!start.ok()) return start.error();
  if (begins_like_image(*start)) return compress_image(std::move(*start), source, sink, options);
  PrefixedSource whole(std::move(*start), source);
  return compress_blocks(whole, sink, options);
}

}  // namespace lmc
