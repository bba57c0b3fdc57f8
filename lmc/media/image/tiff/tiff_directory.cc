#include "lmc/media/image/tiff/tiff_directory.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

namespace lmc {
namespace {

enum TiffTag : uint32_t {
  kWidth = 256,
  kHeight = 257,
  kBits = 258,
  kCompression = 259,
  kPhotometric = 262,
  kFillOrder = 266,
  kStripOffsets = 273,
  kSamples = 277,
  kRowsPerStrip = 278,
  kStripCounts = 279,
  kPlanes = 284,
  kPredictor = 317,
  kTileWidth = 322,
  kTileHeight = 323,
  kTileOffsets = 324,
  kTileCounts = 325,
};

constexpr uint32_t kShort = 3, kLong = 4;  // types of values
constexpr size_t kHeaderBytes = 8, kEntryBytes = 12;
constexpr size_t kLeastPageBytes = 64;  // each counts as that many: what is kept of one takes memory
constexpr size_t kMostSamples = 16;     // values of a field that has one for each sample, or one

class TiffReader {
 public:
  static Result<TiffReader> create(ByteSpan file) {
    using namespace std::string_view_literals;
    if (file.size() < kHeaderBytes)
      return bad_input("TIFF: the header has 8 bytes, the file only " + std::to_string(file.size()));
    const bool big_endian = file[0] == 'M';
    const std::string_view magic = big_endian ? "MM\0*"sv : "II*\0"sv;
    if (!std::equal(magic.begin(), magic.end(), file.begin(), [](char a, uint8_t b) { return uint8_t(a) == b; }))
      return bad_input("expected a TIFF header", 0);
    return TiffReader(file, big_endian);
  }

  bool big_endian() const { return big_endian_; }

  uint32_t number(size_t offset, size_t bytes) const {
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value |= uint32_t(file_[offset + i]) << (8 * (big_endian_ ? bytes - 1 - i : i));
    return value;
  }

  // Offset of the first entry of a directory, and how many there are.
  struct Entries {
    size_t begin = 0, count = 0;
  };
  Result<Entries> entries(uint64_t begin) const {
    if (begin > file_.size() - 2) return bad_input("TIFF: a directory lies outside the file", begin);
    const Entries found{size_t(begin) + 2, number(size_t(begin), 2)};
    if (found.count > (file_.size() - found.begin) / kEntryBytes)
      return bad_input("TIFF: the file ends within a directory", begin);
    return found;
  }
  // 0: there is none.
  uint32_t next_directory(const Entries& entries) const {
    const size_t at = entries.begin + entries.count * kEntryBytes;
    return file_.size() - at < 4 ? 0 : number(at, 4);
  }

  // All values of a field, at most most of them; none if there is no such field.
  Result<TiffValues> values(const Entries& entries, TiffTag tag, size_t most) const {
    TiffValues values;
    for (size_t i = 0; i < entries.count; ++i) {
      const size_t entry = entries.begin + i * kEntryBytes;
      if (number(entry, 2) != tag) continue;
      const uint32_t type = number(entry + 2, 2), count = number(entry + 4, 4);
      if ((type != kShort && type != kLong) || count > most)
        return bad_input("TIFF: field " + std::to_string(tag) + " has " + std::to_string(count) + " values of type " +
                             std::to_string(type) + "; expected at most " + std::to_string(most) + " of type 3 or 4",
                         entry);
      values.value_bytes = type == kShort ? 2 : 4;
      const uint64_t bytes = uint64_t(count) * values.value_bytes;
      const uint64_t begin = bytes <= 4 ? entry + 8 : number(entry + 8, 4);
      if (begin > file_.size() || bytes > file_.size() - begin)
        return bad_input("TIFF: the values of field " + std::to_string(tag) + " lie outside the file", entry);
      values.begin_bytes = size_t(begin);
      for (uint32_t k = 0; k < count; ++k)
        values.list.push_back(number(size_t(begin) + size_t(k) * values.value_bytes, values.value_bytes));
      break;
    }
    return values;
  }

 private:
  TiffReader(ByteSpan file, bool big_endian) : file_(file), big_endian_(big_endian) {}

  ByteSpan file_;
  bool big_endian_;
};

Result<TiffPage> read_page(const TiffReader& reader, const TiffReader::Entries& entries) {
  TiffPage page;
  const std::pair<TiffTag, uint32_t*> list[] = {{kWidth, &page.width},
                                                {kHeight, &page.height},
                                                {kCompression, &page.compression},
                                                {kPhotometric, &page.photometric},
                                                {kFillOrder, &page.fill_order},
                                                {kSamples, &page.samples},
                                                {kRowsPerStrip, &page.rows_per_strip},
                                                {kPlanes, &page.planes},
                                                {kPredictor, &page.predictor},
                                                {kTileWidth, &page.tile_width},
                                                {kTileHeight, &page.tile_height}};
  for (const auto& [tag, field] : list) {
    LMC_ASSIGN(const auto values, reader.values(entries, tag, kMostSamples));
    if (!values.list.empty()) *field = values.list.front();
  }
  LMC_ASSIGN(const auto bits, reader.values(entries, kBits, kMostSamples));
  if (!bits.list.empty()) page.bits = bits.list.front();
  page.same_bits = std::all_of(bits.list.begin(), bits.list.end(), [&](uint32_t b) { return b == page.bits; });
  const bool tiled = page.tile_width != 0;
  LMC_ASSIGN(auto offsets, reader.values(entries, tiled ? kTileOffsets : kStripOffsets, SIZE_MAX));
  page.offsets = std::move(offsets);
  auto counts = reader.values(entries, tiled ? kTileCounts : kStripCounts, SIZE_MAX);
  if (counts.ok()) page.counts = std::move(*counts);
  return page;
}

}  // namespace

Result<uint64_t> first_tiff_directory(ByteSpan start) {
  LMC_ASSIGN(const auto reader, TiffReader::create(start));
  return reader.number(4, 4);
}

Result<TiffFile> read_tiff(ByteSpan file) {
  LMC_ASSIGN(const auto reader, TiffReader::create(file));
  TiffFile out;
  out.big_endian = reader.big_endian();
  std::unordered_set<uint32_t> seen;  // directories may come round in a circle, or share their values
  size_t bytes = 0;
  for (uint32_t begin = reader.number(4, 4); out.pages.empty() || begin != 0;) {
    const auto entries = reader.entries(begin);
    if (!entries.ok() && out.pages.empty()) return entries.error();
    if (!entries.ok() || !seen.insert(begin).second) break;
    bytes += std::max(kLeastPageBytes, entries->count * kEntryBytes);
    if (bytes > file.size() && !out.pages.empty()) break;
    auto page = read_page(reader, *entries);
    if (!page.ok() && out.pages.empty()) return page.error();
    if (!page.ok()) break;
    bytes += 2 * (page->offsets.list.size() + page->counts.list.size());
    if (bytes > file.size() && !out.pages.empty()) break;
    out.pages.push_back(std::move(*page));
    begin = reader.next_directory(*entries);
  }
  return out;
}

}  // namespace lmc
