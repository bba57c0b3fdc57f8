// Layout of the side bytes of one image:
//   1 byte            GifFlag, without kFrames
//   varint, bytes     all before the pixels; the last byte is the smallest size of a code
//   [varint, bytes]   kSizesGiven: the sizes of the sub-blocks; else they have 255 bytes, but for the last
//   varint            size of the table at which it is cleared; 0: never
//   codes             lzw_codes.h
//   varint, bytes     what the sub-blocks hold after the codes
//   rest              what follows the sub-blocks
// and of several:
//   1 byte            kFrames
//   varint            number of images
//   for each image
//     varint, bytes     what lies before it since the sub-blocks of the last, its descriptor included
//     bytes             its colours, if the descriptor says so, and the smallest size of a code
//     1 byte            kSizesGiven or 0
//     as above          from the sizes of the sub-blocks to what they hold after the codes
//   rest              what follows the sub-blocks of the last
#include "lmc/media/gif_file.h"

#include <algorithm>
#include <optional>
#include <string>

#include "lmc/media/gif_frames.h"
#include "lmc/media/lzw_codes.h"
#include "lmc/media/side_part.h"

namespace lmc {
namespace {

enum GifFlag : uint8_t { kInterlaced = 1, kSizesGiven = 2, kFrames = 4 };

constexpr uint64_t kMaxSpareTimes = 4;  // so many times the pixels may be spare places on shelves

// Where a frame's pixels lie among the picture's samples.
struct FramePlace {
  uint32_t width = 0, height = 0;
  bool interlaced = false;
  size_t begin = 0;  // of the first sample
};

void place_pixels(ByteSpan pixels, const FramePlace& place, Picture& picture) {
  for (const uint32_t row : gif_row_order(place.height, place.interlaced)) {
    std::copy_n(pixels.begin(), place.width,
                picture.samples.begin() + ptrdiff_t(place.begin + size_t(row) * picture.width));
    pixels = pixels.subspan(place.width);
  }
}

// Errors: bad input, if a pixel is no symbol of min_code_bits.
Result<Bytes> pick_pixels(const Picture& picture, const FramePlace& place, int min_code_bits) {
  Bytes pixels;
  pixels.reserve(size_t(place.width) * place.height);
  for (const uint32_t row : gif_row_order(place.height, place.interlaced))
    append_bytes(pixels,
                 ByteSpan(picture.samples).subspan(place.begin + size_t(row) * picture.width, place.width));
  if (min_code_bits < 2 || min_code_bits > 8 ||
      !std::all_of(pixels.begin(), pixels.end(), [&](uint8_t pixel) { return pixel >> min_code_bits == 0; }))
    return bad_input("side bytes of a GIF do not fit the picture");
  return pixels;
}

struct FrameCodes {
  uint32_t clear_at = 0;
  ParsedLzw lzw;
};

Result<FrameCodes> parse_codes(const GifFrame& frame) {
  const LzwForm form{.min_code_bits = frame.min_code_bits};
  const size_t pixels = size_t(frame.width) * frame.height;
  FrameCodes codes{.clear_at = lzw_clears_at(frame.stream, form, pixels), .lzw = {}};
  auto lzw = parse_lzw(frame.stream, form, {.clear_at = codes.clear_at}, pixels);
  if (!lzw.ok()) return lzw.error();
  codes.lzw = std::move(*lzw);
  return codes;
}

// From the sizes of the sub-blocks on.
void append_codes(Bytes& side, const GifFrame& frame, const FrameCodes& codes) {
  if (!are_usual_gif_sizes(frame.sizes)) append_part(side, frame.sizes);
  append_varint(side, codes.clear_at);
  append_bytes(side, codes.lzw.side);
  append_part(side, ByteSpan(frame.stream).subspan(codes.lzw.size_bytes));
}

Status rebuild_codes(ByteReader& reader, ByteSpan pixels, int min_code_bits, bool sizes_given, size_t max_bytes,
                     Bytes& file) {
  ByteSpan sizes;
  if (sizes_given) {
    const auto given = read_part(reader, "sizes of GIF sub-blocks");
    if (!given.ok()) return given.error();
    sizes = *given;
  }
  const auto clear_at = reader.read_varint("size of a cleared table");
  if (!clear_at.ok()) return clear_at.error();
  const LzwHabits habits{.clear_at = uint32_t(std::min<uint64_t>(*clear_at, UINT32_MAX))};
  auto stream = rebuild_lzw(reader, pixels, {.min_code_bits = min_code_bits}, habits, max_bytes);
  if (!stream.ok()) return stream.error();
  const auto more = read_part(reader, "bytes after the codes of a GIF");
  if (!more.ok()) return more.error();
  append_bytes(*stream, *more);
  return append_gif_blocks(file, *stream, sizes, sizes_given);
}

Picture indexed_picture(uint32_t width, uint64_t height, int bits) {
  Picture picture;
  picture.width = width;
  picture.height = uint32_t(std::min<uint64_t>(height, UINT32_MAX));
  picture.channels = 1;
  picture.bits = bits;
  picture.indexed = true;
  return picture;
}

Error mostly_else() { return bad_input("GIF: most of the file follows the images that can be taken apart"); }

Result<ParsedImage> parse_single(ByteSpan file, const GifFrame& frame) {
  if (file.size() - frame.blocks_end_bytes > file.size() / 2) return mostly_else();
  ParsedImage parsed;
  parsed.picture = indexed_picture(frame.width, frame.height, frame.min_code_bits);
  LMC_TRY(check_shape(parsed.picture));
  const auto codes = parse_codes(frame);
  if (!codes.ok()) return codes.error();
  parsed.picture.samples.resize(parsed.picture.size_bytes());
  place_pixels(codes->lzw.symbols, {frame.width, frame.height, frame.interlaced, 0}, parsed.picture);
  const bool usual = are_usual_gif_sizes(frame.sizes);
  parsed.side.push_back(uint8_t((frame.interlaced ? kInterlaced : 0) | (usual ? 0 : kSizesGiven)));
  append_part(parsed.side, file.first(frame.blocks_at_bytes));
  append_codes(parsed.side, frame, *codes);
  append_bytes(parsed.side, file.subspan(frame.blocks_end_bytes));
  return parsed;
}

Result<ParsedImage> parse_several(ByteSpan file, const std::vector<GifFrame>& frames) {
  struct Taken {
    const GifFrame* frame;
    FrameCodes codes;
  };
  std::vector<Taken> taken;
  std::optional<Error> first_error;
  uint32_t width = 0;
  uint64_t pixels = 0;
  int bits = 2;
  for (const GifFrame& frame : frames) {
    if (pixels + uint64_t(frame.width) * frame.height > kMaxPictureBytes) break;
    auto codes = parse_codes(frame);
    if (!codes.ok()) {
      if (!first_error) first_error = codes.error();
      continue;
    }
    taken.push_back({&frame, std::move(*codes)});
    width = std::max(width, frame.width);
    bits = std::max(bits, frame.min_code_bits);
    pixels += uint64_t(frame.width) * frame.height;
  }
  if (taken.empty()) return first_error.value_or(bad_input("GIF: an image with more pixels than are allowed"));
  if (file.size() - taken.back().frame->blocks_end_bytes > file.size() / 2) return mostly_else();
  GifShelves shelves(width);
  std::vector<FramePlace> places;
  for (const Taken& each : taken) {
    const auto [x, y] = shelves.put(each.frame->width, each.frame->height);
    places.push_back({each.frame->width, each.frame->height, each.frame->interlaced, size_t(y * width + x)});
  }
  ParsedImage parsed;
  parsed.picture = indexed_picture(width, shelves.height(), bits);
  LMC_TRY(check_shape(parsed.picture));
  if (shelves.height() * width / (1 + kMaxSpareTimes) > pixels)
    return bad_input("GIF: the images of the animation differ too much in width");
  parsed.picture.samples.resize(parsed.picture.size_bytes());
  parsed.side.push_back(kFrames);
  append_varint(parsed.side, taken.size());
  size_t done = 0;
  for (size_t i = 0; i < taken.size(); ++i) {
    const GifFrame& frame = *taken[i].frame;
    append_part(parsed.side, file.subspan(done, frame.colours_at_bytes - done));
    append_bytes(parsed.side, file.subspan(frame.colours_at_bytes, frame.blocks_at_bytes - frame.colours_at_bytes));
    parsed.side.push_back(are_usual_gif_sizes(frame.sizes) ? 0 : kSizesGiven);
    append_codes(parsed.side, frame, taken[i].codes);
    place_pixels(taken[i].codes.lzw.symbols, places[i], parsed.picture);
    done = frame.blocks_end_bytes;
  }
  append_bytes(parsed.side, file.subspan(done));
  return parsed;
}

Status rebuild_single(ByteReader& reader, uint8_t flags, const Picture& picture, size_t max_bytes, Bytes& file) {
  const auto before = read_part(reader, "start of a GIF");
  if (!before.ok()) return before.error();
  append_bytes(file, *before);
  const int min_code_bits = before->empty() ? 0 : before->back();
  const auto pixels = pick_pixels(picture, {picture.width, picture.height, (flags & kInterlaced) != 0, 0}, min_code_bits);
  if (!pixels.ok()) return pixels.error();
  return rebuild_codes(reader, *pixels, min_code_bits, flags & kSizesGiven, max_bytes, file);
}

Status rebuild_frame(ByteReader& reader, const Picture& picture, GifShelves& shelves, size_t max_bytes, Bytes& file) {
  const auto before = read_part(reader, "what lies before an image of a GIF");
  if (!before.ok()) return before.error();
  if (before->size() < kGifDescriptorBytes || before->size() > max_bytes - file.size())
    return bad_input("side bytes of a GIF: an image that cannot be", reader.position());
  const ByteSpan descriptor = before->last(kGifDescriptorBytes);
  const auto colours = reader.read_bytes(gif_colours_bytes(descriptor[9]) + 1, "colours of a GIF image");
  if (!colours.ok()) return colours.error();
  const auto flags = reader.read_le<uint8_t>("flags of a GIF image");
  if (!flags.ok()) return flags.error();
  append_bytes(file, *before);
  append_bytes(file, *colours);
  FramePlace place{.width = descriptor[5] | uint32_t(descriptor[6]) << 8,
                   .height = descriptor[7] | uint32_t(descriptor[8]) << 8,
                   .interlaced = (descriptor[9] & 0x40) != 0};
  if (place.width == 0 || place.height == 0 || place.width > picture.width || (*flags & ~kSizesGiven) != 0)
    return bad_input("side bytes of a GIF: an image that does not fit the picture", reader.position());
  const auto [x, y] = shelves.put(place.width, place.height);
  if (shelves.height() > picture.height)
    return bad_input("side bytes of a GIF: an image that does not fit the picture", reader.position());
  place.begin = size_t(y * picture.width + x);
  const int min_code_bits = colours->back();
  const auto pixels = pick_pixels(picture, place, min_code_bits);
  if (!pixels.ok()) return pixels.error();
  return rebuild_codes(reader, *pixels, min_code_bits, *flags & kSizesGiven, max_bytes, file);
}

}  // namespace

Result<ParsedImage> parse_gif(ByteSpan file) {
  const auto frames = read_gif_frames(file);
  if (!frames.ok()) return frames.error();
  return frames->size() == 1 ? parse_single(file, frames->front()) : parse_several(file, *frames);
}

Result<Bytes> rebuild_gif(ByteSpan side, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  const auto flags = reader.read_le<uint8_t>("flags of a GIF");
  if (!flags.ok()) return flags.error();
  if (*flags > kFrames || picture.channels != 1 || picture.bits > 8)
    return bad_input("side bytes of a GIF do not fit the picture");
  Bytes file;
  if (*flags != kFrames) {
    LMC_TRY(rebuild_single(reader, *flags, picture, max_bytes, file));
  } else {
    const auto count = reader.read_varint("number of images of a GIF");
    if (!count.ok()) return count.error();
    GifShelves shelves(picture.width);
    for (uint64_t i = 0; i < *count; ++i) {
      LMC_TRY(rebuild_frame(reader, picture, shelves, max_bytes, file));
      if (file.size() > max_bytes) return bad_input("side bytes of a GIF: more than the file's size");
    }
    if (shelves.height() != picture.height)
      return bad_input("side bytes of a GIF: images that do not fill the picture", reader.position());
  }
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("side bytes of a GIF: more than the file's size");
  return file;
}

}  // namespace lmc
