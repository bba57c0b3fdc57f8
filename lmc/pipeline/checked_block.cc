#include "lmc/pipeline/checked_block.h"

namespace lmc {

std::string describe_block(size_t number, const BlockLayout& block) {
  return "block " + std::to_string(number) + " (content bytes " + std::to_string(block.raw_offset) + " to " +
         std::to_string(block.raw_offset + block.header.raw_bytes) + ", at byte " +
         std::to_string(block.header_offset) + " of the file)";
}

Status check_codec(uint8_t codec, bool names_model) {
  if (codec > uint8_t(BlockCodec::kJpeg))
    return bad_input("codec " + std::to_string(codec) + " is unknown to this program; a newer lmc is needed");
  if (BlockCodec(codec) == BlockCodec::kText && !names_model)
    return bad_input("text that names no model; the file is damaged");
  if (BlockCodec(codec) == BlockCodec::kImage && !names_model)
    return bad_input("an image that names no model; the file is damaged");
  return Ok();
}

BlockResources decoding_resources(const DecompressOptions& options, const LoadedModel* model, Budget& budget,
                                  int threads) {
  BlockResources out;
  if (model != nullptr) out.model = &model->file;
  if (options.registry != nullptr)
    out.builtin = [registry = options.registry](int number) -> Result<const ModelFile*> {
      const auto found = registry->find_builtin(number);
      if (!found.ok()) return found.error();
      return &(*found)->file;
    };
  out.budget = &budget;
  out.isa = options.isa;
  out.threads = threads;
  return out;
}

Result<Bytes> decode_checked(size_t number, const BlockLayout& block, ByteSpan payload,
                             const BlockResources& resources) {
  const auto fail = [&](const Error& error) {
    return Error{error.family, describe_block(number, block) + ": " + error.message, block.header_offset};
  };
  if (const auto known = check_codec(block.header.codec, block.header.model > 0); !known.ok())
    return fail(known.error());
  const auto codec = BlockCodec(block.header.codec);
  if (block.header.raw_bytes > kMaxBlockBytes && codec != BlockCodec::kImage && codec != BlockCodec::kJpeg)
    return fail(bad_input("only a block that is an image can have so many bytes; the file is damaged"));
  auto raw = decode_block(BlockCodec(block.header.codec), payload, block.header.raw_bytes, resources);
  if (!raw.ok()) return fail(raw.error());
  if (raw->size() != block.header.raw_bytes || crc32c(*raw) != block.header.raw_crc)
    return fail(bad_input("damaged: its checksum does not match"));
  return raw;
}

}  // namespace lmc
