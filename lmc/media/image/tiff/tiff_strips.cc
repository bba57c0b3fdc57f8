// Layout of the side bytes:
//   1 byte    StripFlag
//   varint    rows of a strip
//   for each strip
//     varint, bytes   what lies before it, since the end of the last stream
//     zlib            deflate_stream.h
//   rest      what follows the last stream
#include "lmc/media/image/tiff/tiff_strips.h"

#include <algorithm>
#include <string>

#include "lmc/media/deflate/deflate_stream.h"
#include "lmc/media/image/tiff/tiff_piece_form.h"

namespace lmc {
namespace {

enum StripFlag : uint8_t { kBigEndian = 1, kDifferences = 2 };

}  // namespace

Result<Bytes> rebuild_deflated_strips(ByteSpan side, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  const auto flags = reader.read_le<uint8_t>("flags of TIFF strips");
  if (!flags.ok()) return flags.error();
  const auto rows_per_strip = reader.read_varint("rows of a TIFF strip");
  if (!rows_per_strip.ok()) return rows_per_strip.error();
  if (picture.bits % 8 != 0 || *flags > 3 || *rows_per_strip == 0 || *rows_per_strip > picture.height)
    return bad_input("side bytes of a TIFF: impossible strips", reader.position());
  const TiffPieceBytes form(
      {.height = picture.height, .big_endian = (*flags & kBigEndian) != 0, .differences = (*flags & kDifferences) != 0},
      picture);
  Bytes file;
  for (size_t y = 0; y < picture.height; y += size_t(*rows_per_strip)) {
    const auto gap = reader.read_varint("bytes before a TIFF strip");
    if (!gap.ok()) return gap.error();
    if (*gap > reader.remaining() || *gap > max_bytes - file.size())
      return bad_input("side bytes of a TIFF: too many bytes before a strip", reader.position());
    append_bytes(file, *reader.read_bytes(size_t(*gap), "bytes before a TIFF strip"));
    TiffPiece strip{.y = uint32_t(y), .width = picture.width, .seen_width = picture.width};
    strip.height = strip.seen_height = std::min(uint32_t(*rows_per_strip), picture.height - uint32_t(y));
    const Bytes data =
        form.pack(strip, take_piece(strip, form.channels(), picture, TilePadding::kZeros, TiffPieceBytes::Samples()));
    const auto stream = rebuild_zlib(reader, data, max_bytes - file.size());
    if (!stream.ok()) return stream.error();
    append_bytes(file, *stream);
  }
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("side bytes of a TIFF: more than the file's size");
  return file;
}

}  // namespace lmc
