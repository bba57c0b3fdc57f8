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

struct FormatRow {
  ImageFormat format;
  const char* name;
  Result<ParsedImage> (*parse)(ByteSpan file);
  Result<Bytes> (*rebuild)(ByteSpan side, const Picture& picture, size_t max_bytes);
};

constexpr FormatRow kFormats[] = {
    {ImageFormat::kPnm, "PNM", parse_pnm, rebuild_grid}, {ImageFormat::kBmp, "BMP", parse_bmp, rebuild_grid},
    {ImageFormat::kPng, "PNG", parse_png, rebuild_png},  {ImageFormat::kTiff, "TIFF", parse_tiff, rebuild_tiff},
    {ImageFormat::kGif, "GIF", parse_gif, rebuild_gif},  {ImageFormat::kWebp, "WebP", parse_webp, rebuild_webp},
};

Result<FormatRow> find_format(ImageFormat format) {
  for (const FormatRow& row : kFormats)
    if (row.format == format) return row;
  return bad_input(std::string(image_format_name(format)) + " files cannot be taken apart by this version");
}

bool starts_with(ByteSpan file, std::string_view magic) {
  return file.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), file.begin(), [](char a, uint8_t b) { return uint8_t(a) == b; });
}

}  // namespace

const char* image_format_name(ImageFormat format) {
  switch (format) {
    case ImageFormat::kPnm:
      return "PNM";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kTiff:
      return "TIFF";
    case ImageFormat::kGif:
      return "GIF";
    case ImageFormat::kWebp:
      return "WebP";
  }
  return "unknown";
}

std::optional<ImageFormat> guess_image_format(ByteSpan file) {
  using namespace std::string_view_literals;
  if (starts_with(file, "\x89PNG\r\n\x1a\n"sv)) return ImageFormat::kPng;
  if (starts_with(file, "BM"sv) && file.size() >= 26) return ImageFormat::kBmp;
  if (starts_with(file, "GIF87a"sv) || starts_with(file, "GIF89a"sv)) return ImageFormat::kGif;
  if (starts_with(file, "II*\0"sv) || starts_with(file, "MM\0*"sv)) return ImageFormat::kTiff;
  if (starts_with(file, "RIFF"sv) && file.size() >= 12 && starts_with(file.subspan(8), "WEBP"sv))
    return ImageFormat::kWebp;
  const bool pnm = file.size() >= 3 && file[0] == 'P' && file[1] >= '1' && file[1] <= '7' &&
                   (file[2] == ' ' || (file[2] >= 9 && file[2] <= 13));
  if (pnm) return ImageFormat::kPnm;
  return std::nullopt;
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
  const auto row = find_format(format);
  if (!row.ok()) return row.error();
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
  const auto row = find_format(format);
  if (!row.ok()) return row.error();
  return row->rebuild(side, picture, max_bytes);
}

}  // namespace lmc
