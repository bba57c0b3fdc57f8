#include "lmc/media/image/png/png_pixels.h"

#include <algorithm>

#include "lmc/media/deflate/deflate_corrections.h"
#include "lmc/media/deflate/inflate.h"
#include "lmc/media/deflate/zlib_stream.h"
#include "lmc/media/image/png/png_chunks.h"
#include "lmc/media/image/png/png_rows.h"

namespace lmc {
namespace {

constexpr uint8_t kNoFilters = 0, kLeastSums = 5;  // rules of png_rows.cc
constexpr size_t kMaxColours = 256;

int png_bits(int bits, int channels) {
  if (channels > 1 && bits < 8) return 8;
  for (const int depth : {1, 2, 4, 8})
    if (bits <= depth) return depth;
  return 16;
}

// Scales samples so that the largest stays the largest.
Picture with_bits(const Picture& picture, int bits) {
  Picture scaled = picture;
  scaled.bits = bits;
  if (bits == picture.bits) return scaled;
  const uint32_t from = (1u << picture.bits) - 1, to = (1u << bits) - 1;
  const auto scale = [&](uint32_t sample) {
    return picture.indexed ? sample : (std::min(sample, from) * to + from / 2) / from;
  };
  if (picture.sample_bytes() == 1) {
    for (uint8_t& sample : scaled.samples) sample = uint8_t(scale(sample));
    return scaled;
  }
  for (size_t i = 0; i + 1 < scaled.samples.size(); i += 2) {
    const uint32_t sample = scale(scaled.samples[i] | uint32_t(scaled.samples[i + 1]) << 8);
    scaled.samples[i] = uint8_t(sample);
    scaled.samples[i + 1] = uint8_t(sample >> 8);
  }
  return scaled;
}

void write_palette(Bytes& file, const Palette& palette, int bits) {
  const size_t colours = std::min(palette.colours.size() / 3, size_t(1) << bits);
  write_png_chunk(file, "PLTE", ByteSpan(palette.colours).first(3 * colours));
  const ByteSpan alphas = ByteSpan(palette.alphas).first(std::min(palette.alphas.size(), colours));
  if (!alphas.empty()) write_png_chunk(file, "tRNS", alphas);
}

Palette png_palette(const std::vector<PngChunk>& chunks) {
  Palette palette;
  for (const PngChunk& chunk : chunks) {
    if (chunk.is("PLTE")) palette.colours.assign(chunk.data.begin(), chunk.data.end());
    if (chunk.is("tRNS")) palette.alphas.assign(chunk.data.begin(), chunk.data.end());
  }
  palette.colours.resize(std::min(palette.colours.size() / 3, kMaxColours) * 3);
  return palette;
}

Palette bmp_palette(ByteSpan file) {
  if (file.size() < 26 || file[15] != 0) return {};
  const size_t header = 14 + file[14], entry = file[14] == 12 ? 3 : 4;
  size_t colours = kMaxColours;
  if (entry == 4 && file.size() >= 50 && file[47] == 0 && file[48] == 0 && file[49] == 0 && file[46] != 0)
    colours = file[46];
  Palette palette;
  for (size_t at = header; colours > 0 && at + entry <= file.size(); --colours, at += entry)
    append_bytes(palette.colours, Bytes{file[at + 2], file[at + 1], file[at]});
  return palette;
}

// Of the first image: its own table, or that of the file.
Palette gif_palette(ByteSpan file) {
  constexpr uint8_t kHasTable = 0x80;
  const auto table = [&](size_t begin, uint8_t flags) -> Bytes {
    const size_t size = size_t(3) << ((flags & 7) + 1);
    if (!(flags & kHasTable) || begin > file.size() || size > file.size() - begin) return {};
    return Bytes(file.begin() + ptrdiff_t(begin), file.begin() + ptrdiff_t(begin + size));
  };
  if (file.size() < 13) return {};
  Palette palette{table(13, file[10]), {}};
  size_t at = 13 + palette.colours.size();
  while (at + 2 <= file.size() && file[at] == 0x21) {  // extensions
    at += 2;
    while (at < file.size() && file[at] != 0) at += 1 + file[at];
    ++at;
  }
  if (at + 10 > file.size() || file[at] != 0x2c) return palette;
  Bytes own = table(at + 10, file[at + 9]);
  if (!own.empty()) palette.colours = std::move(own);
  return palette;
}

// The zlib stream of filtered rows, as zlib would write it: one without corrections.
Result<Bytes> deflate_rows(const Picture& shown) {
  Bytes side = {shown.indexed || shown.bits < 8 ? kNoFilters : kLeastSums, 0};
  if (shown.bits < 8) side.push_back(0);  // no bits that fill rows
  ByteReader filters(side);
  LMC_ASSIGN(const auto rows, filter_png(filters, false, shown));
  const auto strategy = side[0] == kNoFilters ? DeflateStrategy::kDefault : DeflateStrategy::kFiltered;
  Bytes choices = {0x78, 0x9c};
  append_bytes(choices,
               CorrectionWriter().finish({.level = 6, .memory = 9, .window_bits = 15, .strategy = strategy}, 0));
  ByteReader reader(choices);
  return rebuild_zlib(reader, rows, INT32_MAX);
}

}  // namespace

Palette find_palette(ImageFormat format, ByteSpan file) {
  if (format == ImageFormat::kBmp) return bmp_palette(file);
  if (format == ImageFormat::kGif) return gif_palette(file);
  if (format != ImageFormat::kPng) return {};
  const auto parts = read_png_parts(file);
  return parts.ok() && parts->shape.indexed ? png_palette(parts->before) : Palette{};
}

Result<Bytes> write_png(const Picture& picture, const Palette& palette) {
  LMC_TRY(check_shape(picture));
  if (picture.samples.size() != picture.size_bytes()) return bad_input("the picture lacks samples");
  Picture shown = with_bits(picture, png_bits(picture.bits, picture.channels));
  shown.indexed = picture.indexed && !palette.empty() && picture.channels == 1 && shown.bits <= 8;
  LMC_ASSIGN(const auto stream, deflate_rows(shown));

  Bytes file;
  append_bytes(file, as_bytes(kPngSignature));
  write_png_chunk(file, "IHDR", png_header_data(shown, false));
  if (shown.bits != picture.bits && !picture.indexed)
    write_png_chunk(file, "sBIT", Bytes(size_t(picture.channels), uint8_t(picture.bits)));
  if (shown.indexed) write_palette(file, palette, shown.bits);
  write_png_chunk(file, "IDAT", stream);
  write_png_chunk(file, "IEND", {});
  return file;
}

Result<Pixels> read_png_pixels(ByteSpan file) {
  LMC_ASSIGN(auto parts, read_png_parts(file));
  if (parts.stream.size() < 2) return bad_input("PNG: no zlib stream", 0);
  const size_t rows_bytes = size_t(png_data_bytes(parts.shape, parts.interlaced));
  const auto data = inflate(ByteSpan(parts.stream).subspan(2), rows_bytes + (size_t(1) << 20));
  if (!data.ok()) return data.error();
  if (data->data.size() < rows_bytes) return bad_input("PNG: the rows are cut short");
  Pixels pixels;
  pixels.picture = std::move(parts.shape);
  LMC_TRY(unfilter_png(ByteSpan(data->data).first(rows_bytes), parts.interlaced, pixels.picture));
  if (pixels.picture.indexed) pixels.palette = png_palette(parts.before);
  return pixels;
}

}  // namespace lmc
