#include "lmc/media/image/grid_bytes.h"

#include <algorithm>
#include <string>

namespace lmc {
namespace {

enum GridFlag : uint8_t {
  kBottomUp = 1,
  kBigEndian = 2,
  kSwapRedBlue = 4,
  kPaddingKept = 8,  // the padding bytes are not all zero and follow among the bytes kept
};

size_t row_bytes(const Picture& picture) {
  return size_t(picture.width) * size_t(picture.channels) * picture.sample_bytes();
}

size_t picture_row(const GridLayout& layout, const Picture& picture, size_t file_row) {
  return layout.bottom_up ? picture.height - 1 - file_row : file_row;
}

// Between the order of the file and that of a Picture; its own inverse.
void reorder_row(const GridLayout& layout, const Picture& picture, uint8_t* row) {
  const size_t step = picture.sample_bytes();
  const size_t samples = size_t(picture.width) * size_t(picture.channels);
  if (layout.big_endian && step == 2) {
    for (size_t i = 0; i < samples; ++i) std::swap(row[2 * i], row[2 * i + 1]);
  }
  if (layout.swap_red_blue && picture.channels >= 3) {
    const size_t pixel = size_t(picture.channels) * step;
    for (size_t x = 0; x < picture.width; ++x, row += pixel) std::swap_ranges(row, row + step, row + 2 * step);
  }
}

uint32_t largest_sample(const Picture& picture) {
  uint32_t largest = 0;
  if (picture.sample_bytes() == 1) {
    for (const uint8_t sample : picture.samples) largest = std::max<uint32_t>(largest, sample);
  } else {
    for (size_t i = 0; i + 1 < picture.samples.size(); i += 2)
      largest = std::max<uint32_t>(largest, picture.samples[i] | uint32_t(picture.samples[i + 1]) << 8);
  }
  return largest;
}

Status check_segments(ByteSpan file, const GridLayout& layout, const Picture& shape) {
  LMC_TRY(check_shape(shape));
  const uint64_t stride = row_bytes(shape) + layout.padding_bytes;
  uint64_t position = 0, rows = 0;
  for (const GridSegment& segment : layout.segments) {
    if (segment.begin_bytes < position || segment.begin_bytes > file.size())
      return bad_input("rows of samples overlap or lie outside the file", segment.begin_bytes);
    if (segment.rows == 0 || segment.rows > (file.size() - segment.begin_bytes) / stride)
      return bad_input("the file ends before its " + std::to_string(shape.height) + " rows do", file.size());
    position = segment.begin_bytes + segment.rows * stride;
    rows += segment.rows;
  }
  if (rows != shape.height)
    return bad_input("expected " + std::to_string(shape.height) + " rows of samples, found " + std::to_string(rows));
  return Ok();
}

bool all_padding_zero(ByteSpan file, const GridLayout& layout, const Picture& shape) {
  const size_t row = row_bytes(shape);
  for (const GridSegment& segment : layout.segments) {
    for (size_t i = 0; i < segment.rows; ++i) {
      const ByteSpan padding =
          file.subspan(segment.begin_bytes + i * (row + layout.padding_bytes) + row).first(layout.padding_bytes);
      if (std::any_of(padding.begin(), padding.end(), [](uint8_t byte) { return byte != 0; })) return false;
    }
  }
  return true;
}

struct ReadGrid {
  GridLayout layout;  // begin_bytes of a segment is the number of bytes before it since the last
  bool padding_kept = false;
};

Result<ReadGrid> read_layout(ByteReader& reader, const Picture& picture) {
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("layout of the rows"));
  if (flags > 15) return bad_input("layout of the rows: unknown flags " + std::to_string(flags), 0);
  ReadGrid grid;
  grid.layout.bottom_up = flags & kBottomUp;
  grid.layout.big_endian = flags & kBigEndian;
  grid.layout.swap_red_blue = flags & kSwapRedBlue;
  grid.padding_kept = flags & kPaddingKept;
  LMC_ASSIGN(const auto padding, reader.read_varint("padding of a row"));
  if (padding > kMaxPictureBytes) return bad_input("padding of a row: more than a picture", reader.position());
  grid.layout.padding_bytes = uint32_t(padding);
  for (uint64_t rows = 0; rows < picture.height;) {
    LMC_ASSIGN(const auto gap, reader.read_varint("bytes before rows"));
    LMC_ASSIGN(const auto count, reader.read_varint("number of rows"));
    if (count == 0 || count > picture.height - rows || gap > reader.remaining())
      return bad_input("the reconstruction data describe other rows than the picture has", reader.position());
    grid.layout.segments.push_back({size_t(gap), uint32_t(count)});
    rows += count;
  }
  return grid;
}

}  // namespace

Result<ParsedImage> take_grid(ByteSpan file, const GridLayout& layout, Picture shape) {
  LMC_TRY(check_segments(file, layout, shape));
  const bool padding_kept = !all_padding_zero(file, layout, shape);
  const size_t row = row_bytes(shape), stride = row + layout.padding_bytes;
  Bytes side, kept;
  side.push_back(uint8_t((layout.bottom_up ? kBottomUp : 0) | (layout.big_endian ? kBigEndian : 0) |
                         (layout.swap_red_blue ? kSwapRedBlue : 0) | (padding_kept ? kPaddingKept : 0)));
  append_varint(side, layout.padding_bytes);
  shape.samples.resize(shape.size_bytes());
  size_t position = 0, file_row = 0;
  for (const GridSegment& segment : layout.segments) {
    append_varint(side, segment.begin_bytes - position);
    append_varint(side, segment.rows);
    append_bytes(kept, file.subspan(position, segment.begin_bytes - position));
    position = segment.begin_bytes;
    for (uint32_t i = 0; i < segment.rows; ++i, ++file_row, position += stride) {
      uint8_t* to = shape.samples.data() + picture_row(layout, shape, file_row) * row;
      std::copy_n(file.begin() + ptrdiff_t(position), row, to);
      reorder_row(layout, shape, to);
      if (padding_kept) append_bytes(kept, file.subspan(position + row, layout.padding_bytes));
    }
  }
  append_bytes(kept, file.subspan(position));
  append_bytes(side, kept);
  if (largest_sample(shape) >> shape.bits) shape.bits = shape.bits > 8 ? 16 : 8;
  return ParsedImage{std::move(shape), std::move(side)};
}

Result<Bytes> rebuild_grid(ByteSpan side, const Picture& picture, size_t max_bytes) {
  ByteReader reader(side);
  LMC_ASSIGN(const auto grid, read_layout(reader, picture));
  const GridLayout& layout = grid.layout;
  const size_t row = row_bytes(picture), padding = layout.padding_bytes;
  const uint64_t padding_made = grid.padding_kept ? 0 : uint64_t(padding) * picture.height;
  const uint64_t size_bytes = picture.size_bytes() + padding_made + reader.remaining();
  if (size_bytes > max_bytes)
    return bad_input("the reconstruction data make a file of " + std::to_string(size_bytes) + " bytes, at most " +
                     std::to_string(max_bytes) + " were expected");
  Bytes file;
  file.reserve(size_t(size_bytes));
  size_t file_row = 0;
  for (const GridSegment& segment : layout.segments) {
    LMC_ASSIGN(const auto before, reader.read_bytes(segment.begin_bytes, "bytes before rows"));
    append_bytes(file, before);
    for (uint32_t i = 0; i < segment.rows; ++i, ++file_row) {
      append_bytes(file, ByteSpan(picture.samples).subspan(picture_row(layout, picture, file_row) * row, row));
      reorder_row(layout, picture, file.data() + file.size() - row);
      if (!grid.padding_kept) {
        file.resize(file.size() + padding);
        continue;
      }
      LMC_ASSIGN(const auto kept, reader.read_bytes(padding, "padding of a row"));
      append_bytes(file, kept);
    }
  }
  append_bytes(file, side.subspan(reader.position()));
  return file;
}

}  // namespace lmc
