#include "lmc/coefficients/decoded/decoded_picture.h"

#include <algorithm>
#include <string>

#include "lmc/coefficients/decoded/inverse_dct.h"
#include "lmc/coefficients/jpeg_coefficients.h"
#include "lmc/media/jpeg/jpeg_steps.h"

namespace lmc {
namespace {

constexpr int kMostEdge = 65535;  // of a JPEG file
constexpr uint64_t kMostBlocks = uint64_t(1) << 23;

Error damaged(const std::string& what) { return bad_input("decoded picture: " + what + "; the file is damaged"); }

// Places, then what is added to each channel: to the first, and how much more to the others.
Bytes list_exceptions(const DecodedPicture& picture, const TileShape& shape, const TileSamples& without) {
  Bytes out;
  uint32_t next = 0;
  for (const auto& exception : picture.exceptions) {
    append_varint(out, exception.place - next);
    next = exception.place + 1;
  }
  for (size_t channel = 0; channel < size_t(shape.channels); ++channel)
    for (const auto& exception : picture.exceptions) {
      const uint16_t* made = without.data() + exception.place * size_t(shape.channels);
      const int first = channel == 0 ? 0 : exception.rgb[0] - made[0];
      out.push_back(uint8_t(exception.rgb[channel] - made[channel] - first));
    }
  return out;
}

Status apply_exceptions(ByteSpan list, uint64_t count, const TileShape& shape, TileSamples& samples) {
  ByteReader reader(list);
  const uint64_t pixels = uint64_t(shape.width) * uint64_t(shape.height);
  std::vector<uint32_t> places;
  for (uint64_t i = 0, next = 0; i < count; ++i) {
    LMC_ASSIGN(const auto step, reader.read_varint("decoded picture: place of an exception"));
    if (next >= pixels || step >= pixels - next) return damaged("an exception behind the last pixel");
    places.push_back(uint32_t(next + step));
    next += step + 1;
  }
  const auto channels = size_t(shape.channels);
  std::vector<uint8_t> first(places.size());
  for (size_t channel = 0; channel < channels; ++channel) {
    LMC_ASSIGN(const auto added, reader.read_bytes(places.size(), "decoded picture: exceptions"));
    for (size_t i = 0; i < places.size(); ++i) {
      uint16_t& sample = samples[size_t(places[i]) * channels + channel];
      sample = uint8_t(sample + first[i] + added[i]);
      if (channel == 0) first[i] = added[i];
    }
  }
  if (reader.remaining() > 0) return damaged("bytes behind the last exception");
  return Ok();
}

// Of each pixel and channel a coefficient, a sample of a plane, the same before chroma is doubled, and the sample that
// comes out; of an exception its bytes in the list, its place and its first channel.
Result<Budget::Lease> take_memory(const TileShape& shape, uint64_t exceptions, Budget* budget) {
  constexpr uint64_t kSampleMemory = 8, kExceptionMemory = 24;
  const uint64_t samples = uint64_t(shape.width + 15) * uint64_t(shape.height + 15) * uint64_t(shape.channels);
  return Budget::take(
      budget, kSampleMemory * samples + kExceptionMemory * exceptions,
      "the coefficients of a picture of " + std::to_string(shape.width) + " x " + std::to_string(shape.height));
}

}  // namespace

bool may_be_decoded(const TileShape& shape) {
  return shape.bits == 8 && (shape.channels == 1 || shape.channels == 3) && shape.width >= 1 && shape.height >= 1 &&
         shape.width <= kMostEdge && shape.height <= kMostEdge &&
         uint64_t(shape.width + 15) * uint64_t(shape.height + 15) / 64 * uint64_t(shape.channels) <= kMostBlocks;
}

void DecodedPicture::lay_out(const TileShape& shape) {
  frame = JpegFrame{};
  frame.width = uint32_t(shape.width), frame.height = uint32_t(shape.height);
  frame.components.resize(size_t(shape.channels));
  const uint32_t across = grid.half_x ? 2 : 1, down = grid.half_y ? 2 : 1;
  frame.components[0].across = across, frame.components[0].down = down;
  frame.mcus_across = (frame.width + 8 * across - 1) / (8 * across);
  frame.mcus_down = (frame.height + 8 * down - 1) / (8 * down);
  coefficients.clear();
  for (JpegComponent& component : frame.components) {
    component.blocks_across = component.scan_across = frame.mcus_across * component.across;
    component.blocks_down = component.scan_down = frame.mcus_down * component.down;
    component.quantisation.fill(1);
    coefficients.emplace_back(size_t(component.blocks_across) * component.blocks_down * 64);
  }
}

std::vector<uint16_t> DecodedPicture::plane(size_t which, const TileShape& shape) const {
  const JpegComponent& component = frame.components[which];
  const ChromaGrid of = which == 0 ? ChromaGrid{} : grid;
  const int width = of.width(shape.width), height = of.height(shape.height);
  const int own_width = of.half_x ? (shape.width + 1) / 2 : shape.width;
  const int own_height = of.half_y ? (shape.height + 1) / 2 : shape.height;
  std::vector<uint16_t> own(size_t(own_width) * size_t(own_height));
  std::array<int, 64> block;
  for (int y = 0; y < own_height; y += 8)
    for (int x = 0; x < own_width; x += 8) {
      const size_t number = size_t(y / 8) * component.blocks_across + size_t(x / 8);
      inverse_dct(coefficients[which].data() + number * 64, component.quantisation, block);
      for (int i = 0; i < 64; ++i)
        if (x + i % 8 < own_width && y + i / 8 < own_height)
          own[size_t(y + i / 8) * size_t(own_width) + size_t(x + i % 8)] =
              uint16_t(std::clamp(block[size_t(i)], 0, 255));
    }
  if (!of.halved()) return own;
  // The first and the last stand once more beside them.
  std::vector<uint16_t> out(size_t(width) * size_t(height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const int from_x = std::clamp(x - int(of.half_x), 0, own_width - 1);
      const int from_y = std::clamp(y - int(of.half_y), 0, own_height - 1);
      out[size_t(y) * size_t(width) + size_t(x)] = own[size_t(from_y) * size_t(own_width) + size_t(from_x)];
    }
  return out;
}

TileSamples DecodedPicture::samples(const TileShape& shape) const {
  TileSamples out(size_t(shape.width) * size_t(shape.height) * size_t(shape.channels));
  if (shape.channels == 1) {
    out = plane(0, shape);
    for (const auto& exception : exceptions) out[exception.place] = exception.rgb[0];
    return out;
  }
  LumaChroma made;
  made.grid = grid;
  for (size_t i = 0; i < 3; ++i) made.planes[i] = plane(i, shape);
  made.exceptions = exceptions;
  made.write_rgb(shape, out);
  return out;
}

Result<Bytes> encode_decoded_picture(const DecodedPicture& picture, const TileShape& shape, const JpegOptions& options,
                                     const SideEncoder& encode_side) {
  Bytes out{uint8_t(options.effort), picture.grid.to_byte()};
  const auto& components = picture.frame.components;
  for (size_t i = 0; i < components.size(); ++i)
    append_steps(out, components[i].quantisation, i > 0 ? &components[i - 1].quantisation : nullptr);
  append_varint(out, picture.exceptions.size());
  if (!picture.exceptions.empty()) {
    DecodedPicture without = picture;
    without.exceptions.clear();
    const Bytes list = list_exceptions(picture, shape, without.samples(shape));
    const Bytes coded = encode_side(list);
    append_varint(out, list.size());
    append_varint(out, coded.size());
    append_bytes(out, coded);
  }
  LMC_ASSIGN(const auto streams,
             encode_jpeg_coefficients(
                 picture.frame, picture.coefficients,
                 {.effort = options.effort, .threads = options.threads, .isa = options.isa, .budget = options.budget}));
  append_bytes(out, streams);
  return out;
}

Result<TileSamples> decode_decoded_picture(ByteSpan payload, const TileShape& shape, const JpegOptions& options,
                                           const SideDecoder& decode_side) {
  if (!may_be_decoded(shape)) return damaged("a shape that none has");
  ByteReader reader(payload);
  LMC_ASSIGN(const auto effort, reader.read_le<uint8_t>("decoded picture: effort"));
  if (effort > uint8_t(JpegEffort::kThorough)) return damaged("an unknown effort");
  LMC_ASSIGN(const auto grid, reader.read_le<uint8_t>("decoded picture: grid"));
  const auto known = ChromaGrid::from_byte(grid);
  if (!known || known->odd_x || known->odd_y || known->sited || (shape.channels == 1 && grid != 0))
    return damaged("an unknown grid");
  DecodedPicture picture;
  picture.grid = *known;
  std::vector<DctSteps> steps;
  for (int i = 0; i < shape.channels; ++i) {
    LMC_ASSIGN(const auto next, read_steps(reader, i > 0 ? &steps.back() : nullptr));
    steps.push_back(next);
  }
  LMC_ASSIGN(const auto count, reader.read_varint("decoded picture: exceptions"));
  const uint64_t pixels = uint64_t(shape.width) * uint64_t(shape.height);
  if (count > pixels / DecodedPicture::kExceptionsOf) return damaged("more exceptions than a picture may have");
  LMC_ASSIGN(const auto memory, take_memory(shape, count, options.budget));
  Bytes list;
  if (count > 0) {
    LMC_ASSIGN(const auto list_bytes, reader.read_varint("decoded picture: size of the exceptions"));
    LMC_ASSIGN(const auto coded_bytes, reader.read_varint("decoded picture: coded size of the exceptions"));
    const uint64_t least_bytes = count * (1 + uint64_t(shape.channels));
    if (list_bytes < least_bytes || list_bytes > count * 8 || coded_bytes > reader.remaining())
      return damaged("exceptions of a wrong size");
    LMC_ASSIGN(const auto coded, reader.read_bytes(size_t(coded_bytes), "decoded picture: coded exceptions"));
    LMC_ASSIGN(auto decoded, decode_side(coded, size_t(list_bytes)));
    list = std::move(decoded);
  }
  picture.lay_out(shape);
  for (size_t i = 0; i < steps.size(); ++i) picture.frame.components[i].quantisation = steps[i];
  LMC_TRY(decode_jpeg_coefficients(
      picture.frame, payload.subspan(reader.position()),
      {.effort = JpegEffort(effort), .threads = options.threads, .isa = options.isa, .budget = options.budget},
      picture.coefficients));
  TileSamples samples = picture.samples(shape);
  LMC_TRY(apply_exceptions(list, count, shape, samples));
  return samples;
}

}  // namespace lmc
