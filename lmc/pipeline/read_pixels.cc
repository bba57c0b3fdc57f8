#include "lmc/pipeline/read_pixels.h"

#include "lmc/container/layout.h"

namespace lmc {
namespace {

// The one block of a frame of either form.
struct OnlyBlock {
  ByteSpan payload;
  size_t raw_bytes = 0;
  std::optional<Sha256> model;
  int builtin_model = 0;
};

std::optional<OnlyBlock> find_image(ByteSpan file) {
  const auto frames = read_layout(file);
  if (!frames.ok() || frames->size() != 1) return {};
  const FrameLayout& frame = frames->front();
  if (frame.tiny) {
    const TinyHeader& header = frame.tiny_header;
    if (header.codec != kImage) return {};
    return OnlyBlock{file.subspan(size_t(frame.offset) + header.header_bytes, header.payload_bytes),
                     header.raw_bytes,
                     {},
                     header.model};
  }
  if (frame.blocks.size() != 1 || frame.blocks[0].header.codec != kImage) return {};
  const BlockLayout& block = frame.blocks[0];
  if (block.header.model == 0) return {};
  return OnlyBlock{file.subspan(size_t(block.header_offset) + kBlockHeaderBytes, block.header.payload_bytes),
                   block.header.raw_bytes, frame.header.models[block.header.model - 1], 0};
}

Result<Bytes> whole_content(ByteSpan file, const DecompressOptions& options) {
  MemorySource source(file);
  MemorySink sink;
  LMC_TRY(decompress(source, sink, options));
  return std::move(sink.bytes);
}

// Of an image file that is not in an image block, or whose palette is needed.
Result<Pixels> parse_content(ByteSpan content) {
  const auto format = guess_image_format(content);
  if (!format) return bad_input("the content is no image that lmc takes apart");
  auto parsed = parse_image(*format, content);
  if (parsed.ok()) return Pixels{std::move(parsed->picture), find_palette(*format, content)};
  if (*format == ImageFormat::kPng) return read_png_pixels(content);
  return parsed.error();
}

}  // namespace

std::optional<ByteSpan> find_image_payload(ByteSpan file) {
  const auto image = find_image(file);
  return image ? std::optional(image->payload) : std::nullopt;
}

Result<Pixels> read_pixels(ByteSpan file, const std::optional<Region>& region, const DecompressOptions& options) {
  const auto image = find_image(file);
  if (image && options.engine != nullptr) {
    LMC_ASSIGN(const auto model, image->model ? options.engine->registry().find_hash(*image->model)
                                              : options.engine->registry().find_builtin(image->builtin_model));
    Budget budget(memory_limit_of(options));
    const BlockResources with =
        BlockResources{.engine = options.engine, .budget = &budget, .isa = options.isa, .threads = options.threads}
            .with(ModelNeed::kPixels, model);
    LMC_ASSIGN(const auto summary, read_image_summary(image->payload));
    if (!summary.indexed) {
      LMC_ASSIGN(auto picture, decode_image_pixels(image->payload, region, with));
      return Pixels{std::move(picture), {}};
    }
  }
  LMC_ASSIGN(const auto content, whole_content(file, options));
  auto pixels = parse_content(content);
  if (!pixels.ok() || !region) return pixels;
  LMC_ASSIGN(auto part, crop_picture(pixels->picture, *region));
  return Pixels{std::move(part), std::move(pixels->palette)};
}

}  // namespace lmc
