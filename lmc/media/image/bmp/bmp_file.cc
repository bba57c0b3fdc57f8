#include "lmc/media/image/bmp/bmp_file.h"

#include <algorithm>
#include <string>

#include "lmc/media/image/grid_bytes.h"

namespace lmc {
namespace {

constexpr size_t kFileHeaderBytes = 14;
constexpr uint32_t kCoreHeaderBytes = 12;
constexpr uint32_t kInfoHeaderBytes = 40;
constexpr uint32_t kNoCompression = 0, kBitFields = 3;

struct BmpHeader {
  uint32_t samples_offset = 0, info_bytes = 0;
  int64_t width = 0, height = 0;  // a negative height: rows downwards
  uint32_t bits_per_pixel = 0, compression = kNoCompression, colours = 0;
};

uint32_t le(ByteSpan file, size_t offset, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint32_t(file[offset + i]) << (8 * i);
  return value;
}

Result<BmpHeader> read_header(ByteSpan file) {
  if (file.size() < kFileHeaderBytes + kCoreHeaderBytes || file[0] != 'B' || file[1] != 'M')
    return bad_input("expected a BMP header of at least 26 bytes that starts with BM", 0);
  BmpHeader header;
  header.samples_offset = le(file, 10, 4);
  header.info_bytes = le(file, kFileHeaderBytes, 4);
  if (header.info_bytes == kCoreHeaderBytes) {
    header.width = le(file, 18, 2);
    header.height = le(file, 20, 2);
    header.bits_per_pixel = le(file, 24, 2);
    return header;
  }
  if (header.info_bytes < kInfoHeaderBytes || header.info_bytes > 1024 ||
      file.size() < kFileHeaderBytes + kInfoHeaderBytes)
    return bad_input("BMP header of " + std::to_string(header.info_bytes) + " bytes: expected 12 or at least 40", 14);
  header.width = int32_t(le(file, 18, 4));
  header.height = int32_t(le(file, 22, 4));
  header.bits_per_pixel = le(file, 28, 2);
  header.compression = le(file, 30, 4);
  header.colours = le(file, 46, 4);
  return header;
}

// Whether the palette is black to white in steps of one, so that its numbers are as good as grey values.
bool is_grey_ramp(ByteSpan file, const BmpHeader& header) {
  const size_t entry = header.info_bytes == kCoreHeaderBytes ? 3 : 4;
  const size_t begin = kFileHeaderBytes + header.info_bytes;
  if (begin > file.size() || (file.size() - begin) / entry < 256) return false;
  if (header.colours != 0 && header.colours < 256) return false;
  for (size_t i = 0; i < 256; ++i) {
    for (size_t channel = 0; channel < 3; ++channel)
      if (file[begin + i * entry + channel] != i) return false;
  }
  return true;
}

struct BmpPlan {
  Picture shape;
  GridLayout layout;
};

Result<BmpPlan> read_plan(ByteSpan file) {
  LMC_ASSIGN(const auto header, read_header(file));
  const uint32_t bits = header.bits_per_pixel;
  const bool plain = header.compression == kNoCompression || (header.compression == kBitFields && bits == 32);
  if (!plain || (bits != 8 && bits != 24 && bits != 32))
    return bad_input("only BMP files with 8, 24 or 32 bits and no compression can be taken apart, this one has " +
                         std::to_string(bits) + " bits and compression " + std::to_string(header.compression),
                     28);
  if (header.width <= 0 || header.height == 0)
    return bad_input(
        "BMP header: a picture of " + std::to_string(header.width) + " x " + std::to_string(header.height) + " pixels",
        18);
  BmpPlan plan;
  Picture& shape = plan.shape;
  shape.width = uint32_t(header.width);
  shape.height = uint32_t(std::abs(header.height));
  shape.channels = int(bits / 8);
  shape.indexed = bits == 8 && !is_grey_ramp(file, header);
  GridLayout& layout = plan.layout;
  layout.bottom_up = header.height > 0;
  layout.swap_red_blue = true;
  layout.padding_bytes = uint32_t(-(uint64_t(shape.width) * (bits / 8)) & 3);  // rows fill up to 4 bytes
  layout.segments = {{header.samples_offset, shape.height}};
  LMC_TRY(check_shape(shape));
  return plan;
}

}  // namespace

Result<ParsedImage> parse_bmp(ByteSpan file, const OnShape& on_shape) {
  LMC_ASSIGN(auto plan, read_plan(file));
  LMC_TRY(on_shape(plan.shape, 0));
  return take_grid(file, plan.layout, std::move(plan.shape));
}

Result<uint64_t> bmp_end_bytes(ByteSpan start) {
  LMC_ASSIGN(const auto plan, read_plan(start));
  const uint64_t padding = uint64_t(plan.layout.padding_bytes) * plan.shape.height;
  return plan.layout.segments.front().begin_bytes + plan.shape.size_bytes() + padding;
}

bool begins_like_bmp(ByteSpan start) { return start.size() >= 26 && begins_with(start, "BM"); }

}  // namespace lmc
