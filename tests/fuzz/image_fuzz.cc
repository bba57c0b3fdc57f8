// Any bytes as an image file, as a deflate stream and as rows of a PNG: an error, or exactly the same bytes again.
#include <algorithm>
#include <cstdlib>

#include "lmc/media/deflate/deflate_stream.h"
#include "lmc/media/image/image_file.h"
#include "lmc/media/image/png/png_rows.h"

namespace {

void require_same(const lmc::Result<lmc::Bytes>& rebuilt, lmc::ByteSpan original) {
  if (!rebuilt.ok() || !std::equal(rebuilt->begin(), rebuilt->end(), original.begin(), original.end())) std::abort();
}

void try_image(lmc::ByteSpan file) {
  const auto format = lmc::guess_image_format(file);
  if (!format) return;
  const auto parsed = lmc::parse_image(*format, file);  // rebuilds and compares
  if (!parsed.ok() && parsed.error().family != lmc::ErrorFamily::kBadInput) std::abort();
}

void try_deflate(lmc::ByteSpan stream) {
  const auto parsed = lmc::parse_deflate(stream, 1 << 16, {});
  if (!parsed.ok()) return;
  lmc::ByteReader side(parsed->side);
  require_same(lmc::rebuild_deflate(side, parsed->data, stream.size()), stream.first(parsed->size_bytes));
}

// The first bytes choose the shape, the others are the rows.
void try_rows(lmc::ByteSpan bytes) {
  if (bytes.size() < 3) return;
  lmc::Picture shape;
  shape.width = 1 + bytes[0] % 40;
  shape.height = 1 + bytes[1] % 40;
  shape.channels = 1 + bytes[2] % 4;
  shape.bits = 1 << (bytes[2] >> 2) % 5;
  if (shape.bits < 8) shape.channels = 1;
  const bool interlaced = bytes[2] & 128;
  const uint64_t size = lmc::png_data_bytes(shape, interlaced);
  if (bytes.size() - 3 < size) return;
  const lmc::ByteSpan rows = bytes.subspan(3, size_t(size));
  const auto side = lmc::unfilter_png(rows, interlaced, shape);
  if (!side.ok()) return;
  lmc::ByteReader reader(*side);
  require_same(lmc::filter_png(reader, interlaced, shape), rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::ByteSpan bytes(data, size);
  try_image(bytes);
  try_deflate(bytes);
  try_rows(bytes);
  return 0;
}
