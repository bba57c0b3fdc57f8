#include "lmc/media/image/gif/gif_frames.h"

#include <algorithm>
#include <string>

namespace lmc {
namespace {

constexpr size_t kScreenBytes = 13;  // signature and logical screen
constexpr uint8_t kExtension = 0x21, kImage = 0x2c;

Status skip_sub_blocks(ByteReader& reader, Bytes* stream, Bytes* sizes) {
  for (;;) {
    LMC_ASSIGN(const auto size, reader.read_le<uint8_t>("size of a GIF sub-block"));
    if (size == 0) return Ok();
    LMC_ASSIGN(const auto data, reader.read_bytes(size, "GIF sub-block"));
    if (stream != nullptr) append_bytes(*stream, data);
    if (sizes != nullptr) sizes->push_back(size);
  }
}

// Extensions and then an image.
Result<GifFrame> read_frame(ByteReader& reader) {
  for (;;) {
    const size_t position = reader.position();
    LMC_ASSIGN(const auto kind, reader.read_le<uint8_t>("GIF block"));
    if (kind == kImage) break;
    if (kind != kExtension) return bad_input("GIF: expected an image", position);
    LMC_TRY(reader.read_bytes(1, "GIF extension"));
    LMC_TRY(skip_sub_blocks(reader, nullptr, nullptr));
  }
  LMC_ASSIGN(const auto image, reader.read_bytes(kGifDescriptorBytes - 1, "GIF image"));
  GifFrame frame;
  frame.width = image[4] | uint32_t(image[5]) << 8;
  frame.height = image[6] | uint32_t(image[7]) << 8;
  frame.interlaced = image[8] & 0x40;
  if (frame.width == 0 || frame.height == 0) return bad_input("GIF: an image without pixels", reader.position());
  frame.colours_at_bytes = reader.position();
  LMC_TRY(reader.read_bytes(gif_colours_bytes(image[8]), "GIF colours"));
  LMC_ASSIGN(const auto code_bits, reader.read_le<uint8_t>("smallest size of a GIF code"));
  if (code_bits < 2 || code_bits > 8)
    return bad_input("GIF: codes of " + std::to_string(code_bits) + " bits; expected 2 to 8", reader.position() - 1);
  frame.min_code_bits = code_bits;
  frame.blocks_at_bytes = reader.position();
  LMC_TRY(skip_sub_blocks(reader, &frame.stream, &frame.sizes));
  frame.blocks_end_bytes = reader.position();
  return frame;
}

}  // namespace

size_t gif_colours_bytes(uint8_t flags) { return flags & 0x80 ? size_t(3) << ((flags & 7) + 1) : 0; }

Result<std::vector<GifFrame>> read_gif_frames(ByteSpan file) {
  ByteReader reader(file);
  LMC_ASSIGN(const auto screen, reader.read_bytes(kScreenBytes, "GIF header"));
  LMC_TRY(reader.read_bytes(gif_colours_bytes(screen[10]), "GIF colours"));
  std::vector<GifFrame> frames;
  for (;;) {
    auto frame = read_frame(reader);
    if (!frame.ok() && frames.empty()) return frame.error();
    if (!frame.ok()) return frames;
    frames.push_back(std::move(*frame));
  }
}

std::vector<uint32_t> gif_row_order(uint32_t height, bool interlaced) {
  std::vector<uint32_t> order;
  static constexpr std::pair<uint32_t, uint32_t> kPasses[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  static constexpr std::pair<uint32_t, uint32_t> kWhole[] = {{0, 1}};
  for (const auto& [begin, step] : interlaced ? std::span<const std::pair<uint32_t, uint32_t>>(kPasses) : kWhole)
    for (uint32_t row = begin; row < height; row += step) order.push_back(row);
  return order;
}

Status append_gif_blocks(Bytes& file, ByteSpan stream, ByteSpan sizes, bool given) {
  size_t i = 0;
  for (; !stream.empty(); ++i) {
    const size_t size = given ? (i < sizes.size() ? sizes[i] : 0) : 255;
    if (size == 0) return bad_input("reconstruction data of a GIF: too few sub-blocks");
    const ByteSpan part = stream.first(std::min(size, stream.size()));
    if (given && part.size() != size) return bad_input("reconstruction data of a GIF: too large a sub-block");
    file.push_back(uint8_t(part.size()));
    append_bytes(file, part);
    stream = stream.subspan(part.size());
  }
  if (given && i < sizes.size()) return bad_input("reconstruction data of a GIF: too many sub-blocks");
  file.push_back(0);
  return Ok();
}

bool are_usual_gif_sizes(const Bytes& sizes) {
  return sizes.empty() || std::all_of(sizes.begin(), sizes.end() - 1, [](uint8_t size) { return size == 255; });
}

}  // namespace lmc
