#include "lmc/media/image/image_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/deflate/deflate_stream.h"
#include "lmc/media/image/bmp/bmp_file.h"
#include "lmc/media/image/gif/gif_file.h"
#include "lmc/media/image/grid_bytes.h"
#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/image/png/png_file.h"
#include "lmc/media/image/png/png_streams.h"
#include "lmc/media/image/pnm/pnm_file.h"
#include "lmc/media/image/tiff/tiff_file.h"
#include "lmc/media/image/tiff/tiff_piece_form.h"
#include "lmc/media/image/webp/webp_file.h"

namespace lmc {
namespace {

constexpr const char* kPnmSuffixes[] = {".pnm", ".ppm", ".pgm", ".pbm", ".pam"};
constexpr const char* kBmpSuffixes[] = {".bmp", ".dib"};
constexpr const char* kPngSuffixes[] = {".png"};
constexpr const char* kTiffSuffixes[] = {".tif", ".tiff"};
constexpr const char* kGifSuffixes[] = {".gif"};
constexpr const char* kWebpSuffixes[] = {".webp"};

uint64_t same_size(uint64_t file_bytes) { return file_bytes; }
uint64_t no_side(const Picture&) { return 0; }
// Runs of rows, of two bytes of reconstruction data or more; the file is made in one piece.
uint64_t grid_memory(const Picture& shape, ByteSpan side, uint64_t file_bytes) {
  return file_bytes + 24 * std::min<uint64_t>(shape.height, side.size() / 2);
}

// The samples, and twice what is no rows, while it grows.
uint64_t grid_parse_memory(const Picture& shape, uint64_t file_bytes) {
  return 3 * file_bytes - 2 * std::min<uint64_t>(file_bytes, shape.size_bytes());
}

constexpr uint64_t kCopies = 4;  // the file, and a stream in it while that grows

// Deflate spends two bits at least on 258 bytes.
constexpr uint64_t kDeflateTimes = 258 * 8 / 2;
// LZW spends 12 bits on the longest of its 4096 strings, of at most as many bytes; PackBits and deflate expand less.
constexpr uint64_t kLzwTimes = 4096 * 8 / 12 + 1;
uint64_t most_by_deflate(uint64_t file_bytes) { return file_bytes * kDeflateTimes; }
uint64_t most_by_lzw(uint64_t file_bytes) { return file_bytes * kLzwTimes; }
uint64_t most_in_gif(uint64_t file_bytes) { return (most_by_lzw(file_bytes) + 1) * (1 + kMaxGifSpareTimes); }

// Filters and unused bits of rows, which are up to twice as many where rows are interlaced.
uint64_t png_side(const Picture& shape) { return 8 * uint64_t(shape.height); }
// The rows, and what is noted of runs of chunks, of which honest files have few; of animations what is on the canvas,
// and frames.
uint64_t png_memory(const Picture& shape, uint64_t runs, bool animated, uint64_t file_bytes) {
  return kCopies * file_bytes + (animated ? 5 : 2) * (shape.size_bytes() + 4 * uint64_t(shape.height)) + 48 * runs +
         deflate_token_memory(file_bytes, shape.size_bytes()) + kDeflateMemory;
}

uint64_t png_rebuild_memory(const Picture& shape, ByteSpan side, uint64_t file_bytes) {
  const bool animated = !side.empty() && has_png_frames(side[0]);
  return png_memory(shape, std::min<uint64_t>(side.size(), kMostPngRuns), animated, file_bytes);
}

// The stream; its data while they grow; the tokens of a block, of a bit or more; filters by all rules.
uint64_t png_parse_memory(const Picture& shape, uint64_t file_bytes) {
  constexpr uint64_t kMoreBytes = (uint64_t(2) << 20) + kDeflateMemory, kRowMemory = 32;
  const uint64_t data = shape.size_bytes() + 2 * uint64_t(shape.height);
  return kCopies * file_bytes + shape.size_bytes() + 2 * data + deflate_token_memory(file_bytes, data) +
         kRowMemory * shape.height + kMoreBytes;
}

// Padding of tiles, all of it given.
uint64_t tiff_side(const Picture& shape) { return most_tiff_spare_bytes(shape); }
uint64_t tiff_memory(const Picture& shape, ByteSpan side, uint64_t file_bytes) {
  return kCopies * file_bytes + tiff_rebuild_memory(side, shape) +
         deflate_token_memory(file_bytes, shape.size_bytes()) + kDeflateMemory;
}

// What was decoded; of the largest strip or tile samples of two bytes, three times, and bytes, which may be all.
uint64_t tiff_parse_memory(const Picture& shape, uint64_t file_bytes) {
  const uint64_t data = shape.size_bytes();
  return kCopies * file_bytes + 9 * data + deflate_token_memory(file_bytes, data) + kDeflateMemory;
}

// Pixels while they grow, and in their places, which may be some times as many.
uint64_t gif_parse_memory(const Picture& shape, uint64_t file_bytes) {
  return kCopies * file_bytes + (3 + 1 + kMaxGifSpareTimes) * shape.size_bytes() + (uint64_t(2) << 20);
}

uint64_t gif_memory(const Picture& shape, ByteSpan, uint64_t file_bytes) {
  return kCopies * file_bytes + shape.size_bytes() + 4 * uint64_t(shape.height) + (uint64_t(1) << 20);
}

uint64_t webp_rebuild_memory(const Picture& shape, ByteSpan, uint64_t file_bytes) {
  return kCopies * file_bytes + webp_memory(shape);
}

uint64_t known_or_none(const Result<uint64_t>& bytes) { return bytes.ok() ? *bytes : 0; }
uint64_t most_pnm_bytes(ByteSpan start) { return known_or_none(pnm_end_bytes(start)); }
uint64_t most_bmp_bytes(ByteSpan start) { return known_or_none(bmp_end_bytes(start)); }
uint64_t most_tiff_bytes(ByteSpan start) { return tiff_may_follow(start) ? UINT64_MAX : 0; }
uint64_t most_gif_bytes(ByteSpan) { return UINT64_MAX; }

// Rows that do not shrink at all, and metadata.
uint64_t most_png_bytes(ByteSpan start) {
  constexpr size_t kWidthAt = 16, kShapeBytes = 26;
  constexpr uint64_t kMostPixelBytes = 8, kMetadataBytes = uint64_t(32) << 20;
  if (start.size() < kShapeBytes) return 0;
  const uint64_t width = big_endian(start, kWidthAt, 4), height = big_endian(start, kWidthAt + 4, 4);
  if (width == 0 || height == 0 || width > kMaxPictureBytes / height) return 0;
  return width * height * kMostPixelBytes + height + kMetadataBytes;
}

uint64_t most_webp_bytes(ByteSpan start) {
  constexpr size_t kSizeAt = 4;
  if (start.size() < kSizeAt + 4) return 0;
  uint64_t said = 0;
  for (size_t i = 0; i < 4; ++i) said |= uint64_t(start[kSizeAt + i]) << (8 * i);
  return std::max<uint64_t>(said, 1);
}

uint64_t webp_parse_memory(const Picture& shape, uint64_t file_bytes) {
  return kCopies * file_bytes + shape.size_bytes() + webp_memory(shape);
}

constexpr FormatRow kFormats[] = {
    {ImageFormat::kPnm, "PNM", kPnmSuffixes, begins_like_pnm, nullptr, most_pnm_bytes, parse_pnm, rebuild_grid,
     same_size, no_side, grid_memory, grid_parse_memory},
    {ImageFormat::kBmp, "BMP", kBmpSuffixes, begins_like_bmp, nullptr, most_bmp_bytes, parse_bmp, rebuild_grid,
     same_size, no_side, grid_memory, grid_parse_memory},
    {ImageFormat::kPng, "PNG", kPngSuffixes, begins_like_png, png_length, most_png_bytes, parse_png, rebuild_png,
     most_by_deflate, png_side, png_rebuild_memory, png_parse_memory},
    {ImageFormat::kTiff, "TIFF", kTiffSuffixes, begins_like_tiff, nullptr, most_tiff_bytes, parse_tiff, rebuild_tiff,
     most_by_lzw, tiff_side, tiff_memory, tiff_parse_memory},
    {ImageFormat::kGif, "GIF", kGifSuffixes, begins_like_gif, gif_length, most_gif_bytes, parse_gif, rebuild_gif,
     most_in_gif, no_side, gif_memory, gif_parse_memory},
    {ImageFormat::kWebp, "WebP", kWebpSuffixes, begins_like_webp, webp_length, most_webp_bytes, parse_webp,
     rebuild_webp, most_in_webp, no_side, webp_rebuild_memory, webp_parse_memory},
};

// Of the samples, each row by itself; bytes a sample where a format has no smaller ones.
uint64_t packed_bytes(ImageFormat format, const Picture& shape) {
  if (format != ImageFormat::kPng && format != ImageFormat::kTiff) return shape.size_bytes();
  return (uint64_t(shape.width) * uint64_t(shape.channels * shape.bits) + 7) / 8 * shape.height;
}

}  // namespace

std::span<const FormatRow> image_formats() { return kFormats; }

const FormatRow* find_image_format(ImageFormat format) {
  for (const FormatRow& row : kFormats)
    if (row.format == format) return &row;
  return nullptr;
}

const FormatRow* find_image_format(ByteSpan start) {
  for (const FormatRow& row : kFormats)
    if (row.sniff(start)) return &row;
  return nullptr;
}

const char* image_format_name(ImageFormat format) {
  const FormatRow* const row = find_image_format(format);
  return row != nullptr ? row->name : "unknown";
}

std::optional<ImageFormat> guess_image_format(ByteSpan file) {
  const FormatRow* const row = find_image_format(file);
  return row != nullptr ? std::optional(row->format) : std::nullopt;
}

Status check_shape(const Picture& picture) {
  if (picture.width == 0 || picture.height == 0 || picture.channels < 1 || picture.channels > 4 || picture.bits < 1 ||
      picture.bits > 16)
    return bad_input("a picture has at least one pixel, 1 to 4 channels and 1 to 16 bits; this one is " +
                     std::to_string(picture.width) + " x " + std::to_string(picture.height) + " with " +
                     std::to_string(picture.channels) + " channels and " + std::to_string(picture.bits) + " bits");
  const uint64_t pixels = uint64_t(picture.width) * picture.height;  // first alone: what is below cannot overflow then
  if (pixels > kMaxPictureBytes || picture.size_bytes() > kMaxPictureBytes)
    return bad_input("a picture of " + std::to_string(picture.width) + " x " + std::to_string(picture.height) +
                     " pixels has more samples than are allowed");
  return Ok();
}

Status check_image_fits_file(ImageFormat format, const Picture& shape, size_t file_bytes) {
  const FormatRow* const row = find_image_format(format);
  if (row == nullptr) return bad_input("an image file of an unknown format");
  if (packed_bytes(format, shape) <= row->most_packed_bytes(file_bytes)) return Ok();
  return bad_input("no " + std::string(row->name) + " file of " + std::to_string(file_bytes) +
                   " bytes has a picture of " + std::to_string(shape.width) + " x " + std::to_string(shape.height) +
                   " pixels");
}

uint64_t most_image_side_bytes(ImageFormat format, const Picture& shape, size_t file_bytes) {
  constexpr uint64_t kTimes = 8, kSmallBytes = 65536;
  const FormatRow* const row = find_image_format(format);
  return row != nullptr ? kTimes * file_bytes + row->side_of_shape(shape) + kSmallBytes : 0;
}

uint64_t rebuild_memory_bytes(ImageFormat format, const Picture& shape, ByteSpan side, size_t file_bytes) {
  const FormatRow* const row = find_image_format(format);
  return row != nullptr ? row->rebuild_memory(shape, side, file_bytes) : 0;
}

Result<ParsedImage> read_image(ImageFormat format, ByteSpan file, Budget* budget) {
  const FormatRow* const row = find_image_format(format);
  if (row == nullptr) return bad_input("image files of an unknown format cannot be taken apart by this version");
  Budget::Lease memory;
  const OnShape on_shape = [&](const Picture& shape, uint64_t more_bytes) -> Status {
    LMC_ASSIGN(auto taken,
               Budget::take(budget, row->parse_memory(shape, file.size()) + more_bytes,
                            "taking apart a " + std::string(row->name) + " file of " + std::to_string(shape.width) +
                                " x " + std::to_string(shape.height) + " pixels"));
    memory = std::move(taken);
    return Ok();
  };
  auto parsed = row->parse(file, on_shape);
  if (!parsed.ok()) return parsed;
  LMC_TRY(check_image_fits_file(format, parsed->picture, file.size()));
  parsed->memory = std::move(memory);
  return parsed;
}

uint64_t finish_memory_bytes(const Picture& shape, size_t file_bytes) {
  return png_memory(shape, std::min<uint64_t>(file_bytes / kPngChunkBytes, kMostPngRuns), true, file_bytes);
}

Status finish_image(ImageFormat format, ByteSpan file, ParsedImage& image, Budget* budget) {
  const FormatRow* const row = find_image_format(format);
  if (image.make_side) {
    LMC_ASSIGN(image.side, image.make_side(image.picture));
    image.make_side = {};
  }
  if (image.side.size() > most_image_side_bytes(format, image.picture, file.size()))
    return bad_input("a " + std::string(row->name) + " file whose encoder's choices take too many bytes to describe");
  if (budget != nullptr) image.memory.shrink_to(image.picture.size_bytes() + image.side.capacity());
  LMC_ASSIGN(const auto rebuilding, Budget::take(budget, row->rebuild_memory(image.picture, image.side, file.size()),
                                                 "making a " + std::string(row->name) + " file again"));
  LMC_ASSIGN(const auto rebuilt, rebuild_image(format, image.side, image.picture, file.size()));
  if (!std::equal(rebuilt.begin(), rebuilt.end(), file.begin(), file.end()))
    return Error{ErrorFamily::kBug,
                 "a " + std::string(row->name) + " file was not rebuilt as it was; please report it"};
  return Ok();
}

Result<ParsedImage> parse_image(ImageFormat format, ByteSpan file, Budget* budget) {
  auto image = read_image(format, file, budget);
  if (!image.ok()) return image;
  LMC_TRY(finish_image(format, file, *image, budget));
  return image;
}

Result<Bytes> rebuild_image(ImageFormat format, ByteSpan side, const Picture& picture, size_t max_bytes) {
  LMC_TRY(check_shape(picture));
  if (picture.samples.size() != picture.size_bytes())
    return bad_input("the picture should have " + std::to_string(picture.size_bytes()) + " bytes of samples, it has " +
                     std::to_string(picture.samples.size()));
  const FormatRow* const row = find_image_format(format);
  if (row == nullptr) return bad_input("image files of an unknown format cannot be taken apart by this version");
  return row->rebuild(side, picture, max_bytes);
}

}  // namespace lmc
