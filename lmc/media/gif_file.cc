// Layout of the side bytes:
//   1 byte            GifFlag
//   varint, bytes     all before the pixels; the last byte is the smallest size of a code
//   [varint, bytes]   kSizesGiven: the sizes of the sub-blocks; else they have 255 bytes, but for the last
//   codes             gif_lzw.h
//   varint, bytes     what the sub-blocks hold after the codes
//   rest              what follows the sub-blocks
#include "lmc/media/gif_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/gif_lzw.h"

namespace lmc {
namespace {

enum GifFlag : uint8_t { kInterlaced = 1, kSizesGiven = 2 };

constexpr size_t kScreenBytes = 13;      // signature and logical screen
constexpr size_t kDescriptorBytes = 10;  // of an image, with the byte that announces it
constexpr uint8_t kExtension = 0x21, kImage = 0x2c;

struct GifParts {
  Picture shape;
  bool interlaced = false;
  int min_code_bits = 0;
  ByteSpan before;
  Bytes stream, sizes;  // of the sub-blocks
  ByteSpan after;
};

// The bytes of a colour table, from the flags that announce it.
size_t colours_bytes(uint8_t flags) { return flags & 0x80 ? size_t(3) << ((flags & 7) + 1) : 0; }

Status skip_sub_blocks(ByteReader& reader, Bytes* stream, Bytes* sizes) {
  for (;;) {
    const auto size = reader.read_le<uint8_t>("size of a GIF sub-block");
    if (!size.ok()) return size.error();
    if (*size == 0) return Ok();
    const auto data = reader.read_bytes(*size, "GIF sub-block");
    if (!data.ok()) return data.error();
    if (stream != nullptr) append_bytes(*stream, *data);
    if (sizes != nullptr) sizes->push_back(*size);
  }
}

Result<GifParts> read_parts(ByteSpan file) {
  ByteReader reader(file);
  const auto screen = reader.read_bytes(kScreenBytes, "GIF header");
  if (!screen.ok()) return screen.error();
  LMC_TRY(reader.read_bytes(colours_bytes((*screen)[10]), "GIF colours"));
  while (reader.remaining() > 0 && file[reader.position()] == kExtension) {
    LMC_TRY(reader.read_bytes(2, "GIF extension"));
    LMC_TRY(skip_sub_blocks(reader, nullptr, nullptr));
  }
  const size_t position = reader.position();
  const auto image = reader.read_bytes(kDescriptorBytes, "GIF image");
  if (!image.ok()) return image.error();
  if ((*image)[0] != kImage) return bad_input("GIF: expected an image", position);
  LMC_TRY(reader.read_bytes(colours_bytes((*image)[9]), "GIF colours"));
  const auto code_bits = reader.read_le<uint8_t>("smallest size of a GIF code");
  if (!code_bits.ok()) return code_bits.error();
  if (*code_bits < 2 || *code_bits > 8)
    return bad_input("GIF: codes of " + std::to_string(*code_bits) + " bits; expected 2 to 8", reader.position() - 1);
  GifParts parts;
  parts.shape.width = (*image)[5] | uint32_t((*image)[6]) << 8;
  parts.shape.height = (*image)[7] | uint32_t((*image)[8]) << 8;
  parts.shape.channels = 1;
  parts.shape.bits = *code_bits;
  parts.shape.indexed = true;
  parts.interlaced = (*image)[9] & 0x40;
  parts.min_code_bits = *code_bits;
  parts.before = file.first(reader.position());
  LMC_TRY(skip_sub_blocks(reader, &parts.stream, &parts.sizes));
  parts.after = file.subspan(reader.position());
  LMC_TRY(check_shape(parts.shape));
  if (parts.after.size() > file.size() / 2)
    return bad_input("GIF: most of the file follows its first image; animations are not taken apart");
  return parts;
}

bool are_usual_sizes(const Bytes& sizes) {
  return sizes.empty() || std::all_of(sizes.begin(), sizes.end() - 1, [](uint8_t size) { return size == 255; });
}

// The row of the picture that is written as number i.
std::vector<uint32_t> row_order(uint32_t height, bool interlaced) {
  std::vector<uint32_t> order;
  static constexpr std::pair<uint32_t, uint32_t> kPasses[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  static constexpr std::pair<uint32_t, uint32_t> kWhole[] = {{0, 1}};
  for (const auto& [begin, step] : interlaced ? std::span<const std::pair<uint32_t, uint32_t>>(kPasses) : kWhole)
    for (uint32_t row = begin; row < height; row += step) order.push_back(row);
  return order;
}

Status append_sub_blocks(Bytes& file, ByteSpan stream, ByteSpan sizes, bool given) {
  for (size_t i = 0; !stream.empty(); ++i) {
    const size_t size = given ? (i < sizes.size() ? sizes[i] : 0) : 255;
    if (size == 0) return bad_input("side bytes of a GIF: too few sub-blocks");
    const ByteSpan part = stream.first(std::min(size, stream.size()));
    if (given && part.size() != size) return bad_input("side bytes of a GIF: too large a sub-block");
    file.push_back(uint8_t(part.size()));
    append_bytes(file, part);
    stream = stream.subspan(part.size());
  }
  file.push_back(0);
  return Ok();
}

Result<ByteSpan> read_part(ByteReader& reader, const char* field) {
  const auto size = reader.read_varint(field);
  if (!size.ok()) return size.error();
  if (*size > reader.remaining()) return bad_input(std::string(field) + " is cut short", reader.position());
  return reader.read_bytes(size_t(*size), field);
}

}  // namespace

Result<ParsedImage> parse_gif(ByteSpan file) {
  auto parts = read_parts(file);
  if (!parts.ok()) return parts.error();
  const auto lzw = parse_gif_lzw(parts->stream, parts->min_code_bits, parts->shape.size_bytes());
  if (!lzw.ok()) return lzw.error();
  ParsedImage parsed;
  parsed.picture = std::move(parts->shape);
  Picture& picture = parsed.picture;
  picture.samples.resize(picture.size_bytes());
  size_t from = 0;
  for (const uint32_t row : row_order(picture.height, parts->interlaced)) {
    std::copy_n(lzw->pixels.begin() + ptrdiff_t(from), picture.width,
                picture.samples.begin() + ptrdiff_t(size_t(row) * picture.width));
    from += picture.width;
  }
  const bool usual = are_usual_sizes(parts->sizes);
  Bytes& side = parsed.side;
  side.push_back(uint8_t((parts->interlaced ? kInterlaced : 0) | (usual ? 0 : kSizesGiven)));
  const auto append_part = [&](ByteSpan part) {
    append_varint(side, part.size());
    append_bytes(side, part);
  };
  append_part(parts->before);
  if (!usual) append_part(parts->sizes);
  append_bytes(side, lzw->side);
  append_part(ByteSpan(parts->stream).subspan(lzw->size_bytes));
  append_bytes(side, parts->after);
  return parsed;
}

Result<Bytes> rebuild_gif(ByteSpan side, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  const auto flags = reader.read_le<uint8_t>("flags of a GIF");
  if (!flags.ok()) return flags.error();
  const auto before = read_part(reader, "start of a GIF");
  if (!before.ok()) return before.error();
  const int min_code_bits = before->empty() ? 0 : before->back();
  const auto fits = [&](uint8_t sample) { return sample >> min_code_bits == 0; };
  if (*flags > 3 || picture.channels != 1 || picture.bits > 8 || min_code_bits < 2 || min_code_bits > 8 ||
      !std::all_of(picture.samples.begin(), picture.samples.end(), fits))
    return bad_input("side bytes of a GIF do not fit the picture");
  ByteSpan sizes;
  if (*flags & kSizesGiven) {
    const auto given = read_part(reader, "sizes of GIF sub-blocks");
    if (!given.ok()) return given.error();
    sizes = *given;
  }
  Bytes pixels;
  pixels.reserve(picture.samples.size());
  for (const uint32_t row : row_order(picture.height, *flags & kInterlaced))
    append_bytes(pixels, ByteSpan(picture.samples).subspan(size_t(row) * picture.width, picture.width));
  auto stream = rebuild_gif_lzw(reader, pixels, min_code_bits, max_bytes);
  if (!stream.ok()) return stream.error();
  const auto more = read_part(reader, "bytes after the codes of a GIF");
  if (!more.ok()) return more.error();
  append_bytes(*stream, *more);
  Bytes file(before->begin(), before->end());
  LMC_TRY(append_sub_blocks(file, *stream, sizes, *flags & kSizesGiven));
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("side bytes of a GIF: more than the file's size");
  return file;
}

}  // namespace lmc
