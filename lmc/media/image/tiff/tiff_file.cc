// The first of the reconstruction data is a TiffLayout; what follows belongs to that.
#include "lmc/media/image/tiff/tiff_file.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "lmc/media/image/grid_bytes.h"
#include "lmc/media/image/tiff/tiff_directory.h"
#include "lmc/media/image/tiff/tiff_piece_form.h"
#include "lmc/media/image/tiff/tiff_pieces.h"

namespace lmc {
namespace {

enum class TiffLayout : uint8_t {
  kGrid = 0,  // one page of strips without compression
  kPieces = 2,
};

constexpr uint32_t kLowBitFirst = 2;  // of TiffPage::fill_order

bool is_known_compression(const TiffPage& page) {
  return page.compression == kTiffUncompressed || page.compression == kTiffLzw || page.compression == kTiffPackBits ||
         page.is_deflated();
}

Status check_page(const TiffPage& page) {
  const bool known_bits = page.bits == 1 || page.bits == 2 || page.bits == 4 || page.bits == 8 || page.bits == 16;
  if (!is_known_compression(page) || !known_bits || !page.same_bits || page.samples < 1 || page.samples > 4)
    return bad_input(
        "only TIFF files without compression or with LZW, PackBits or deflate, with 1 to 4 samples of 1, 2, 4, 8 or 16 "
        "bits can be taken apart; this one has compression " +
        std::to_string(page.compression) + " and " + std::to_string(page.samples) + " samples of " +
        std::to_string(page.bits) + " bits");
  const bool has_predictor = page.compression == kTiffLzw || page.is_deflated();
  if (has_predictor && (page.predictor < 1 || page.predictor > (page.bits < 8 ? 1 : 2)))
    return bad_input("TIFF: predictor " + std::to_string(page.predictor) + " cannot be taken apart");
  if (page.fill_order == kLowBitFirst && (page.bits < 8 || page.compression == kTiffLzw))
    return bad_input("TIFF: bytes whose lowest bit is the first cannot be taken apart");
  if (page.planes != 1 && page.planes != 2)
    return bad_input("TIFF: planes laid out in way " + std::to_string(page.planes) + " cannot be taken apart");
  return Ok();
}

Picture shape_of(const TiffPage& page, uint64_t height) {
  Picture shape;
  shape.width = page.width;
  shape.height = uint32_t(std::min<uint64_t>(height, UINT32_MAX));
  shape.channels = int(page.samples);
  shape.bits = int(page.bits);
  shape.indexed = page.is_indexed();
  return shape;
}

// Pages of one kind can stand in one picture.
using PageKind = std::tuple<uint32_t, uint32_t, uint32_t, bool>;
PageKind kind_of(const TiffPage& page) { return {page.width, page.bits, page.samples, page.is_indexed()}; }

struct PageGroup {
  std::vector<const TiffPage*> pages;
  uint64_t height = 0;
  uint64_t samples() const { return height * pages.front()->width * pages.front()->samples; }
};

// Errors: bad input, why the first page cannot be taken apart if none can.
Result<PageGroup> largest_group(const TiffFile& tiff) {
  std::vector<PageGroup> groups;
  std::map<PageKind, size_t> numbers;  // of groups; a hostile file has a kind for each of its pages
  for (const TiffPage& page : tiff.pages) {
    if (!check_page(page).ok() || !check_shape(shape_of(page, page.height)).ok()) continue;
    const size_t number = numbers.try_emplace(kind_of(page), groups.size()).first->second;
    if (number == groups.size()) groups.emplace_back();
    groups[number].pages.push_back(&page);
    groups[number].height += page.height;
  }
  if (groups.empty()) {
    LMC_TRY(check_page(tiff.pages.front()));
    LMC_TRY(check_shape(shape_of(tiff.pages.front(), tiff.pages.front().height)));
    return bad_input("TIFF: no page can be taken apart");
  }
  return *std::max_element(groups.begin(), groups.end(),
                           [](const PageGroup& a, const PageGroup& b) { return a.samples() < b.samples(); });
}

Result<GridLayout> grid_of(const TiffPage& page, bool big_endian, const Picture& shape) {
  const uint32_t rows_per_strip = std::clamp<uint32_t>(page.rows_per_strip, 1, shape.height);
  const uint32_t strips = (shape.height - 1) / rows_per_strip + 1;
  const std::vector<uint32_t>& offsets = page.offsets.list;
  if (offsets.size() != strips)
    return bad_input("TIFF: expected " + std::to_string(strips) + " strips, found " + std::to_string(offsets.size()));
  GridLayout layout;
  layout.big_endian = big_endian;
  const uint64_t row_bytes = uint64_t(shape.width) * uint64_t(shape.channels) * shape.sample_bytes();
  for (uint32_t i = 0; i < strips; ++i) {
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

// What is noted of strips and tiles, and what tiles may have beyond their pages: bytes, and samples of the largest.
uint64_t pieces_memory(const std::vector<const TiffPage*>& pages, const Picture& shape) {
  constexpr uint64_t kPieceMemory = 400, kPageMemory = 256, kSpareTimes = 8;
  uint64_t bytes = 0;
  bool tiled = false;
  for (const TiffPage* page : pages) {
    bytes += kPageMemory + kPieceMemory * page->offsets.list.size();
    tiled = tiled || page->tile_width != 0;
  }
  return bytes + (tiled ? kSpareTimes * most_tiff_spare_bytes(shape) : 0);
}

}  // namespace

Result<ParsedImage> parse_tiff(ByteSpan file, const OnShape& on_shape) {
  LMC_ASSIGN(const auto tiff, read_tiff(file));
  LMC_ASSIGN(const auto group, largest_group(tiff));
  const TiffPage& page = *group.pages.front();
  const Picture shape = shape_of(page, group.height);
  LMC_TRY(check_shape(shape));
  LMC_TRY(check_image_fits_file(ImageFormat::kTiff, shape, file.size()));
  LMC_TRY(on_shape(shape, pieces_memory(group.pages, shape)));
  const bool grid = group.pages.size() == 1 && page.compression == kTiffUncompressed && page.bits >= 8 &&
                    page.tile_width == 0 && (page.planes == 1 || page.samples == 1);
  const auto parse_grid = [&]() -> Result<ParsedImage> {
    LMC_ASSIGN(const auto layout, grid_of(page, tiff.big_endian, shape));
    return take_grid(file, layout, shape);
  };
  auto parsed = grid ? parse_grid() : parse_tiff_pieces(file, tiff.big_endian, group.pages, shape);
  if (!parsed.ok()) return parsed;
  parsed->side.insert(parsed->side.begin(), uint8_t(grid ? TiffLayout::kGrid : TiffLayout::kPieces));
  return parsed;
}

uint64_t tiff_rebuild_memory(ByteSpan side, const Picture& picture) {
  if (side.empty()) return 0;
  if (side[0] == uint8_t(TiffLayout::kPieces)) return tiff_pieces_memory(side.subspan(1), picture);
  // Strips of any height, as samples and as bytes; or runs of rows.
  return side[0] == uint8_t(TiffLayout::kGrid) ? 24 * std::min<uint64_t>(picture.height, side.size() / 2)
                                               : 3 * uint64_t(picture.size_bytes());
}

bool tiff_may_follow(ByteSpan start) {
  constexpr uint64_t kDirectoryBytes = 65536;  // and its values, if they stand near
  const auto begin = first_tiff_directory(start);
  if (!begin.ok()) return false;
  if (*begin + kDirectoryBytes > start.size()) return true;
  const auto tiff = read_tiff(start);
  return !tiff.ok() || largest_group(*tiff).ok();
}

Result<Bytes> rebuild_tiff(ByteSpan side, const Picture& picture, size_t max_bytes) {
  const auto rebuild = side.empty()                              ? nullptr
                       : side[0] == uint8_t(TiffLayout::kGrid)   ? rebuild_grid
                       : side[0] == uint8_t(TiffLayout::kPieces) ? rebuild_tiff_pieces
                                                                 : nullptr;
  if (rebuild == nullptr) return bad_input("reconstruction data of a TIFF: an unknown layout", 0);
  return rebuild(side.subspan(1), picture, max_bytes);
}

bool begins_like_tiff(ByteSpan start) {
  return begins_with(start, std::string_view("II*\0", 4)) || begins_with(start, std::string_view("MM\0*", 4));
}

}  // namespace lmc
