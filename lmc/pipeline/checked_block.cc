#include "lmc/pipeline/checked_block.h"

#include <algorithm>

#include "lmc/models/adapters/adapter.h"

namespace lmc {

std::string describe_block(size_t number, const BlockLayout& block) {
  return "block " + std::to_string(number) + " (content bytes " + std::to_string(block.raw_offset) + " to " +
         std::to_string(block.raw_offset + block.header.raw_bytes) + ", at byte " +
         std::to_string(block.header_offset) + " of the file)";
}

BlockResources decoding_resources(const DecompressOptions& options, Budget& budget, int threads,
                                  const LoadedModel* embedded) {
  if (embedded == nullptr) embedded = options.embedded;
  BlockResources out{.engine = options.engine, .budget = &budget, .isa = options.isa, .threads = threads};
  out.embedded = embedded;
  if (options.depth == kMostDepth) return out;
  DecompressOptions inside{.engine = options.engine,
                           .isa = options.isa,
                           .depth = options.depth + 1,
                           .budget = &budget,
                           .embedded = embedded};
  out.decompress_inside = [inside](ByteSpan file, size_t raw_bytes, int with_threads) mutable -> Result<Bytes> {
    inside.threads = with_threads;
    inside.limit_bytes = raw_bytes;
    MemorySource source(file);
    MemorySink sink;
    LMC_TRY(decompress(source, sink, inside));
    return std::move(sink.bytes);
  };
  return out;
}

Status EmbeddedAdapter::open(const FrameHeader& header, const DecompressOptions& options, Budget& budget) {
  constexpr int kMostAdapters = 16;  // that one file may bring: each takes as long as its base takes to open
  const EmbeddedFile& file = header.adapter;
  if (file == file_) return Ok();
  drop();
  if (file.payload.empty()) return Ok();
  if (++opened_ > kMostAdapters)
    return bad_input("the file brings more than " + std::to_string(kMostAdapters) + " adapters");
  if (options.engine == nullptr)
    return environment_error("the file's adapter needs a model, and no models are at hand");
  if (const CodecRow* const codec = find_codec(file.codec);
      codec == nullptr || codec->model != ModelNeed::kNone || codec->shape != Shape::kBytes)
    return bad_input("the adapter in the frame header: unknown codec; a newer lmc is needed, or the file is damaged");
  LMC_ASSIGN(memory_, Budget::take(&budget, 2 * file.raw_bytes, "the adapter in the frame header"));
  LMC_ASSIGN(const auto bytes, decode_block(file.codec, file.payload, size_t(file.raw_bytes),
                                            decoding_resources(options, budget, options.threads)));
  const auto adapter = ModelFile::from_bytes(bytes);
  if (!adapter.ok())
    return Error{adapter.error().family, "the adapter in the frame header: " + adapter.error().message};
  if (adapter->kind() != ModelKind::kAdapter ||
      std::ranges::find(header.models, adapter->sha256()) == header.models.end())
    return bad_input("the frame header holds a file that is no adapter it names; the file is damaged");
  LMC_ASSIGN(const auto base, options.engine->registry().find_hash(adapter->adapter_base().sha256));
  memory_ = {};
  LMC_ASSIGN(memory_, Budget::take(&budget, 2 * file.raw_bytes + 2 * merged_bytes(base->file, *adapter),
                                   "the adapter in the frame header"));
  LMC_ASSIGN(model_, options.engine->registry().adapt(*adapter, "the adapter in the frame header"));
  model_->name = adapter->name();
  engine_ = options.engine;
  file_ = file;
  return Ok();
}

void EmbeddedAdapter::drop() {
  if (model_ != nullptr) engine_->forget(model_->sha256);
  model_ = nullptr;
  file_ = {};
  memory_ = {};
}

Result<const LoadedModel*> find_model(const Sha256& hash, const DecompressOptions& options,
                                      const LoadedModel* embedded) {
  for (const LoadedModel* const model : {embedded, options.embedded})
    if (model != nullptr && model->sha256 == hash) return model;
  if (options.engine != nullptr) return options.engine->registry().find_hash(hash);
  return environment_error("the file needs the model with SHA-256 " + hex(hash) + ", and no models are at hand");
}

Result<Bytes> decode_with(uint8_t codec, const LoadedModel* model, ByteSpan payload, size_t raw_bytes,
                          const BlockResources& resources) {
  LMC_TRY(check_codec(codec, model != nullptr));
  return decode_block(codec, payload, raw_bytes, resources.with(find_codec(codec)->model, model));
}

Result<Bytes> decode_checked(size_t number, const BlockLayout& block, const LoadedModel* model, ByteSpan payload,
                             const BlockResources& resources) {
  const auto fail = [&](const Error& error) {
    return Error{error.family, describe_block(number, block) + ": " + error.message, block.header_offset};
  };
  const CodecRow* const codec = find_codec(block.header.codec);
  if (block.header.raw_bytes > kMaxBlockBytes && (codec == nullptr || codec->shape != Shape::kWholeFile))
    return fail(bad_input("only a block that is a whole file can have so many bytes; the file is damaged"));
  auto raw = decode_with(block.header.codec, model, payload, block.header.raw_bytes, resources);
  if (!raw.ok()) return fail(raw.error());
  if (raw->size() != block.header.raw_bytes || crc32c(*raw) != block.header.raw_crc)
    return fail(bad_input("damaged: its checksum does not match"));
  return raw;
}

}  // namespace lmc
