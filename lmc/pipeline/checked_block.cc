#include "lmc/pipeline/checked_block.h"

namespace lmc {

std::string describe_block(size_t number, const BlockLayout& block) {
  return "block " + std::to_string(number) + " (content bytes " + std::to_string(block.raw_offset) + " to " +
         std::to_string(block.raw_offset + block.header.raw_bytes) + ", at byte " +
         std::to_string(block.header_offset) + " of the file)";
}

BlockResources decoding_resources(const DecompressOptions& options, Budget& budget, int threads) {
  BlockResources out{.engine = options.engine, .budget = &budget, .isa = options.isa, .threads = threads};
  if (options.depth == kMostDepth) return out;
  DecompressOptions inside{.engine = options.engine, .isa = options.isa, .depth = options.depth + 1, .budget = &budget};
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
