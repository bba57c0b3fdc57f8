#include "lmc/media/tiff_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/grid_bytes.h"
#include "lmc/media/tiff_strips.h"

namespace lmc {
namespace {

enum TiffTag : uint32_t {
  kWidth = 256,
  kHeight = 257,
  kBits = 258,
  kCompression = 259,
  kPhotometric = 262,
  kStripOffsets = 273,
  kSamples = 277,
  kRowsPerStrip = 278,
  kPlanes = 284,
  kPredictor = 317,
  kTileWidth = 322,
};

constexpr uint32_t kShort = 3, kLong = 4;  // types of values
constexpr uint32_t kUncompressed = 1;      // of kCompression
constexpr uint32_t kPaletteColour = 3;     // of kPhotometric
constexpr size_t kEntryBytes = 12;

bool is_deflate(uint32_t compression) { return compression == 8 || compression == 32946; }

// The first of the side bytes: how the strips are stored.
enum class StripKind : uint8_t { kGrid = 0, kDeflate = 1 };

// The fields of the first directory, read as they are asked for.
class TiffDirectory {
 public:
  static Result<TiffDirectory> create(ByteSpan file) {
    using namespace std::string_view_literals;
    TiffDirectory directory(file);
    if (file.size() < 8) return bad_input("TIFF: the header has 8 bytes, the file only " + std::to_string(file.size()));
    directory.big_endian_ = file[0] == 'M';
    const std::string_view magic = directory.big_endian_ ? "MM\0*"sv : "II*\0"sv;
    if (!std::equal(magic.begin(), magic.end(), file.begin(), [](char a, uint8_t b) { return uint8_t(a) == b; }))
      return bad_input("expected a TIFF header", 0);
    const uint64_t begin = directory.number(4, 4);
    if (begin > file.size() - 2) return bad_input("TIFF: the directory lies outside the file", begin);
    directory.entries_ = directory.number(size_t(begin), 2);
    directory.begin_ = size_t(begin) + 2;
    if (directory.entries_ > (file.size() - directory.begin_) / kEntryBytes)
      return bad_input("TIFF: the file ends within its directory", begin);
    return directory;
  }

  bool big_endian() const { return big_endian_; }

  // All values of a field, at most most of them; none if there is no such field.
  Result<std::vector<uint32_t>> values(TiffTag tag, uint64_t most) const {
    std::vector<uint32_t> list;
    for (size_t i = 0; i < entries_; ++i) {
      const size_t entry = begin_ + i * kEntryBytes;
      if (number(entry, 2) != tag) continue;
      const uint32_t type = number(entry + 2, 2), count = number(entry + 4, 4);
      const size_t size = type == kShort ? 2 : 4;
      if ((type != kShort && type != kLong) || count > most)
        return bad_input("TIFF: field " + std::to_string(tag) + " has " + std::to_string(count) + " values of type " +
                             std::to_string(type) + "; expected at most " + std::to_string(most) + " of type 3 or 4",
                         entry);
      const uint64_t begin = count * size <= 4 ? entry + 8 : number(entry + 8, 4);
      if (begin > file_.size() || count > (file_.size() - begin) / size)
        return bad_input("TIFF: the values of field " + std::to_string(tag) + " lie outside the file", entry);
      for (uint32_t k = 0; k < count; ++k) list.push_back(number(size_t(begin) + k * size, size));
      return list;
    }
    return list;
  }

  // The first value of a field.
  Result<uint32_t> value(TiffTag tag, uint32_t otherwise) const {
    const auto list = values(tag, 16);
    if (!list.ok()) return list.error();
    return list->empty() ? otherwise : list->front();
  }

 private:
  explicit TiffDirectory(ByteSpan file) : file_(file) {}

  uint32_t number(size_t offset, size_t bytes) const {
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value |= uint32_t(file_[offset + i]) << (8 * (big_endian_ ? bytes - 1 - i : i));
    return value;
  }

  ByteSpan file_;
  bool big_endian_ = false;
  size_t begin_ = 0, entries_ = 0;
};

struct TiffFields {
  uint32_t width = 0, height = 0, bits = 1, compression = 1, photometric = 0, samples = 1, rows_per_strip = UINT32_MAX,
           planes = 1, predictor = 1, tile_width = 0;
};

Result<TiffFields> read_fields(const TiffDirectory& directory) {
  TiffFields fields;
  const std::pair<TiffTag, uint32_t*> list[] = {{kWidth, &fields.width},
                                                {kHeight, &fields.height},
                                                {kBits, &fields.bits},
                                                {kCompression, &fields.compression},
                                                {kPhotometric, &fields.photometric},
                                                {kSamples, &fields.samples},
                                                {kRowsPerStrip, &fields.rows_per_strip},
                                                {kPlanes, &fields.planes},
                                                {kPredictor, &fields.predictor},
                                                {kTileWidth, &fields.tile_width}};
  for (const auto& [tag, field] : list) {
    const auto value = directory.value(tag, *field);
    if (!value.ok()) return value.error();
    *field = *value;
  }
  const auto bits = directory.values(kBits, 16);
  const bool same_bits =
      bits.ok() && std::all_of(bits->begin(), bits->end(), [&](uint32_t b) { return b == bits->front(); });
  const bool known_compression = fields.compression == kUncompressed ||
                                 (is_deflate(fields.compression) && fields.predictor >= 1 && fields.predictor <= 2);
  if (fields.tile_width != 0 || !known_compression || (fields.bits != 8 && fields.bits != 16) || !same_bits ||
      fields.samples < 1 || fields.samples > 4 || (fields.planes != 1 && fields.samples > 1))
    return bad_input(
        "only TIFF files in strips without compression or with deflate, with 1 to 4 samples of 8 or 16 bits side by "
        "side, "
        "can be taken apart; this one has compression " +
        std::to_string(fields.compression) + " and " + std::to_string(fields.samples) + " samples of " +
        std::to_string(fields.bits) + " bits");
  return fields;
}

GridLayout grid_of(const std::vector<uint32_t>& offsets, uint32_t rows_per_strip, bool big_endian,
                   const Picture& shape) {
  GridLayout layout;
  layout.big_endian = big_endian;
  const uint64_t row_bytes = uint64_t(shape.width) * uint64_t(shape.channels) * shape.sample_bytes();
  for (uint32_t i = 0; i < offsets.size(); ++i) {
    const uint32_t rows = std::min(rows_per_strip, shape.height - i * rows_per_strip);
    if (!layout.segments.empty()) {  // strips one after the other are one segment
      GridSegment& last = layout.segments.back();
      if (last.begin_bytes + last.rows * row_bytes == offsets[i]) {
        last.rows += rows;
        continue;
      }
    }
    layout.segments.push_back({offsets[i], rows});
  }
  return layout;
}

}  // namespace

Result<ParsedImage> parse_tiff(ByteSpan file) {
  const auto directory = TiffDirectory::create(file);
  if (!directory.ok()) return directory.error();
  const auto fields = read_fields(*directory);
  if (!fields.ok()) return fields.error();
  Picture shape;
  shape.width = fields->width;
  shape.height = fields->height;
  shape.channels = int(fields->samples);
  shape.bits = int(fields->bits);
  shape.indexed = fields->photometric == kPaletteColour && fields->samples == 1;
  LMC_TRY(check_shape(shape));
  const uint32_t rows_per_strip = std::clamp<uint32_t>(fields->rows_per_strip, 1, shape.height);
  const uint32_t strips = (shape.height - 1) / rows_per_strip + 1;
  const auto offsets = directory->values(kStripOffsets, strips);
  if (!offsets.ok()) return offsets.error();
  if (offsets->size() != strips)
    return bad_input("TIFF: expected " + std::to_string(strips) + " strips, found " + std::to_string(offsets->size()));
  auto parsed = fields->compression == kUncompressed
                    ? take_grid(file, grid_of(*offsets, rows_per_strip, directory->big_endian(), shape), shape)
                    : parse_deflated_strips(file,
                                            {.offsets = *offsets,
                                             .rows_per_strip = rows_per_strip,
                                             .big_endian = directory->big_endian(),
                                             .differences = fields->predictor == 2},
                                            shape);
  if (!parsed.ok()) return parsed;
  const auto kind = fields->compression == kUncompressed ? StripKind::kGrid : StripKind::kDeflate;
  parsed->side.insert(parsed->side.begin(), uint8_t(kind));
  return parsed;
}

Result<Bytes> rebuild_tiff(ByteSpan side, const Picture& picture, size_t max_bytes) {
  if (side.empty() || side[0] > uint8_t(StripKind::kDeflate))
    return bad_input("side bytes of a TIFF: strips of an unknown kind", 0);
  const bool grid = side[0] == uint8_t(StripKind::kGrid);
  return (grid ? rebuild_grid : rebuild_deflated_strips)(side.subspan(1), picture, max_bytes);
}

}  // namespace lmc
