#include "lmc/media/image/image_outlook.h"

#include "lmc/media/image/image_file.h"
#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/jpeg/jpeg_length.h"

namespace lmc {
namespace {

constexpr uint64_t kSpareBytes = uint64_t(1) << 20;      // behind any image
constexpr uint64_t kMetadataBytes = uint64_t(64) << 20;  // of JPEG files, which do not say how much they have

uint64_t with_spare(uint64_t end) { return end < UINT64_MAX / 4 ? 2 * end + kSpareBytes : UINT64_MAX; }

// As far as what is there is followed by a format's structure: to its end, or no end yet, or no such structure.
uint64_t by_structure(ByteSpan start, const FileLength& length, uint64_t most_bytes) {
  if (length.end == FileLength::End::kThere) return with_spare(length.bytes);
  return length.bytes >= start.size() ? most_bytes : 0;
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
  return by_structure(start, jpeg_length(start), most);
}

}  // namespace

uint64_t most_image_file_bytes(ByteSpan start) {
  if (begins_like_jpeg(start)) return of_jpeg(start);
  const FormatRow* const format = find_image_format(start);
  const uint64_t most = format != nullptr ? format->most_bytes(start) : 0;
  if (most == 0) return 0;
  if (format->length == nullptr) return with_spare(most);
  return by_structure(start, format->length(start), with_spare(most));
}

}  // namespace lmc
