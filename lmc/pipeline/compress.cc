#include "lmc/pipeline/compress.h"

#include <algorithm>
#include <bit>
#include <deque>

#include "lmc/base/parallel.h"
#include "lmc/container/frame.h"
#include "lmc/container/tiny_frame.h"
#include "lmc/pipeline/block_cutter.h"
#include "lmc/pipeline/chunk_cutter.h"
#include "lmc/pipeline/embedded_files.h"
#include "lmc/pipeline/encode_block.h"

namespace lmc {
namespace {

LevelRow level_of(const CompressOptions& options) {
  LevelRow row = level_row(options.level);
  row.model_alone = options.model_alone;
  return row;
}

struct CodedBlock {
  Bytes raw;
  EncodedBlock coded;
};

struct TriedBlock {
  CutBlock cut;
  Result<EncodedBlock> coded;
  bool crowded = false;  // for want of memory that others had, it may not be coded as it would be alone
};

// The model that the block's header names; null: none.
const LoadedModel* named_model(const EncodedBlock& block) {
  return find_codec(block.codec)->model == ModelNeed::kNone ? nullptr : block.models.front();
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
    header.codec = block.coded.codec;
    header.model = number_of(named_model(block.coded));
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
  uint8_t number_of(const LoadedModel* model) const {
    if (model == nullptr) return 0;
    const auto place = std::find(models_.begin(), models_.end(), model->sha256);
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

// text_model null: without.
BlockResources resources(const CompressOptions& options, const LoadedModel* text_model, int threads, Budget& budget,
                         ProgressSum& progress) {
  BlockResources out{.engine = options.engine, .budget = &budget, .isa = options.isa, .threads = threads};
  out.models[size_t(ModelNeed::kPixels)] = options.pixel_model;
  out.models[size_t(ModelNeed::kText)] = text_model;
  out.progress = progress.for_block();
  if (options.depth == kMostDepth) return out;
  out.compress_inside = [&options, &budget](ByteSpan raw, int with_threads) -> Result<Bytes> {
    CompressOptions inside = options;
    inside.memory_limit_bytes = std::max<uint64_t>(budget.limit_bytes() - budget.used_bytes(), 1);
    inside.threads = with_threads;
    inside.content_bytes = raw.size();
    inside.note = {};
    inside.progress = {};
    inside.tiny = true;
    inside.embed_adapter = false;  // the outer frame has it
    ++inside.depth;
    MemorySource source(raw);
    MemorySink sink;
    LMC_TRY(compress(source, sink, inside));
    return std::move(sink.bytes);
  };
  return out;
}

// The largest block that can surely be coded in the memory there is, if one can.
size_t most_block_bytes(const CompressOptions& options) {
  size_t bytes = kMaxBlockBytes;
  while (bytes > size_t(1) << kMinBlockLog2 && least_memory(bytes) > memory_limit_alone(options)) bytes /= 2;
  return bytes;
}

// What code(threads, budget) gives with all threads; if memory was too short for them, with one, which decides what is
// written.
template <typename Code>
auto code_alone(const CompressOptions& options, const Code& code) {
  if (options.threads > 1) {
    Budget whole(memory_limit_of(options)), own(memory_limit_alone(options), &whole);
    auto coded = code(options.threads, own);
    if (!own.was_crowded()) return coded;
  }
  Budget own(memory_limit_alone(options));
  return code(1, own);
}

// Of an input that is one file of a known format, coded by the calling thread. In what is no larger than a block,
// encode_block looks for containers.
std::optional<EncodedBlock> encode_only_file(ByteSpan raw, const CompressOptions& options, ProgressSum& progress) {
  return code_alone(options, [&](int threads, Budget& budget) {
    BlockResources with = resources(options, nullptr, threads, budget, progress);
    with.note = options.note;
    auto coded = encode_file(raw, level_of(options), with);
    return coded || raw.size() <= options.block_bytes ? std::move(coded)
                                                      : encode_container(raw, level_of(options), with);
  });
}

// The adapter among the models, to travel with the frame.
EmbeddedFile embedded_adapter(const std::vector<const LoadedModel*>& models, const CompressOptions& options) {
  for (const LoadedModel* const model : models) {
    if (!options.embed_adapter || !model->adapter) continue;
    const ByteSpan bytes = model->adapter->bytes();
    Budget budget(memory_limit_alone(options));
    EncodedBlock coded = encode_reconstruction_data(
        bytes, {.engine = options.engine, .budget = &budget, .isa = options.isa, .threads = options.threads});
    if (bytes.size() > kMaxAdapterGrowth * coded.payload.size()) coded = stored_block(bytes);
    return {coded.codec, bytes.size(), std::move(coded.payload)};
  }
  return {};
}

// Whether some of the block's groups, or a file inside, name the model.
bool names_model(const EncodedBlock& block, const LoadedModel& model) {
  return std::ranges::find(block.models, &model) != block.models.end() ||
         std::search(block.payload.begin(), block.payload.end(), model.sha256.begin(), model.sha256.end()) !=
             block.payload.end();
}

FrameHeader frame_header(size_t block_bytes, std::optional<uint64_t> content_bytes,
                         const std::vector<const LoadedModel*>& models, const CompressOptions& options) {
  FrameHeader header;
  header.adapter = embedded_adapter(models, options);
  header.block_log2 = std::countr_zero(block_bytes);
  header.content_bytes = content_bytes;
  for (const LoadedModel* model : models) header.models.push_back(model->sha256);
  return header;
}

// The whole input is at hand, coded as one block at most: the frame names the model only if the block uses it.
Result<Stats> write_single(const CodedBlock& block, Sink& sink, const CompressOptions& options) {
  const LoadedModel* model = named_model(block.coded);
  std::vector<const LoadedModel*> models = block.coded.models;
  const LoadedModel* const own = options.embed_adapter ? options.model.get() : nullptr;
  const bool embeds = own != nullptr && own->adapter && names_model(block.coded, *own);
  if (embeds && std::ranges::find(models, own) == models.end()) models.push_back(own);
  const int number = model != nullptr ? model->builtin_number : 0;
  const bool is_adapter = model != nullptr && model->adapter;
  const bool model_fits = model == nullptr || is_adapter || (number >= 1 && number <= kMaxTinyModel);
  if (options.tiny && model_fits && !embeds && block.raw.size() < kTinyLimitBytes) {
    if (options.content_bytes && *options.content_bytes != block.raw.size())
      return environment_error("the input changed while it was read");
    HashStart adapter{};
    if (is_adapter) std::copy_n(model->sha256.begin(), adapter.size(), adapter.begin());
    Bytes frame = write_tiny_header(block.coded.codec, is_adapter ? kTinyAdapter : uint8_t(number), block.raw,
                                    block.coded.payload.size(), adapter);
    append_bytes(frame, block.coded.payload);
    LMC_TRY(sink.write(frame));
    return Stats{block.raw.size(), frame.size(), block.raw.empty() ? 0u : 1u};
  }
  FrameWriter writer(sink, options);
  const size_t block_bytes = std::max(options.block_bytes, std::bit_ceil(block.raw.size()));
  LMC_TRY(writer.begin(frame_header(block_bytes, block.raw.size(), models, options)));
  if (!block.raw.empty()) LMC_TRY(writer.add(block));
  return writer.finish();
}

Result<Stats> compress_single(Bytes raw, Sink& sink, const CompressOptions& options) {
  ProgressSum progress(options.progress, false);
  CodedBlock block{std::move(raw), {}};
  if (auto file = encode_only_file(block.raw, options, progress)) {
    block.coded = std::move(*file);
  } else if (!block.raw.empty()) {
    LMC_ASSIGN(auto coded, code_alone(options, [&](int threads, Budget& budget) {
                 return encode_block(block.raw, level_of(options),
                                     resources(options, options.model.get(), threads, budget, progress));
               }));
    block.coded = std::move(coded);
  }
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

// The blocks that next() gives, until one is empty.
Result<Stats> compress_many(const std::function<Result<CutBlock>()>& next, const LoadedModel* model, Sink& sink,
                            const CompressOptions& options) {
  ProgressSum progress(options.progress, options.threads > 1);
  FrameWriter writer(sink, options);
  const LevelRow level = level_of(options);
  const size_t most = level.models ? kMaxBlockBytes : options.block_bytes;
  std::vector<const LoadedModel*> models;
  if (model != nullptr) models.push_back(model);
  LMC_TRY(writer.begin(frame_header(most, options.content_bytes, models, options)));
  Budget whole(memory_limit_of(options));
  const auto encode = [&](const CutBlock& block, int threads, Budget& own) {
    const BlockResources with = resources(options, model, threads, own, progress);
    if (block.encode) {
      auto coded = block.encode(block.raw, level, with);
      if (coded.ok() && coded->payload.size() < block.raw.size()) return coded;
    }
    return encode_block(block.raw, level, with);
  };
  InOrder<TriedBlock> jobs(options.threads, [&] { progress.tick(); });
  std::deque<TriedBlock> waiting;  // tried, and older than all jobs
  // The next block in order. A crowded one is coded again when nothing else goes on, by one thread.
  const auto write_next = [&]() -> Status {
    TriedBlock block = waiting.empty() ? jobs.take() : std::move(waiting.front());
    if (!waiting.empty()) waiting.pop_front();
    if (block.crowded && options.threads > 1) {
      while (!jobs.empty()) waiting.push_back(jobs.take());
      Budget own(memory_limit_alone(options));
      block.coded = encode(block.cut, 1, own);
    }
    if (!block.coded.ok()) return block.coded.error();
    return writer.add({std::move(block.cut.raw), std::move(*block.coded)});
  };
  const auto submit = [&](CutBlock block) -> Status {
    const int useful = block.encode ? block.useful_threads : useful_threads(block.raw, model != nullptr);
    const int threads = std::min(options.threads, useful);
    while (!jobs.has_room(threads)) LMC_TRY(write_next());
    jobs.submit(threads, [&, threads, block = std::move(block)]() mutable {
      Budget own(memory_limit_alone(options), &whole);
      auto coded = encode(block, threads, own);
      return TriedBlock{std::move(block), std::move(coded), own.was_crowded()};
    });
    return Ok();
  };
  for (;;) {
    LMC_ASSIGN(auto block, next());
    if (block.raw.empty()) break;
    LMC_TRY(submit(std::move(block)));
  }
  while (!jobs.empty() || !waiting.empty()) LMC_TRY(write_next());
  return writer.finish();
}

Result<Stats> compress_blocks(Source& source, Sink& sink, const CompressOptions& options) {
  const bool models = level_of(options).models;
  BlockCutter cutter(source, options.block_bytes, models, models ? most_block_bytes(options) : kMaxBlockBytes);
  LMC_ASSIGN(auto first, cutter.next());
  if (cutter.at_end()) return compress_single(std::move(first), sink, options);
  const LoadedModel* const model = level_of(options).text_model > 0 ? options.model.get() : nullptr;
  const auto next = [&]() -> Result<CutBlock> {
    if (!first.empty()) return CutBlock{std::exchange(first, {}), {}};
    LMC_ASSIGN(auto more, cutter.next());
    return CutBlock{std::move(more), {}};
  };
  return compress_many(next, model, sink, options);
}

// Reads on as long as what there is can be the start of a file that a codec takes. False: it is none, and more may
// follow.
Result<bool> read_file(Bytes& start, Source& source) {
  constexpr size_t kLookBytes = 65536;
  while (start.size() <= kMaxFileBytes) {
    const size_t wanted = std::min(std::max(kLookBytes, 2 * start.size()), kMaxFileBytes + 1);
    LMC_ASSIGN(const auto rest, read_up_to(source, wanted - start.size()));
    append_bytes(start, rest);
    if (start.size() < wanted) return true;
    if (start.size() > most_file_bytes(start)) return false;
  }
  return false;
}

// Begins like a file of a known format, in whole or kChunkLook bytes of it. If it is one that is cut into chunks, each
// is a block; if it is one that can be taken apart it becomes a single block, of any size.
Result<Stats> compress_file(Bytes start, Source& source, Sink& sink, const CompressOptions& options) {
  if (start.size() >= kChunkLook) {
    if (auto chunks = cut_file(start)) {
      ChunkCutter cutter(std::move(chunks), std::move(start), source, options.block_bytes);
      auto stats = compress_many([&] { return cutter.next(); }, nullptr, sink, options);
      if (options.note && !cutter.why_over().empty()) options.note(cutter.why_over());
      return stats;
    }
  }
  LMC_ASSIGN(const auto whole_file, read_file(start, source));
  if (!whole_file) {
    PrefixedSource whole(std::move(start), source);
    return compress_blocks(whole, sink, options);
  }
  if (start.size() <= options.block_bytes) return compress_single(std::move(start), sink, options);
  ProgressSum progress(options.progress, false);
  if (auto file = encode_only_file(start, options, progress))
    return write_single({std::move(start), std::move(*file)}, sink, options);
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

Result<Stats> compress(Source& source, Sink& sink, const CompressOptions& given) {
  LMC_TRY(check_options(given));
  if (!level_of(given).models) return compress_blocks(source, sink, given);
  CompressOptions options = given;
  options.block_bytes = std::min(given.block_bytes, most_block_bytes(given));
  if (options.video) {
    auto chunks = cut_raw_video(*options.video);
    if (chunks == nullptr) return usage_error("frames of more than 48 MiB are not taken apart");
    ChunkCutter cutter(std::move(chunks), {}, source, options.block_bytes);
    return compress_many([&] { return cutter.next(); }, nullptr, sink, options);
  }
  constexpr size_t kLookBytes = 64;
  LMC_ASSIGN(auto start, read_up_to(source, kLookBytes));
  if (const std::string by = unopened_kind(start); options.note && !by.empty())
    options.note("it was compressed by " + by + ", which is not opened");
  if (begins_like_file(start)) {
    LMC_ASSIGN(const auto more, read_up_to(source, kChunkLook - start.size()));
    append_bytes(start, more);
    return compress_file(std::move(start), source, sink, options);
  }
  PrefixedSource whole(std::move(start), source);
  return compress_blocks(whole, sink, options);
}

}  // namespace lmc
