#include "lmc/media/image/image_outlook.h"

#include "lmc/media/image/bmp/bmp_file.h"
#include "lmc/media/image/image_file.h"
#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/image/pnm/pnm_file.h"
#include "lmc/media/image/tiff/tiff_file.h"
#include "lmc/media/jpeg/jpeg_length.h"

namespace lmc {
namespace {

using End = FileLength::End;

constexpr uint64_t kSpareBytes = uint64_t(1) << 20;      // behind any image
constexpr uint64_t kMetadataBytes = uint64_t(64) << 20;  // of formats that do not say how much they have

uint64_t with_spare(uint64_t end) { return 2 * end + kSpareBytes; }

uint64_t of_grid(const Result<uint64_t>& end_bytes) { return end_bytes.ok() ? with_spare(*end_bytes) : 0; }

// As far as what is there is followed by a format's structure: to its end, or no end yet, or no such structure.
uint64_t by_structure(ByteSpan start, uint64_t most_bytes) {
  const FormatRow* const format = find_image_format(start);
  const FileLength length = format != nullptr ? format->length(start) : jpeg_length(start);
  if (length.end == End::kThere) return with_spare(length.bytes);
  return length.bytes >= start.size() ? most_bytes : 0;
}

// Rows that do not shrink at all.
uint64_t of_png(ByteSpan start) {
  constexpr size_t kWidthAt = 16, kShapeBytes = 26;
  if (start.size() < kShapeBytes) return 0;
  const uint64_t width = big_endian(start, kWidthAt, 4), height = big_endian(start, kWidthAt + 4, 4);
  constexpr uint64_t kMostPixelBytes = 8;
  if (width == 0 || height == 0 || width > kMaxPictureBytes / height) return 0;
  return by_structure(start, with_spare(width * height * kMostPixelBytes + height) + kMetadataBytes);
}

// Where the frame is known, twice as many bytes as it has samples.
uint64_t of_jpeg(ByteSpan start) {
  constexpr uint8_t kSof0 = 0xc0, kSof2 = 0xc2, kSof15 = 0xcf, kSos = 0xda;
  uint64_t most = UINT64_MAX;
  for (size_t at = 2; at + 10 < start.size() && start[at] == 0xff;) {
    const uint8_t marker = start[at + 1];
    if (marker == 0xff) {
      ++at;
      continue;
    }
    if (marker < kSof0 || marker == kSos) break;
    if (marker <= kSof2) {
      const uint64_t samples = uint64_t(big_endian(start, at + 5, 2)) * big_endian(start, at + 7, 2) * start[at + 9];
      most = with_spare(2 * samples) + kMetadataBytes;
      break;
    }
    if (marker <= kSof15 && marker != 0xc4) return 0;  // no such frame is taken apart
    at += 2 + big_endian(start, at + 2, 2);
  }
  return by_structure(start, most);
}

uint64_t of_webp(ByteSpan start) {
  constexpr size_t kSizeAt = 4;
  if (start.size() < kSizeAt + 4) return 0;
  uint64_t said = 0;
  for (size_t i = 0; i < 4; ++i) said |= uint64_t(start[kSizeAt + i]) << (8 * i);
  return by_structure(start, with_spare(said));
}

}  // namespace

uint64_t most_image_file_bytes(ByteSpan start) {
  if (begins_like_jpeg(start)) return of_jpeg(start);
  const auto format = guess_image_format(start);
  if (!format) return 0;
  switch (*format) {
    case ImageFormat::kPnm:
      return of_grid(pnm_end_bytes(start));
    case ImageFormat::kBmp:
      return of_grid(bmp_end_bytes(start));
    case ImageFormat::kPng:
      return of_png(start);
    case ImageFormat::kTiff:
      return tiff_may_follow(start) ? UINT64_MAX : 0;
    case ImageFormat::kGif:
      return by_structure(start, UINT64_MAX);
    case ImageFormat::kWebp:
      return of_webp(start);
  }
  return 0;
}

}  // namespace lmc
