// Layout of the side bytes:
//   1 byte    StripFlag
//   varint    rows of a strip
//   for each strip
//     varint, bytes   what lies before it, since the end of the last stream
//     zlib            deflate_stream.h
//   rest      what follows the last stream
#include "lmc/media/tiff_strips.h"

#include <algorithm>
#include <string>

#include "lmc/media/deflate_stream.h"

namespace lmc {
namespace {

enum StripFlag : uint8_t { kBigEndian = 1, kDifferences = 2 };

uint32_t sample_at(const uint8_t* row, size_t i, size_t bytes) {
  return bytes == 1 ? row[i] : row[2 * i] | uint32_t(row[2 * i + 1]) << 8;
}

void set_sample(uint8_t* row, size_t i, size_t bytes, uint32_t value) {
  row[bytes * i] = uint8_t(value);
  if (bytes == 2) row[2 * i + 1] = uint8_t(value >> 8);
}

// Rows as a Picture has them and as they lie in a strip; both ways in place.
class RowForm {
 public:
  RowForm(const Picture& shape, bool big_endian, bool differences)
      : samples_(size_t(shape.width) * size_t(shape.channels)),
        channels_(size_t(shape.channels)),
        bytes_(shape.sample_bytes()),
        swap_(big_endian && bytes_ == 2),
        differences_(differences) {}

  size_t row_bytes() const { return samples_ * bytes_; }

  void to_picture(uint8_t* row) const {
    swap(row);
    for (size_t i = channels_; differences_ && i < samples_; ++i)
      set_sample(row, i, bytes_, sample_at(row, i, bytes_) + sample_at(row, i - channels_, bytes_));
  }
  void to_strip(uint8_t* row) const {
    for (size_t i = samples_; differences_ && i-- > channels_;)
      set_sample(row, i, bytes_, sample_at(row, i, bytes_) - sample_at(row, i - channels_, bytes_));
    swap(row);
  }

 private:
  void swap(uint8_t* row) const {
    for (size_t i = 0; swap_ && i < samples_; ++i) std::swap(row[2 * i], row[2 * i + 1]);
  }

  size_t samples_, channels_, bytes_;
  bool swap_, differences_;
};

}  // namespace

Result<ParsedImage> parse_deflated_strips(ByteSpan file, const StripLayout& layout, Picture shape) {
  const RowForm form(shape, layout.big_endian, layout.differences);
  ParsedImage parsed;
  parsed.side.push_back(uint8_t((layout.big_endian ? kBigEndian : 0) | (layout.differences ? kDifferences : 0)));
  append_varint(parsed.side, layout.rows_per_strip);
  size_t position = 0;
  uint32_t rows_done = 0;
  for (const size_t offset : layout.offsets) {
    if (offset < position || offset > file.size())
      return bad_input("TIFF: strips overlap or lie outside the file", offset);
    const uint32_t rows = std::min(layout.rows_per_strip, shape.height - rows_done);
    const auto zlib = parse_zlib(file.subspan(offset), rows * form.row_bytes());
    if (!zlib.ok()) return zlib.error();
    if (zlib->data.size() != rows * form.row_bytes())
      return bad_input("TIFF: a strip of " + std::to_string(zlib->data.size()) + " bytes; expected " +
                           std::to_string(rows * form.row_bytes()),
                       offset);
    append_varint(parsed.side, offset - position);
    append_bytes(parsed.side, file.subspan(position, offset - position));
    append_bytes(parsed.side, zlib->side);
    append_bytes(shape.samples, zlib->data);
    rows_done += rows;
    position = offset + zlib->size_bytes;
  }
  if (rows_done != shape.height) return bad_input("TIFF: the strips have less rows than the picture");
  append_bytes(parsed.side, file.subspan(position));
  for (size_t y = 0; y < shape.height; ++y) form.to_picture(shape.samples.data() + y * form.row_bytes());
  parsed.picture = std::move(shape);
  return parsed;
}

Result<Bytes> rebuild_deflated_strips(ByteSpan side, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  const auto flags = reader.read_le<uint8_t>("flags of TIFF strips");
  if (!flags.ok()) return flags.error();
  const auto rows_per_strip = reader.read_varint("rows of a TIFF strip");
  if (!rows_per_strip.ok()) return rows_per_strip.error();
  if (*flags > 3 || *rows_per_strip == 0 || *rows_per_strip > picture.height)
    return bad_input("side bytes of a TIFF: impossible strips", reader.position());
  const RowForm form(picture, *flags & kBigEndian, *flags & kDifferences);
  Bytes file;
  for (size_t y = 0; y < picture.height; y += size_t(*rows_per_strip)) {
    const auto gap = reader.read_varint("bytes before a TIFF strip");
    if (!gap.ok()) return gap.error();
    if (*gap > reader.remaining() || *gap > max_bytes - file.size())
      return bad_input("side bytes of a TIFF: too many bytes before a strip", reader.position());
    append_bytes(file, *reader.read_bytes(size_t(*gap), "bytes before a TIFF strip"));
    const size_t rows = std::min<size_t>(size_t(*rows_per_strip), picture.height - y);
    const ByteSpan samples = ByteSpan(picture.samples).subspan(y * form.row_bytes(), rows * form.row_bytes());
    Bytes data(samples.begin(), samples.end());
    for (size_t row = 0; row < rows; ++row) form.to_strip(data.data() + row * form.row_bytes());
    const auto stream = rebuild_zlib(reader, data, max_bytes - file.size());
    if (!stream.ok()) return stream.error();
    append_bytes(file, *stream);
  }
  append_bytes(file, side.subspan(reader.position()));
  if (file.size() > max_bytes) return bad_input("side bytes of a TIFF: more than the file's size");
  return file;
}

}  // namespace lmc
