#include "lmc/samples/image/luma_chroma.h"

#include <algorithm>
#include <cstdlib>

#include "lmc/samples/image/chroma_fit.h"

namespace lmc {
namespace {

constexpr size_t kFewestPixels = 64;        // that say something, and
constexpr size_t kFewestOf = 16;            // one of so many
constexpr size_t kExceptionsOf = 50;        // one of so many pixels may not fit,
constexpr size_t kHalvedExceptionsOf = 30;  // and of so many where that halves the chroma
constexpr size_t kDoubtfulOf = 1000;        // one of so many is what costs something

ColourMaking making_of(const ChromaGrid& grid) { return grid.sited ? ColourMaking::kPhotoCd : ColourMaking::kJpeg; }

Rgb rgb_at(const TileShape& shape, const TileSamples& samples, size_t pixel) {
  const uint16_t* at = samples.data() + pixel * size_t(shape.channels);
  return {uint8_t(at[0]), uint8_t(at[1]), uint8_t(at[2])};
}

// Whether nearly all colours that say something can be made; most pictures are told apart by a few pixels.
bool looks_made(ColourMaking making, const TileShape& shape, const TileSamples& samples) {
  const size_t pixels = size_t(shape.width) * size_t(shape.height);
  size_t misses = 0, coloured = 0;
  for (size_t pixel = 0; pixel < pixels; ++pixel) {
    const Rgb rgb = rgb_at(shape, samples, pixel);
    if (!is_inside(rgb) || (rgb[0] == rgb[1] && rgb[1] == rgb[2])) continue;
    ++coloured;
    misses += !chroma_of(making, rgb, grey_chroma(making));
    if (misses > pixels / kExceptionsOf) return false;
  }
  return coloured >= std::max(kFewestPixels, pixels / kFewestOf);
}

ColourField field_of(ColourMaking making, const TileShape& shape, const TileSamples& samples) {
  ColourField field{
      .making = making, .width = shape.width, .height = shape.height, .colours = {}, .chroma = {}, .sure = {}};
  const size_t pixels = size_t(shape.width) * size_t(shape.height), width = size_t(shape.width);
  field.colours.resize(pixels), field.chroma.resize(pixels), field.sure.resize(pixels);
  Chroma near = grey_chroma(making);
  for (size_t pixel = 0; pixel < pixels; ++pixel) {
    const Rgb rgb = field.colours[pixel] = rgb_at(shape, samples, pixel);
    if (pixel % width == 0 && pixel > 0) near = field.chroma[pixel - width];
    if (pixel % width > 0 && pixel >= width) {
      const Chroma &left = field.chroma[pixel - 1], &above = field.chroma[pixel - width];
      near = {(left.blue + above.blue) / 2, (left.red + above.red) / 2};
    }
    const auto found = chroma_of(making, rgb, near);
    field.sure[pixel] = found && is_inside(rgb);
    near = field.chroma[pixel] = found.value_or(near);
  }
  return field;
}

}  // namespace

std::optional<LumaChroma> LumaChroma::find(const TileShape& shape, const TileSamples& samples) {
  if (shape.channels < 3 || shape.bits != 8) return std::nullopt;
  ColourMaking making = ColourMaking::kJpeg;
  if (!looks_made(making, shape, samples)) making = ColourMaking::kPhotoCd;
  if (making == ColourMaking::kPhotoCd && !looks_made(making, shape, samples)) return std::nullopt;
  const ColourField field = field_of(making, shape, samples);
  const size_t pixels = field.colours.size(), width = size_t(shape.width);
  LumaChroma out;
  out.grid = guess_grid(field);
  if (out.grid.halved()) {
    ChromaFit fit = fit_chroma(field, out.grid);
    if (fit.misses <= pixels / kHalvedExceptionsOf)
      out.planes[1] = std::move(fit.planes[0]), out.planes[2] = std::move(fit.planes[1]);
    else
      out.grid = {.sited = out.grid.sited};
  }
  if (!out.grid.halved())
    for (const Chroma& chroma : field.chroma) {
      out.planes[1].push_back(uint16_t(chroma.blue));
      out.planes[2].push_back(uint16_t(chroma.red));
    }
  for (size_t pixel = 0; pixel < pixels; ++pixel) {
    const ChromaTaps taps = chroma_taps(out.grid, out.grid.width(shape.width), int(pixel % width), int(pixel / width));
    const LumaRange range =
        luma_range(making, field.colours[pixel], chroma_at(taps, out.planes[1]), chroma_at(taps, out.planes[2]));
    if (!range.possible()) out.exceptions.push_back({uint32_t(pixel), field.colours[pixel]});
    // Of several the one nearest to what is beside and above.
    const int left = pixel % width > 0 ? out.planes[0].back() : -1;
    const int above = pixel >= width ? out.planes[0][pixel - width] : -1;
    const int near = left < 0 ? above : above < 0 ? left : (left + above) / 2;
    const int luma = range.possible() ? std::clamp(near, range.low, range.high) : (range.low + range.high) / 2;
    out.planes[0].push_back(uint16_t(std::clamp(luma, 0, 255)));
  }
  if (!out.grid.halved() && out.exceptions.size() > pixels / kExceptionsOf) return std::nullopt;
  out.doubtful = !out.grid.halved() && out.exceptions.size() > pixels / kDoubtfulOf;
  return out;
}

void LumaChroma::append_to(Bytes& out) const {
  out.push_back(grid.to_byte());
  append_varint(out, exceptions.size());
  uint32_t next = 0;
  for (const Exception& exception : exceptions) {
    append_varint(out, exception.place - next);
    append_bytes(out, exception.rgb);
    next = exception.place + 1;
  }
}

Result<LumaChroma> LumaChroma::read(ByteReader& reader, const TileShape& shape) {
  const auto damaged = [](const std::string& what) {
    return bad_input("image tile: luma and chroma: " + what + "; the file is damaged");
  };
  LumaChroma out;
  if (shape.channels < 3 || shape.bits != 8) return damaged("not a picture of three channels of 8 bits");
  LMC_ASSIGN(const auto grid, reader.read_le<uint8_t>("luma and chroma: grid"));
  const auto known = ChromaGrid::from_byte(grid);
  if (!known) return damaged("an unknown grid");
  out.grid = *known;
  LMC_ASSIGN(const auto count, reader.read_varint("luma and chroma: exceptions"));
  const uint64_t pixels = uint64_t(shape.width) * uint64_t(shape.height);
  if (count > pixels || count > reader.remaining() / 4) return damaged("more exceptions than there can be");
  uint64_t next = 0;
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto step, reader.read_varint("luma and chroma: place of an exception"));
    LMC_ASSIGN(const auto rgb, reader.read_bytes(3, "luma and chroma: exception"));
    if (step >= pixels - next) return damaged("an exception behind the last pixel");
    next += step;
    out.exceptions.push_back({uint32_t(next), {rgb[0], rgb[1], rgb[2]}});
    ++next;
  }
  return out;
}

void LumaChroma::write_rgb(const TileShape& shape, TileSamples& samples) const {
  const int plane_width = grid.width(shape.width);
  const auto put = [&](size_t pixel, const Rgb& rgb) {
    std::copy(rgb.begin(), rgb.end(), samples.begin() + ptrdiff_t(pixel * size_t(shape.channels)));
  };
  size_t pixel = 0;
  for (int y = 0; y < shape.height; ++y)
    for (int x = 0; x < shape.width; ++x, ++pixel) {
      const ChromaTaps taps = chroma_taps(grid, plane_width, x, y);
      put(pixel, rgb_of(making_of(grid), planes[0][pixel], chroma_at(taps, planes[1]), chroma_at(taps, planes[2])));
    }
  for (const Exception& exception : exceptions) put(exception.place, exception.rgb);
}

}  // namespace lmc
