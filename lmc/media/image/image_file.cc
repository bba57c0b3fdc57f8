#include "lmc/media/image/image_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/image/bmp/bmp_file.h"
#include "lmc/media/image/gif/gif_file.h"
#include "lmc/media/image/grid_bytes.h"
#include "lmc/media/image/png/png_file.h"
#include "lmc/media/image/pnm/pnm_file.h"
#include "lmc/media/image/tiff/tiff_file.h"
#include "lmc/media/image/webp/webp_file.h"

namespace lmc {
namespace {

constexpr const char* kPnmSuffixes[] = {".pnm", ".ppm", ".pgm", ".pbm", ".pam"};
constexpr const char* kBmpSuffixes[] = {".bmp", ".dib"};
constexpr const char* kPngSuffixes[] = {".png"};
constexpr const char* kTiffSuffixes[] = {".tif", ".tiff"};
constexpr const char* kGifSuffixes[] = {".gif"};
constexpr const char* kWebpSuffixes[] = {".webp"};

constexpr FormatRow kFormats[] = {
    {ImageFormat::kPnm, "PNM", kPnmSuffixes, begins_like_pnm, nullptr, parse_pnm, rebuild_grid},
    {ImageFormat::kBmp, "BMP", kBmpSuffixes, begins_like_bmp, nullptr, parse_bmp, rebuild_grid},
    {ImageFormat::kPng, "PNG", kPngSuffixes, begins_like_png, png_length, parse_png, rebuild_png},
    {ImageFormat::kTiff, "TIFF", kTiffSuffixes, begins_like_tiff, nullptr, parse_tiff, rebuild_tiff},
    {ImageFormat::kGif, "GIF", kGifSuffixes, begins_like_gif, gif_length, parse_gif, rebuild_gif},
    {ImageFormat::kWebp, "WebP", kWebpSuffixes, begins_like_webp, webp_length, parse_webp, rebuild_webp},
};

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

Result<ParsedImage> parse_image(ImageFormat format, ByteSpan file) {
  const FormatRow* const row = find_image_format(format);
  if (row == nullptr) return bad_input("image files of an unknown format cannot be taken apart by this version");
  auto parsed = row->parse(file);
  if (!parsed.ok()) return parsed;
  const auto rebuilt = rebuild_image(format, parsed->side, parsed->picture, file.size());
  if (!rebuilt.ok()) return rebuilt.error();
  if (!std::equal(rebuilt->begin(), rebuilt->end(), file.begin(), file.end()))
    return Error{ErrorFamily::kBug,
                 "a " + std::string(row->name) + " file was not rebuilt as it was; please report it"};
  return parsed;
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
