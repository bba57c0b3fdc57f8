// Layout of the reconstruction data of one image:
//   1 byte            GifFlag, without kFrames
//   varint, bytes     all before the pixels; the last byte is the smallest size of a code
//   [varint, bytes]   kSizesGiven: the sizes of the sub-blocks; else they have 255 bytes, but for the last
//   varint            size of the table at which it is cleared; 0: never
//   codes             lzw_codes.h
//   varint, bytes     what the sub-blocks hold after the codes
//   rest              what follows the sub-blocks
// and of several:
//   1 byte            kFrames, and kInCells if the picture has three channels (frame_cells.h)
//   varint            number of images
//   for each image
//     varint, bytes     what lies before it since the sub-blocks of the last, its descriptor included
//     bytes             its colours, if the descriptor says so, and the smallest size of a code
//     1 byte            kSizesGiven or 0
//     as above          from the sizes of the sub-blocks to what they hold after the codes
//   rest              what follows the sub-blocks of the last
#include "lmc/media/image/gif/gif_file.h"

#include <algorithm>
#include <optional>
#include <string>

#include "lmc/media/image/frame_cells.h"
#include "lmc/media/image/gif/gif_frames.h"
#include "lmc/media/image/lzw_codes.h"
#include "lmc/media/image/side_part.h"

namespace lmc {
namespace {

enum GifFlag : uint8_t { kInterlaced = 1, kSizesGiven = 2, kFrames = 4, kInCells = 8 };

constexpr uint32_t kCellChannels = 3;

// Where a frame's pixels lie among the picture's samples.
struct FramePlace {
  uint32_t width = 0, height = 0;
  bool interlaced = false;
  size_t begin = 0;  // the first sample
};

// Calls visit(sample) for the frame's pixels in their order in the file.
template <typename Visit>
void for_each_pixel(const Picture& picture, const FramePlace& place, const Visit& visit) {
  const size_t step = size_t(picture.channels);
  for (const uint32_t row : gif_row_order(place.height, place.interlaced))
    for (size_t x = 0; x < place.width; ++x) visit(place.begin + (size_t(row) * picture.width + x) * step);
}

void place_pixels(ByteSpan pixels, const FramePlace& place, Picture& picture) {
  const uint8_t* pixel = pixels.data();
  for_each_pixel(picture, place, [&](size_t at) { picture.samples[at] = *pixel++; });
}

// Errors: bad input, if a pixel is no symbol of min_code_bits.
Result<Bytes> pick_pixels(const Picture& picture, const FramePlace& place, int min_code_bits) {
  Bytes pixels;
  pixels.reserve(size_t(place.width) * place.height);
  for_each_pixel(picture, place, [&](size_t at) { pixels.push_back(picture.samples[at]); });
  if (min_code_bits < 2 || min_code_bits > 8 ||
      !std::all_of(pixels.begin(), pixels.end(), [&](uint8_t pixel) { return pixel >> min_code_bits == 0; }))
    return bad_input("reconstruction data of a GIF do not fit the picture");
  return pixels;
}

FramePlace place_frame(FrameCells& cells, const Picture& picture, FramePlace place) {
  const auto [x, y, channel] = cells.put(place.width, place.height);
  place.begin = size_t((y * picture.width + x) * uint64_t(picture.channels) + channel);
  return place;
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
    LMC_ASSIGN(const auto given, read_part(reader, "sizes of GIF sub-blocks"));
    sizes = given;
  }
  LMC_ASSIGN(const auto clear_at, reader.read_varint("size of a cleared table"));
  const LzwHeuristics heuristics{.clear_at = uint32_t(std::min<uint64_t>(clear_at, UINT32_MAX))};
  auto stream = rebuild_lzw(reader, pixels, {.min_code_bits = min_code_bits}, heuristics, max_bytes);
  if (!stream.ok()) return stream.error();
  LMC_ASSIGN(const auto more, read_part(reader, "bytes after the codes of a GIF"));
  append_bytes(*stream, more);
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
  LMC_ASSIGN(const auto codes, parse_codes(frame));
  parsed.picture.samples.resize(parsed.picture.size_bytes());
  place_pixels(codes.lzw.symbols, {frame.width, frame.height, frame.interlaced, 0}, parsed.picture);
  const bool usual = are_usual_gif_sizes(frame.sizes);
  parsed.side.push_back(uint8_t((frame.interlaced ? kInterlaced : 0) | (usual ? 0 : kSizesGiven)));
  append_part(parsed.side, file.first(frame.blocks_at_bytes));
  append_codes(parsed.side, frame, codes);
  append_bytes(parsed.side, file.subspan(frame.blocks_end_bytes));
  return parsed;
}

struct TakenFrame {
  const GifFrame* frame;
  FrameCodes codes;
};

// Whether the frame before tells a pixel better than the pixel above does: how often the symbol that last stood in the
// same context, the pixel to the left and one of those two, stands there again.
bool frames_foretell(const std::vector<TakenFrame>& frames) {
  constexpr size_t kContexts = 65536;
  Bytes after_above(kContexts), after_before(kContexts);
  uint64_t above_hits = 0, before_hits = 0;
  for (size_t i = 1; i < frames.size(); ++i) {
    const GifFrame &frame = *frames[i].frame, &last = *frames[i - 1].frame;
    if (frame.width != last.width || frame.interlaced != last.interlaced) continue;
    const Bytes &pixels = frames[i].codes.lzw.symbols, &others = frames[i - 1].codes.lzw.symbols;
    for (size_t k = frame.width; k < std::min(pixels.size(), others.size()); ++k) {
      uint8_t& above = after_above[pixels[k - 1] * 256u + pixels[k - frame.width]];
      uint8_t& before = after_before[pixels[k - 1] * 256u + others[k]];
      above_hits += above == pixels[k];
      before_hits += before == pixels[k];
      above = before = pixels[k];
    }
  }
  return before_hits > above_hits;
}

// Channels of a cell that are left over show the frame before, which costs least.
void fill_channels(FrameCells& cells, const FramePlace& last, Picture& picture) {
  for (;;) {
    FrameCells tried = cells;
    const auto [x, y, channel] = tried.put(1, 1);
    const size_t begin = size_t((y * picture.width + x) * uint64_t(picture.channels) + channel);
    if (begin / size_t(picture.channels) != last.begin / size_t(picture.channels)) return;
    const FramePlace place{last.width, last.height, false, begin};
    const size_t from = last.begin;
    for_each_pixel(picture, place, [&](size_t at) { picture.samples[at] = picture.samples[at - begin + from]; });
    cells = tried;
  }
}

// Places all frames and fills in the picture's shape. Errors: bad input.
Result<std::vector<FramePlace>> place_frames(const std::vector<TakenFrame>& frames, Picture& picture) {
  uint64_t pixels = 0;
  for (const TakenFrame& each : frames) {
    picture.width = std::max(picture.width, each.frame->width);
    picture.bits = std::max(picture.bits, each.frame->min_code_bits);
    pixels += uint64_t(each.frame->width) * each.frame->height;
  }
  FrameCells cells(picture.width, uint32_t(picture.channels));
  std::vector<FramePlace> places;
  for (const TakenFrame& each : frames)
    places.push_back(place_frame(cells, picture, {each.frame->width, each.frame->height, each.frame->interlaced}));
  picture.height = uint32_t(std::min<uint64_t>(cells.height(), UINT32_MAX));
  LMC_TRY(check_shape(picture));
  if (picture.size_bytes() / (1 + kMaxGifSpareTimes) > pixels)
    return bad_input("GIF: the images of the animation differ too much in size");
  picture.samples.resize(picture.size_bytes());
  for (size_t i = 0; i < frames.size(); ++i) place_pixels(frames[i].codes.lzw.symbols, places[i], picture);
  if (picture.channels > 1) fill_channels(cells, places.back(), picture);
  return places;
}

Result<ParsedImage> parse_several(ByteSpan file, const std::vector<GifFrame>& frames) {
  std::vector<TakenFrame> taken;
  std::optional<Error> first_error;
  uint64_t pixels = 0;
  for (const GifFrame& frame : frames) {
    pixels += uint64_t(frame.width) * frame.height;
    if (pixels > kMaxPictureBytes) break;
    auto codes = parse_codes(frame);
    if (codes.ok())
      taken.push_back({&frame, std::move(*codes)});
    else if (!first_error)
      first_error = codes.error();
  }
  if (taken.empty()) return first_error.value_or(bad_input("GIF: an image with more pixels than are allowed"));
  if (file.size() - taken.back().frame->blocks_end_bytes > file.size() / 2) return mostly_else();
  ParsedImage parsed;
  const bool in_cells = frames_foretell(taken);
  parsed.picture = indexed_picture(0, 0, 2);
  parsed.picture.channels = in_cells ? int(kCellChannels) : 1;
  LMC_TRY(place_frames(taken, parsed.picture));
  parsed.side.push_back(uint8_t(kFrames | (in_cells ? kInCells : 0)));
  append_varint(parsed.side, taken.size());
  size_t done = 0;
  for (const auto& [frame, codes] : taken) {
    append_part(parsed.side, file.subspan(done, frame->colours_at_bytes - done));
    append_bytes(parsed.side, file.subspan(frame->colours_at_bytes, frame->blocks_at_bytes - frame->colours_at_bytes));
    parsed.side.push_back(are_usual_gif_sizes(frame->sizes) ? 0 : kSizesGiven);
    append_codes(parsed.side, *frame, codes);
    done = frame->blocks_end_bytes;
  }
  append_bytes(parsed.side, file.subspan(done));
  return parsed;
}

Status rebuild_single(ByteReader& reader, uint8_t flags, const Picture& picture, size_t max_bytes, Bytes& file) {
  LMC_ASSIGN(const auto before, read_part(reader, "start of a GIF"));
  append_bytes(file, before);
  const int min_code_bits = before.empty() ? 0 : before.back();
  const auto pixels =
      pick_pixels(picture, {picture.width, picture.height, (flags & kInterlaced) != 0, 0}, min_code_bits);
  if (!pixels.ok()) return pixels.error();
  return rebuild_codes(reader, *pixels, min_code_bits, flags & kSizesGiven, max_bytes, file);
}

Status rebuild_frame(ByteReader& reader, const Picture& picture, FrameCells& cells, size_t max_bytes, Bytes& file) {
  LMC_ASSIGN(const auto before, read_part(reader, "what lies before an image of a GIF"));
  if (before.size() < kGifDescriptorBytes || before.size() > max_bytes - file.size())
    return bad_input("reconstruction data of a GIF: an image that cannot be", reader.position());
  const ByteSpan descriptor = before.last(kGifDescriptorBytes);
  LMC_ASSIGN(const auto colours, reader.read_bytes(gif_colours_bytes(descriptor[9]) + 1, "colours of a GIF image"));
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("flags of a GIF image"));
  append_bytes(file, before);
  append_bytes(file, colours);
  FramePlace place{.width = descriptor[5] | uint32_t(descriptor[6]) << 8,
                   .height = descriptor[7] | uint32_t(descriptor[8]) << 8,
                   .interlaced = (descriptor[9] & 0x40) != 0};
  if (place.width == 0 || place.height == 0 || place.width > picture.width || (flags & ~kSizesGiven) != 0)
    return bad_input("reconstruction data of a GIF: an image that does not fit the picture", reader.position());
  place = place_frame(cells, picture, place);
  if (cells.height() > picture.height)
    return bad_input("reconstruction data of a GIF: an image that does not fit the picture", reader.position());
  const int min_code_bits = colours.back();
  LMC_ASSIGN(const auto pixels, pick_pixels(picture, place, min_code_bits));
  return rebuild_codes(reader, pixels, min_code_bits, flags & kSizesGiven, max_bytes, file);
}

// A picture with as many pixels, as far as they are looked at.
Picture shape_of_all(const std::vector<GifFrame>& frames) {
  uint64_t pixels = 0;
  for (const GifFrame& frame : frames) pixels += uint64_t(frame.width) * frame.height;
  const uint32_t width = std::max(1u, frames.front().width);
  return indexed_picture(width, (std::min(pixels, kMaxPictureBytes) + width - 1) / width, 8);
}

}  // namespace

Result<ParsedImage> parse_gif(ByteSpan file, const OnShape& on_shape) {
  constexpr uint64_t kFrameMemory = 384;  // what is noted of each
  LMC_ASSIGN(const auto frames, read_gif_frames(file));
  LMC_TRY(on_shape(shape_of_all(frames), kFrameMemory * frames.size()));
  return frames.size() == 1 ? parse_single(file, frames.front()) : parse_several(file, frames);
}

Result<Bytes> rebuild_gif(ByteSpan side, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("flags of a GIF"));
  const bool several = (flags & kFrames) != 0, in_cells = (flags & kInCells) != 0;
  if (flags > (several ? kFrames | kInCells : kInterlaced | kSizesGiven) || (several && flags % kFrames != 0) ||
      picture.channels != (in_cells ? int(kCellChannels) : 1) || picture.bits > 8)
    return bad_input("reconstruction data of a GIF do not fit the picture");
  Bytes file;
  if (!several) {
    LMC_TRY(rebuild_single(reader, flags, picture, max_bytes, file));
  } else {
    LMC_ASSIGN(const auto count, reader.read_varint("number of images of a GIF"));
    FrameCells cells(picture.width, uint32_t(picture.channels));
    for (uint64_t i = 0; i < count; ++i) {
      LMC_TRY(rebuild_frame(reader, picture, cells, max_bytes, file));
      if (file.size() > max_bytes) return bad_input("reconstruction data of a GIF: more than the file's size");
    }
    if (cells.height() != picture.height)
      return bad_input("reconstruction data of a GIF: images that do not fill the picture", reader.position());
  }
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("reconstruction data of a GIF: more than the file's size");
  return file;
}

bool begins_like_gif(ByteSpan start) { return begins_with(start, "GIF87a") || begins_with(start, "GIF89a"); }

FileLength gif_length(ByteSpan raw) {
  constexpr size_t kScreen = 13, kImage = 10;
  constexpr uint8_t kExtension = 0x21, kDescriptor = 0x2c, kTrailer = 0x3b;
  const auto palette_bytes = [](uint8_t flags) { return (flags & 128) != 0 ? size_t(6) << (flags & 7) : size_t(0); };
  if (raw.size() < kScreen) return {};
  size_t at = kScreen + palette_bytes(raw[kScreen - 3]);
  for (bool some = false;; some = true) {
    if (at >= raw.size()) return FileLength::cut_off(raw, some);
    const uint8_t kind = raw[at];
    if (kind == kTrailer) return {some ? FileLength::End::kThere : FileLength::End::kNoFile, at + 1};
    if (kind == kExtension) {
      at += 2;
    } else if (kind == kDescriptor) {
      if (raw.size() - at <= kImage) return FileLength::cut_off(raw, some);
      at += kImage + palette_bytes(raw[at + kImage - 1]) + 1;
    } else {
      return {FileLength::End::kNoFile, at};
    }
    while (at < raw.size() && raw[at] != 0) at += size_t(1) + raw[at];
    ++at;
  }
}

}  // namespace lmc
