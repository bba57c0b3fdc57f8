// The chunks of a PNG file (PNG specification, section 5): read with every CRC checked, written with it derived.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_CHUNKS_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_CHUNKS_H_

#include <array>
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

// Reads the chunk at the reader's position. Errors: bad input, if it is cut short or its CRC is wrong.
Result<PngChunk> read_png_chunk(ByteReader& reader);
void write_png_chunk(Bytes& out, std::string_view type, ByteSpan data);

struct PngParts {
  Picture shape;
  bool interlaced = false;
  std::vector<PngChunk> before, after;  // of IDAT, without IHDR and IEND
  Bytes stream;                         // what all IDAT chunks hold
  std::vector<uint32_t> stream_chunks;  // their sizes
  ByteSpan trailing;
};

// Errors: bad input, if the file is no PNG, is damaged or has chunks where they must not be.
Result<PngParts> read_png_parts(ByteSpan file);

// What IHDR holds. picture.bits is 1, 2, 4, 8 or 16.
Bytes png_header_data(const Picture& picture, bool interlaced);

uint32_t png_crc(ByteSpan bytes);  // ISO 3309

uint32_t read_be32(ByteSpan bytes, size_t offset);
void append_be32(Bytes& out, uint32_t value);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_CHUNKS_H_
