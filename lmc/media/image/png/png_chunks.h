// The chunks of a PNG file (PNG specification, section 5), read leniently, written with their CRCs.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_CHUNKS_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_CHUNKS_H_

#include <array>
#include <optional>
#include <string_view>

#include "lmc/media/image/image_file.h"

namespace lmc {

inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
inline constexpr size_t kPngChunkBytes = 12;  // of a chunk, besides its data

struct PngChunk {
  std::array<char, 4> type{};
  ByteSpan data;

  bool is(std::string_view name) const { return std::string_view(type.data(), 4) == name; }
};

void write_png_chunk(Bytes& out, std::string_view type, ByteSpan data);

// Bytes that stand where a PNG has none.
struct OddBytes {
  size_t begin = 0;  // in the file
  ByteSpan bytes;
};

struct PngParts {
  Picture shape;
  bool interlaced = false;
  std::vector<PngChunk> before, after;  // of IDAT, without IHDR and IEND
  std::vector<OddBytes> between;        // chunks between two chunks IDAT
  Bytes stream;                         // what all IDAT chunks hold
  std::vector<uint32_t> stream_chunks;  // their sizes
  std::optional<uint32_t> said_bytes;   // of the last of them, if the file ends within it
  bool has_end = false;                 // IEND
  bool wrong_crcs = false;              // of any chunk
  ByteSpan trailing;                    // from where no chunk begins
};

// Reads on where a file is damaged. Errors: bad input, if it is no PNG, or has no rows.
Result<PngParts> read_png_parts(ByteSpan file);

// What IHDR holds. picture.bits is 1, 2, 4, 8 or 16.
Bytes png_header_data(const Picture& picture, bool interlaced);

uint32_t png_crc(ByteSpan bytes);  // ISO 3309

uint32_t read_be32(ByteSpan bytes, size_t offset);
void append_be32(Bytes& out, uint32_t value);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_CHUNKS_H_
